import { cutBatches, findBatch } from './batch-search.ts';

/** Below this, batches are copied into shared slabs: a thousand small buffers cost more than their bytes. */
const copyBelowBytes = 16 * 1024;
const slabBytes = 256 * 1024;
/** A run is searched batch by batch from its start, so it must stay short. */
const runBytesMax = 64 * 1024;
const runOverheadBytes = 128;

/** Neighbouring batches of one partition whose bytes are next to each other. */
interface Run {
  owner: PartitionCache | null;
  bytes: Buffer;
  baseOffset: number;
  nextOffset: number;
  chargedBytes: number;
  /** Where it ends in the current slab, so that the next small batch may extend it; -1 for a run of its own. */
  slabEnd: number;
  /** Some batches in it by base offset and position, so that a search walks few; the newest one is always the last. */
  marks: { baseOffset: number; at: number }[];
}

const markEveryBytes = 4096;

/**
 * The newest batches of all partitions, so that consumers at the tail read no file. One byte budget for all; the oldest append
 * leaves first, which also lets go of request frames and slabs as a whole.
 */
export class TailCache {
  usedBytes = 0;
  hits = 0;
  misses = 0;
  readonly #budgetBytes: number;
  readonly #queue = new Deque<Run>();
  #slab: Buffer = Buffer.alloc(0);
  #slabUsed = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  partition(): PartitionCache {
    return new PartitionCache(this);
  }

  /** @internal */
  add(owner: PartitionCache, bytes: Buffer, baseOffset: number, nextOffset: number): void {
    if (bytes.length > this.#budgetBytes) {
      owner.clear();
      return;
    }
    if (bytes.length < copyBelowBytes) this.#addSmall(owner, bytes, baseOffset, nextOffset);
    else {
      // A view of something much larger would keep all of that alive.
      const isShare = bytes.buffer.byteLength > 2 * bytes.length;
      const kept = isShare ? copyOf(bytes) : bytes;
      this.#push({
        owner,
        bytes: kept,
        baseOffset,
        nextOffset,
        chargedBytes: kept.buffer.byteLength,
        slabEnd: -1,
        marks: [],
      });
    }
    while (this.usedBytes > this.#budgetBytes) this.#evict();
  }

  /** @internal */
  forget(run: Run): void {
    run.owner = null;
    this.usedBytes -= run.chargedBytes;
    run.bytes = empty;
  }

  #addSmall(owner: PartitionCache, bytes: Buffer, baseOffset: number, nextOffset: number): void {
    if (this.#slabUsed + bytes.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(
        Math.max(copyBelowBytes, Math.min(slabBytes, Math.floor(this.#budgetBytes / 4))),
      );
      this.#slabUsed = 0;
    }
    const start = this.#slabUsed;
    bytes.copy(this.#slab, start);
    this.#slabUsed += bytes.length;
    const last = owner.lastRun;
    if (
      last !== undefined &&
      last.slabEnd === start &&
      last.bytes.buffer === this.#slab.buffer &&
      last.nextOffset === baseOffset &&
      last.bytes.length + bytes.length <= runBytesMax
    ) {
      addMark(last, baseOffset);
      last.bytes = this.#slab.subarray(start - last.bytes.length, this.#slabUsed);
      last.slabEnd = this.#slabUsed;
      last.nextOffset = nextOffset;
      last.chargedBytes += bytes.length;
      this.usedBytes += bytes.length;
      return;
    }
    this.#push({
      owner,
      bytes: this.#slab.subarray(start, this.#slabUsed),
      baseOffset,
      nextOffset,
      chargedBytes: bytes.length + runOverheadBytes,
      slabEnd: this.#slabUsed,
      marks: [{ baseOffset, at: 0 }],
    });
  }

  #push(run: Run): void {
    run.owner!.push(run);
    this.#queue.push(run);
    this.usedBytes += run.chargedBytes;
  }

  #evict(): void {
    const run = this.#queue.shift();
    if (run === undefined) throw new Error('The tail cache counts bytes that it does not hold.');
    if (run.owner === null) return;
    run.owner.evicted(run);
    this.forget(run);
  }
}

/** One partition's share: its newest batches, without gaps up to the end of the log. */
export class PartitionCache {
  readonly #cache: TailCache;
  readonly #runs = new Deque<Run>();

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** The lowest offset that the cache has; Infinity when it is empty. */
  get startOffset(): number {
    return this.#runs.at(0)?.baseOffset ?? Number.POSITIVE_INFINITY;
  }

  get lastRun(): Run | undefined {
    return this.#runs.at(this.#runs.length - 1);
  }

  /** Keeps appended batches; small ones are copied, large ones stay referenced. */
  add(bytes: Buffer, baseOffset: number, nextOffset: number): void {
    this.#cache.add(this, bytes, baseOffset, nextOffset);
  }

  /** As `PartitionLog.read`, below `endOffset`; null when the cache does not go back that far. */
  read(offset: number, endOffset: number, maxBytes: number, minOneBatch: boolean): Buffer[] | null {
    if (offset < this.startOffset) {
      this.#cache.misses++;
      return null;
    }
    this.#cache.hits++;
    const found: Buffer[] = [];
    let leftBytes = maxBytes;
    let isFirst = minOneBatch;
    for (let index = this.#runIndex(offset); index < this.#runs.length; index++) {
      const run = this.#runs.at(index)!;
      if (run.baseOffset >= endOffset) break;
      const start = offset <= run.baseOffset ? 0 : findInRun(run, offset);
      const isWhole = run.nextOffset <= endOffset && run.bytes.length - start <= leftBytes;
      const part = isWhole ? run.bytes.subarray(start) : cutBatches(run.bytes, start, endOffset, leftBytes, isFirst);
      if (part.length > 0) found.push(part);
      leftBytes -= part.length;
      isFirst = false;
      // Less than the rest of the run: the limit is reached.
      if (part.byteOffset + part.length < run.bytes.byteOffset + run.bytes.length) break;
    }
    return found;
  }

  /** Lets go of what begins before `offset`. */
  dropBelow(offset: number): void {
    while (this.startOffset < offset) this.#cache.forget(this.#runs.shift()!);
  }

  clear(): void {
    for (let run = this.#runs.shift(); run !== undefined; run = this.#runs.shift()) this.#cache.forget(run);
  }

  /** @internal */
  push(run: Run): void {
    this.#runs.push(run);
  }

  /** @internal The oldest run of all is also the oldest of its partition. */
  evicted(run: Run): void {
    if (this.#runs.shift() !== run)
      throw new Error('The tail cache evicted a run that is not the oldest of its partition.');
  }

  /** The run that holds `offset`, or the first one after it. */
  #runIndex(offset: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#runs.at(middle)!.nextOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Notes the batch that is about to be added; the one before it stays noted only when it is far enough from its neighbour. */
function addMark({ marks, bytes }: Run, baseOffset: number): void {
  const beforeLast = marks.at(-2);
  if (beforeLast !== undefined && marks.at(-1)!.at - beforeLast.at < markEveryBytes) marks.pop();
  marks.push({ baseOffset, at: bytes.length });
}

function findInRun({ marks, bytes }: Run, offset: number): number {
  const mark = marks.findLast((each) => each.baseOffset <= offset);
  if (mark === undefined) return findBatch(bytes, offset).at;
  return mark.at + findBatch(bytes.subarray(mark.at), offset).at;
}

const empty = Buffer.alloc(0);

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** An array that is cheap to take from in front. */
class Deque<T> {
  #items: (T | undefined)[] | null = null;
  #head = 0;

  get length(): number {
    return this.#items === null ? 0 : this.#items.length - this.#head;
  }

  at(index: number): T | undefined {
    return this.#items?.[this.#head + index];
  }

  push(item: T): void {
    (this.#items ??= []).push(item);
  }

  shift(): T | undefined {
    if (this.#items === null || this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
