import { compileRegex } from '../../labels/matcher.ts';
import { type Column, merged, queryError } from '../column.ts';

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function checkName(name: string, what: string, of: string): void {
  if (!labelName.test(name)) throw queryError(`invalid ${what} label name in ${of}(): ${name}`);
}

/** `label_replace(v, "to", "$1", "from", "(.*)")`. */
export function labelReplace(vector: Column[], [to, replacement, from, source]: readonly string[]): Column[] {
  let regex: ReturnType<typeof compileRegex>;
  try {
    regex = compileRegex(source!);
  } catch {
    throw queryError(`invalid regular expression in label_replace(): ${source}`);
  }
  checkName(to!, 'destination', 'label_replace');
  const result = vector.map((each) => {
    const match = regex.matches(each.labels.get(from!));
    if (match === null) return each;
    return { ...each, labels: each.labels.with(to!, expand(replacement!, match.groups, regex.groupNames)) };
  });
  return merged(result);
}

/** Go's templates: `$1`, `${1}`, `$name`; of the longest name, so `$1x` is the group `1x`. What is not there is empty. */
export function expand(
  template: string,
  groups: readonly (string | undefined)[],
  names: ReadonlyMap<string, number>,
): string {
  return template.replace(/\$\$|\$\{([a-zA-Z0-9_]+)\}|\$([a-zA-Z0-9_]+)/g, (whole, braced?: string, plain?: string) => {
    if (whole === '$$') return '$';
    const name = braced ?? plain!;
    const index = /^\d+$/.test(name) ? Number(name) : names.get(name);
    return index === undefined ? '' : (groups[index] ?? '');
  });
}

/** `label_join(v, "to", "-", "a", "b")`. */
export function labelJoin(vector: Column[], [to, separator, ...from]: readonly string[]): Column[] {
  for (const name of from) checkName(name, 'source', 'label_join');
  checkName(to!, 'destination', 'label_join');
  return merged(
    vector.map((each) => ({
      ...each,
      labels: each.labels.with(to!, from.map((name) => each.labels.get(name)).join(separator!)),
    })),
  );
}
