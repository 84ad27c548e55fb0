/**
 * The prepared statements of one connection, by name (`''` is the unnamed one): the Parse message of each, so that it can be made again after another
 * connection had the one session of PostgreSQL.
 */
export class PreparedStatements {
  readonly #parses = new Map<string, Buffer>();
  readonly #loaded = new Set<string>();
  readonly #countMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  /** True when one more of that size is too much. */
  isFull(name: string, byteCount: number): boolean {
    const known = this.#parses.get(name);
    if (known === undefined && this.#parses.size >= this.#countMax) return true;
    return this.#bytes - (known?.length ?? 0) + byteCount > this.#bytesMax;
  }

  /** PostgreSQL has made it. */
  add(name: string, parse: Buffer): void {
    this.delete(name);
    // A copy: the message is a view of what was read from the socket, which would be kept whole.
    this.#parses.set(name, Buffer.from(parse));
    this.#bytes += parse.length;
    this.#loaded.add(name);
  }

  delete(name: string): void {
    const known = this.#parses.get(name);
    if (known !== undefined) this.#bytes -= known.length;
    this.#parses.delete(name);
    this.#loaded.delete(name);
  }

  /** PostgreSQL says which it has: of those that were loaded, the others are gone. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of [...this.#loaded]) if (name !== '' && !names.has(name)) this.delete(name);
  }

  clear(): void {
    this.#parses.clear();
    this.#loaded.clear();
    this.#bytes = 0;
  }

  /** Another connection has the session now: PostgreSQL knows none of them. */
  unload(): void {
    this.#loaded.clear();
  }

  /** The message that makes it again, where that is needed. */
  toLoad(name: string): Buffer | undefined {
    return this.#loaded.has(name) ? undefined : this.#parses.get(name);
  }

  loaded(name: string): void {
    this.#loaded.add(name);
  }

  names(): IterableIterator<string> {
    return this.#parses.keys();
  }
}
