/** Names and values that say what an alert is about. Empty values are as if they were not there. */
export type Labels = Readonly<Record<string, string>>;

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffffffffffffffffn;

export function isLabelName(name: string): boolean {
  return namePattern.test(name);
}

/** A copy without empty values, names sorted. */
export function cleanLabels(labels: Labels): Labels {
  const clean: Record<string, string> = {};
  for (const name of Object.keys(labels).sort()) if (labels[name] !== '') clean[name] = labels[name]!;
  return clean;
}

/**
 * What tells alerts apart: 16 hexadecimal digits, made as Prometheus' `model.LabelSet.Fingerprint` makes them (FNV-1a of the sorted names and
 * values), so that an alert has one fingerprint here and in Alertmanager.
 */
export function fingerprintOf(labels: Labels): string {
  let hash = offsetBasis;
  const add = (text: string): void => {
    for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * prime) & mask;
    hash = ((hash ^ 0xffn) * prime) & mask;
  };
  for (const name of Object.keys(labels).sort()) {
    if (labels[name] === '') continue;
    add(name);
    add(labels[name]!);
  }
  return hash.toString(16).padStart(16, '0');
}

/** One text for one set of labels: a key for maps. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(
    Object.keys(labels)
      .sort()
      .map((name) => [name, labels[name]]),
  );
}

/** As Prometheus writes them: `{service="orders", severity="critical"}`. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `{${pairs.join(', ')}}`;
}
