import { cutBatches, findBatch } from './batch-search.ts';
import { CacheSlab } from './cache-slab.ts';
import { Deque } from './deque.ts';
import { ownMemory } from './own-memory.ts';
import type { ReadMemory } from './types.ts';

/** Memory is had in pieces of this size; a larger batch gets one of its own. */
const slabBytesMax = 1024 * 1024;
const freeSlabsMax = 4;
/** Who reads at the tail has read what is older: where little is written the memory is not filled for nobody. */
const ageMaxMs = 60_000;
/** A run is searched batch by batch from its start, so it must stay short. */
const runBytesMax = 64 * 1024;
/** What a run costs beside its bytes. */
const runOverheadBytes = 128;

/** Neighbouring batches of one partition whose bytes are next to each other. */
interface Run {
  owner: PartitionCache | null;
  readonly slab: CacheSlab<Run>;
  /** Its bytes in the slab: most runs are one small batch that nobody reads again, and a buffer for each would be larger than what it shows. */
  readonly start: number;
  end: number;
  readonly baseOffset: number;
  nextOffset: number;
  /** Some batches after the first by base offset and position, so that a search walks few; the newest one is always the last. */
  marks: { baseOffset: number; at: number }[] | null;
}

const markEveryBytes = 4096;

/**
 * The newest batches of all partitions, copied, so that consumers at the tail read no file and request frames can be used again. One
 * byte budget for all; the oldest appends leave first, a slab at a time, and those of more than a minute ago.
 */
export class TailCache {
  /** Memory of its slabs. */
  usedBytes = 0;
  hits = 0;
  misses = 0;
  readonly #budgetBytes: number;
  readonly #nowMs: () => number;
  readonly #slabBytes: number;
  readonly #slabs = new Deque<CacheSlab<Run>>();
  readonly #free: CacheSlab<Run>[] = [];
  #current: CacheSlab<Run> | null = null;

  /** @param nowMs a clock that does not go back, in milliseconds */
  constructor(budgetBytes: number, nowMs: () => number = () => performance.now()) {
    this.#budgetBytes = budgetBytes;
    this.#nowMs = nowMs;
    this.#slabBytes = Math.min(slabBytesMax, Math.floor(budgetBytes / 4));
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
    const slab = this.#slabFor(bytes.length);
    const start = slab.usedBytes;
    bytes.copy(slab.bytes, start);
    const end = start + bytes.length;
    slab.usedBytes = end;
    const last = owner.lastRun;
    if (
      last !== undefined &&
      last.slab === slab &&
      last.end === start &&
      last.nextOffset === baseOffset &&
      end - last.start <= runBytesMax
    ) {
      addMark(last, baseOffset);
      last.end = end;
      last.nextOffset = nextOffset;
      return;
    }
    const run: Run = { owner, slab, start, end, baseOffset, nextOffset, marks: null };
    slab.runs.push(run);
    owner.push(run);
  }

  #slabFor(sizeBytes: number): CacheSlab<Run> {
    const current = this.#current;
    if (current !== null) {
      const overheadBytes = (current.runs.length + 1) * runOverheadBytes;
      if (current.usedBytes + sizeBytes + overheadBytes <= current.bytes.length + runOverheadBytes) return current;
    }
    const slabBytes = Math.max(this.#slabBytes, sizeBytes);
    const nowMs = this.#nowMs();
    if (current !== null) current.fullAtMs = nowMs;
    while (this.#slabs.length > 0 && this.#slabs.at(0)!.fullAtMs < nowMs - ageMaxMs) this.#evict();
    while (this.usedBytes + slabBytes > this.#budgetBytes) this.#evict();
    const free = slabBytes === this.#slabBytes ? this.#free.pop() : undefined;
    const slab = free ?? new CacheSlab<Run>(slabBytes, this.#takeBack);
    slab.reset();
    this.#slabs.push(slab);
    this.usedBytes += slabBytes;
    this.#current = slab;
    return slab;
  }

  #evict(): void {
    const slab = this.#slabs.shift();
    if (slab === undefined) throw new Error('The tail cache counts bytes that it does not hold.');
    if (slab === this.#current) this.#current = null;
    for (const run of slab.runs) {
      run.owner?.evicted(run);
      run.owner = null;
    }
    this.usedBytes -= slab.bytes.length;
    slab.evict();
  }

  #takeBack = (slab: CacheSlab<Run>): void => {
    if (slab.bytes.length === this.#slabBytes && this.#free.length < freeSlabsMax) this.#free.push(slab);
  };
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

  /** Keeps a copy of appended batches. */
  add(bytes: Buffer, baseOffset: number, nextOffset: number): void {
    this.#cache.add(this, bytes, baseOffset, nextOffset);
  }

  /** As `PartitionLog.read`, below `endOffset`; null when the cache does not go back that far. */
  read(
    offset: number,
    endOffset: number,
    maxBytes: number,
    minOneBatch: boolean,
    memory: ReadMemory = ownMemory,
  ): Buffer[] | null {
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
      const bytes = run.slab.bytes.subarray(run.start, run.end);
      const start = offset <= run.baseOffset ? 0 : findInRun(run, bytes, offset);
      const isWhole = run.nextOffset <= endOffset && bytes.length - start <= leftBytes;
      const part = isWhole
        ? start === 0
          ? bytes
          : bytes.subarray(start)
        : cutBatches(bytes, start, endOffset, leftBytes, isFirst);
      if (part.length > 0) {
        found.push(part);
        run.slab.lend();
        memory.hold(run.slab);
      }
      leftBytes -= part.length;
      isFirst = false;
      // Less than the rest of the run: the limit is reached.
      if (part.byteOffset + part.length < bytes.byteOffset + bytes.length) break;
    }
    return found;
  }

  /** Lets go of what begins before `offset`. */
  dropBelow(offset: number): void {
    while (this.startOffset < offset) this.#runs.shift()!.owner = null;
  }

  clear(): void {
    for (let run = this.#runs.shift(); run !== undefined; run = this.#runs.shift()) run.owner = null;
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
function addMark(run: Run, baseOffset: number): void {
  run.marks ??= [];
  const { marks } = run;
  const last = marks.at(-1);
  if (last !== undefined && last.at - (marks.at(-2)?.at ?? 0) < markEveryBytes) marks.pop();
  marks.push({ baseOffset, at: run.end - run.start });
}

function findInRun({ marks }: Run, bytes: Buffer, offset: number): number {
  const mark = marks?.findLast((each) => each.baseOffset <= offset);
  if (mark === undefined) return findBatch(bytes, offset).at;
  return mark.at + findBatch(bytes.subarray(mark.at), offset).at;
}
