import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { parseDuration } from '../model/duration.ts';

/** What is wrong in a configuration, and where (line and column from 1). */
export interface ConfigProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const textMaxBytes = 4 * 1024 * 1024;
const problemsMax = 50;

/** A YAML text (so JSON too) that is read by what is expected of it; all mistakes are gathered with their places. */
export class YamlReader {
  readonly problems: ConfigProblem[] = [];
  readonly root: YamlValue;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument> | undefined;

  constructor(text: string) {
    if (text.length > textMaxBytes) {
      this.problems.push({
        path: '',
        line: 1,
        column: 1,
        message: `the text is longer than ${textMaxBytes} characters`,
      });
      this.root = new YamlValue(this, null, '');
      return;
    }
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    for (const error of this.#document.errors) this.#add(error.pos[0], '', error.message);
    this.root = new YamlValue(this, this.problems.length > 0 ? null : (this.#document.contents as Node | null), '');
  }

  fail(node: Node | null | undefined, path: string, message: string): void {
    this.#add(node?.range?.[0] ?? 0, path, message);
  }

  resolve(node: unknown): Node | null {
    if (isAlias(node)) return (node.resolve(this.#document!) as Node | undefined) ?? null;
    return (node as Node | null | undefined) ?? null;
  }

  #add(offset: number, path: string, message: string): void {
    if (this.problems.length >= problemsMax) return;
    const { col, line } = this.#lines.linePos(offset);
    this.problems.push({ path, line: Math.max(1, line), column: Math.max(1, col), message });
  }
}

/** One value of the text. Each method says what it should be; what it is not is a problem, and a harmless value is given instead. */
export class YamlValue {
  readonly path: string;
  readonly #reader: YamlReader;
  readonly #node: Node | null;

  constructor(reader: YamlReader, node: Node | null, path: string) {
    this.#reader = reader;
    this.#node = node;
    this.path = path;
  }

  get isMissing(): boolean {
    return this.#node === null || (isScalar(this.#node) && this.#node.value === null);
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  fail(message: string): void {
    this.#reader.fail(this.#node, this.path, message);
  }

  /** As it is, for what may have several types: text, number, boolean; undefined for anything else. */
  scalar(): string | number | boolean | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
  }

  text(otherwise = ''): string {
    if (this.isMissing) return otherwise;
    const value = this.scalar();
    if (value === undefined) {
      this.fail('is to be a text');
      return otherwise;
    }
    // 5.10 is meant as it is written, not as the number that it is.
    const source = isScalar(this.#node) ? this.#node.source : undefined;
    return typeof value === 'string' ? value : (source ?? String(value));
  }

  number(otherwise: number, bounds: { min?: number; max?: number } = {}): number {
    if (this.isMissing) return otherwise;
    const value = this.scalar();
    const { max = Infinity, min = -Infinity } = bounds;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    this.fail(
      min === -Infinity && max === Infinity
        ? 'is to be a number'
        : `is to be a number from ${min}${max === Infinity ? '' : ` to ${max}`}`,
    );
    return otherwise;
  }

  boolean(otherwise: boolean): boolean {
    if (this.isMissing) return otherwise;
    const value = this.scalar();
    if (typeof value === 'boolean') return value;
    this.fail('is to be true or false');
    return otherwise;
  }

  durationMs(otherwiseMs: number, bounds: { minMs?: number; maxMs?: number } = {}): number {
    if (this.isMissing) return otherwiseMs;
    const { maxMs = 366 * 86_400_000, minMs = 0 } = bounds;
    const durationMs = this.attempt(() => parseDuration(this.text())) ?? otherwiseMs;
    if (durationMs >= minMs && durationMs <= maxMs) return durationMs;
    this.fail(`is to be from ${minMs} ms to ${maxMs} ms`);
    return otherwiseMs;
  }

  choice<Choice extends string>(choices: readonly Choice[], otherwise: Choice): Choice {
    if (this.isMissing) return otherwise;
    const text = this.text();
    if ((choices as readonly string[]).includes(text)) return text as Choice;
    this.fail(`is to be one of ${choices.join(', ')}`);
    return otherwise;
  }

  /** Calls a parser; what it throws is a problem here. */
  attempt<Result>(parse: () => Result): Result | undefined {
    try {
      return parse();
    } catch (error) {
      this.fail((error as Error).message);
      return undefined;
    }
  }

  list(): YamlValue[] {
    if (this.isMissing) return [];
    if (!isSeq(this.#node)) {
      this.fail('is to be a list');
      return [];
    }
    return this.#node.items.map(
      (item, index) => new YamlValue(this.#reader, this.#reader.resolve(item), `${this.path}[${index}]`),
    );
  }

  /** A list of texts, or one text. */
  texts(): string[] {
    return this.isList || this.isMissing ? this.list().map((value) => value.text()) : [this.text()];
  }

  /** Names and values of any kind. */
  entries(): [string, YamlValue][] {
    if (this.isMissing) return [];
    if (!isMap(this.#node)) {
      this.fail('is to be a map of names and values');
      return [];
    }
    return this.#node.items.map((pair) => {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const path = this.path === '' ? key : `${this.path}.${key}`;
      return [key, new YamlValue(this.#reader, this.#reader.resolve(pair.value), path)];
    });
  }

  /** A map with these keys alone: another is a problem, with the keys that there are. */
  map<Key extends string>(keys: readonly Key[]): Record<Key, YamlValue> {
    const found = {} as Record<Key, YamlValue>;
    for (const [key, value] of this.entries()) {
      if ((keys as readonly string[]).includes(key)) found[key as Key] = value;
      else {
        const pair = isMap(this.#node)
          ? this.#node.items.find((item) => isScalar(item.key) && item.key.value === key)
          : undefined;
        this.#reader.fail(
          pair?.key as Node | undefined,
          value.path,
          `"${key}" is not known here: there are ${keys.join(', ')}`,
        );
      }
    }
    for (const key of keys)
      found[key] ??= new YamlValue(this.#reader, null, this.path === '' ? key : `${this.path}.${key}`);
    return found;
  }

  /** A problem at this map for something that it lacks. */
  need(key: string): void {
    this.fail(`"${key}" is missing`);
  }
}
