import { LinearRegex } from '@headwater/regex';
import { MetricsError } from '../metrics-error.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** What a selector asks of one label. */
export interface Matcher {
  name: string;
  operator: MatchOperator;
  value: string;
  matches(text: string): boolean;
  /** The values that can match, where the expression names them all. */
  values?: readonly string[];
}

/** Expressions match the whole value. @throws HW_METRICS_PARSE for an expression that is none, or needs backtracking. */
export function matcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (operator === '=') return { name, operator, value, matches: (text) => text === value, values: [value] };
  if (operator === '!=') return { name, operator, value, matches: (text) => text !== value };
  const test = wholeTest(value);
  if (operator === '!~') return { name, operator, value, matches: (text) => !test(text) };
  const values = literals(value);
  return { name, operator, value, matches: test, ...(values !== undefined && { values }) };
}

function literals(source: string): string[] | undefined {
  return /^[\w:/ ,;=@%&!~"'<>-]*(\|[\w:/ ,;=@%&!~"'<>-]*)*$/.test(source) ? source.split('|') : undefined;
}

function wholeTest(source: string): (text: string) => boolean {
  if (source === '.*') return (text) => !text.includes('\n');
  if (source === '.+') return (text) => text !== '' && !text.includes('\n');
  const values = literals(source);
  if (values !== undefined) {
    const set = new Set(values);
    return (text) => set.has(text);
  }
  const regex = compileRegex(source);
  const known = new Map<string, boolean>();
  return (text) => {
    let is = known.get(text);
    if (is === undefined) {
      if (known.size >= 10_000) known.clear();
      known.set(text, (is = regex.test(text)));
    }
    return is;
  };
}

/** Time linear in the input, as RE2 has it. */
export function compileRegex(source: string): LinearRegex {
  if (source.length > 10_000)
    throw new MetricsError('HW_METRICS_PARSE', 'a regular expression may have 10,000 characters');
  try {
    return new LinearRegex(source);
  } catch (cause) {
    throw new MetricsError(
      'HW_METRICS_PARSE',
      `error parsing regexp: ${(cause as Error).message}: \`${source.slice(0, 200)}\``,
      cause,
    );
  }
}
