import { Row } from './row.ts';

/** Texts in a list of lists, so that one more is not a move of all. */
const chunkKeysMax = 512;

/** Rows in memory, by key and in the order of their keys. */
export class OrderedRows<V> {
  readonly #rows = new Map<string, Row<V>>();
  readonly #chunks: string[][] = [[]];

  get count(): number {
    return this.#rows.size;
  }

  get(key: string): Row<V> | undefined {
    return this.#rows.get(key);
  }

  /** A row of a key that is not there yet. */
  add(key: string): Row<V> {
    const row = new Row<V>(key);
    this.#rows.set(key, row);
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    if (chunk.length === 0 || chunk[chunk.length - 1]! < key) chunk.push(key);
    else chunk.splice(firstNotBefore(chunk, key), 0, key);
    if (chunk.length > chunkKeysMax) this.#chunks.splice(at + 1, 0, chunk.splice(chunkKeysMax >>> 1));
    return row;
  }

  /** The least key that is not before `key` (`isAfter`: that is after it); null when there is none. */
  next(key: string, isAfter: boolean): string | null {
    let at = this.#chunkOf(key);
    let chunk = this.#chunks[at]!;
    let index = firstNotBefore(chunk, key);
    if (isAfter && index < chunk.length && chunk[index] === key) index++;
    while (index === chunk.length) {
      at++;
      if (at === this.#chunks.length) return null;
      chunk = this.#chunks[at]!;
      index = 0;
    }
    return chunk[index]!;
  }

  /** The first chunk whose last key is not before it, or the last chunk. */
  #chunkOf(key: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = chunks[middle]!;
      if (chunk[chunk.length - 1]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Goes through rows that may become more meanwhile. */
export class OrderedRowsCursor<V> {
  readonly #rows: OrderedRows<V>;
  key: string;
  isDone: boolean;

  constructor(rows: OrderedRows<V>, from: string) {
    this.#rows = rows;
    const first = rows.next(from, false);
    this.key = first ?? '';
    this.isDone = first === null;
  }

  get row(): Row<V> {
    return this.#rows.get(this.key)!;
  }

  advance(): void {
    const next = this.#rows.next(this.key, true);
    if (next === null) this.isDone = true;
    else this.key = next;
  }
}

function firstNotBefore(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
