/** A block in memory, in the order of use. */
export interface CachedBlock {
  readonly owner: BlockOwner;
  readonly position: number;
  readonly block: Buffer;
  newer: CachedBlock | null;
  older: CachedBlock | null;
}

/** A file whose blocks are kept: it finds its own by their position. */
export interface BlockOwner {
  readonly cached: Map<number, CachedBlock>;
}

/** What the list and the map cost beside a block's bytes. */
const overheadBytes = 200;

/** Blocks that were read last, of all files together. */
export class BlockCache {
  readonly #bytesMax: () => number;
  #newest: CachedBlock | null = null;
  #oldest: CachedBlock | null = null;
  bytes = 0;
  hits = 0;
  misses = 0;

  /** `bytesMax`: may change with time. */
  constructor(bytesMax: () => number) {
    this.#bytesMax = bytesMax;
  }

  get(owner: BlockOwner, position: number): Buffer | null {
    const found = owner.cached.get(position);
    if (found === undefined) {
      this.misses++;
      return null;
    }
    this.hits++;
    if (found !== this.#newest) {
      this.#unlink(found);
      this.#link(found);
    }
    return found.block;
  }

  /**
   * Whether a block that was read for one row is worth keeping: as long as there is room, and then one in a few, so that those which are asked
   * for often come to stay, and the others cost nothing.
   */
  isWanted(): boolean {
    return this.bytes < this.#bytesMax() * 0.9 || (this.misses & 3) === 0;
  }

  add(owner: BlockOwner, position: number, block: Buffer): void {
    const cached: CachedBlock = { owner, position, block, newer: null, older: null };
    owner.cached.set(position, cached);
    this.bytes += block.length + overheadBytes;
    this.#link(cached);
    this.shrink();
  }

  /** Lets go what is too much. */
  shrink(): void {
    const bytesMax = this.#bytesMax();
    while (this.bytes > bytesMax && this.#oldest !== null) this.#drop(this.#oldest);
  }

  /** Lets go all blocks of a file. */
  forget(owner: BlockOwner): void {
    for (const cached of owner.cached.values()) this.#drop(cached);
  }

  #drop(cached: CachedBlock): void {
    this.#unlink(cached);
    cached.owner.cached.delete(cached.position);
    this.bytes -= cached.block.length + overheadBytes;
  }

  #link(cached: CachedBlock): void {
    cached.older = this.#newest;
    cached.newer = null;
    if (this.#newest !== null) this.#newest.newer = cached;
    this.#newest = cached;
    this.#oldest ??= cached;
  }

  #unlink(cached: CachedBlock): void {
    const { newer, older } = cached;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
  }
}
