const separator = '\u0000';
export const nameLabel = '__name__';

/** The labels of a series, the metric's name among them: immutable, sorted by name, none with an empty value. */
export class LabelSet {
  static readonly empty = new LabelSet([]);
  /** name, value, name, value … */
  readonly flat: readonly string[];
  #key: string | undefined;

  private constructor(flat: readonly string[]) {
    this.flat = flat;
  }

  static of(labels: Readonly<Record<string, string>>): LabelSet {
    return LabelSet.fromPairs(Object.entries(labels));
  }

  /** The last of two with one name counts. */
  static fromPairs(pairs: Iterable<readonly [string, string]>): LabelSet {
    const map = new Map<string, string>();
    for (const [name, value] of pairs)
      map.set(name, value.includes(separator) ? value.replaceAll(separator, '\ufffd') : value);
    const flat: string[] = [];
    for (const name of [...map.keys()].sort(compareText)) {
      const value = map.get(name)!;
      if (value !== '') flat.push(name, value);
    }
    return flat.length === 0 ? LabelSet.empty : new LabelSet(flat);
  }

  /** Equal for equal sets only. */
  get key(): string {
    this.#key ??= this.flat.join(separator);
    return this.#key;
  }

  get size(): number {
    return this.flat.length / 2;
  }

  /** '' when it is not there, as everywhere in Prometheus. */
  get(name: string): string {
    const { flat } = this;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1]!;
    return '';
  }

  get name(): string {
    return this.get(nameLabel);
  }

  *pairs(): Generator<[string, string]> {
    for (let i = 0; i < this.flat.length; i += 2) yield [this.flat[i]!, this.flat[i + 1]!];
  }

  /** An empty value takes the label away. */
  with(name: string, value: string): LabelSet {
    if (this.get(name) === value) return this;
    return LabelSet.fromPairs([...this.pairs(), [name, value]]);
  }

  keep(isKept: (name: string) => boolean): LabelSet {
    const flat: string[] = [];
    for (let i = 0; i < this.flat.length; i += 2)
      if (isKept(this.flat[i]!)) flat.push(this.flat[i]!, this.flat[i + 1]!);
    return flat.length === this.flat.length ? this : new LabelSet(flat);
  }

  withoutName(): LabelSet {
    return this.keep((name) => name !== nameLabel);
  }

  toObject(): Record<string, string> {
    const object: Record<string, string> = {};
    for (let i = 0; i < this.flat.length; i += 2) object[this.flat[i]!] = this.flat[i + 1]!;
    return object;
  }

  /** As Prometheus prints a series: `up{job="a"}`. */
  toString(): string {
    const name = this.name;
    const rest = [...this.pairs()].filter(([label]) => label !== nameLabel);
    if (rest.length === 0 && name !== '') return name;
    return `${name}{${rest.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ')}}`;
  }
}

/** By code unit, which is Go's order of bytes but for surrogates. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Prometheus' order of series: label by label, then the shorter one. */
export function compareLabels(a: LabelSet, b: LabelSet): number {
  const length = Math.min(a.flat.length, b.flat.length);
  for (let i = 0; i < length; i++) if (a.flat[i] !== b.flat[i]) return a.flat[i]! < b.flat[i]! ? -1 : 1;
  return a.flat.length - b.flat.length;
}
