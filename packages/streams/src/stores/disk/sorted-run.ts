import { crc32c } from '@headwater/protocol';
import { blockCount, firstNotBefore, isBlockWhole, isKeyAt, keyAt, numberAt, valueAt } from './block.ts';
import type { BlockCache, CachedBlock } from './block-cache.ts';
import { mayHave } from './key-filter.ts';
import type { OpenFiles } from './open-files.ts';
import { footerBytes, runFormat } from './run-writer.ts';
import type { StateFiles } from './state-files.ts';

/** What was written is not what is there. */
export class RunDamaged extends Error {
  constructor(path: string, what: string) {
    super(`${path}: ${what}`);
  }
}

/** A key that is looked for, in the forms that the look takes. */
export interface SoughtKey {
  readonly key: string;
  readonly bytes: Buffer;
  readonly hash: number;
}

/** Reads a run: of it only the top is in memory, and such blocks as the cache has room for. */
export class SortedRun {
  readonly path: string;
  readonly sizeBytes: number;
  readonly rows: number;
  readonly oldestMs: number;
  readonly newestMs: number;
  /** What is in memory as long as the run is open. */
  readonly pinnedBytes: number;
  readonly cached: Map<number, CachedBlock> = new Map();
  readonly #files: OpenFiles;
  readonly #cache: BlockCache;
  readonly #lastKeys: string[] = [];
  readonly #places: number[] = [];
  readonly #lengths: number[] = [];
  readonly #filterLengths: number[] = [];
  readonly #filterCrcs: number[] = [];
  #foundBlock: Buffer = nothing;
  #foundIndex = 0;
  #users = 1;
  /** It is to be taken away when nobody reads it any more. */
  #removal: StateFiles | null = null;

  /** @throws RunDamaged */
  constructor(path: string, files: OpenFiles, cache: BlockCache) {
    this.path = path;
    this.#cache = cache;
    this.#files = files;
    try {
      this.sizeBytes = files.get(path).sizeBytes;
      const footer = this.#read(this.sizeBytes - footerBytes, footerBytes);
      if (footer.readUInt32LE(40) !== runFormat || crc32c(footer, 0, 36) !== footer.readUInt32LE(36)) {
        throw new RunDamaged(path, 'its end is not whole');
      }
      this.rows = footer.readDoubleLE(12);
      this.oldestMs = footer.readDoubleLE(20);
      this.newestMs = footer.readDoubleLE(28);
      const top = this.#whole(this.#read(footer.readDoubleLE(0), footer.readUInt32LE(8)));
      let pinnedBytes = 0;
      for (let index = 0, count = blockCount(top); index < count; index++) {
        const key = keyAt(top, index);
        const lengths = valueAt(top, index)!;
        this.#lastKeys.push(key);
        this.#places.push(numberAt(top, index));
        this.#lengths.push(lengths.readUInt32LE(0));
        this.#filterLengths.push(lengths.readUInt32LE(4));
        this.#filterCrcs.push(lengths.readUInt32LE(8));
        pinnedBytes += key.length + 60;
      }
      this.pinnedBytes = pinnedBytes;
    } catch (error) {
      files.close(path);
      throw error;
    }
  }

  /** Whether there is a row of the key; `foundValue` and `foundTimestamp` are of it then. */
  find({ bytes, hash, key }: SoughtKey): boolean {
    const group = firstNotBeforeText(this.#lastKeys, key);
    if (group === this.#lastKeys.length) return false;
    const filterLength = this.#filterLengths[group]!;
    const filterAndIndex = this.#group(group, true);
    if (!mayHave(filterAndIndex, 0, filterLength, hash)) return false;
    const index = filterAndIndex.subarray(filterLength);
    const entry = firstNotBefore(index, bytes);
    const block = this.#blockForOne(index, entry);
    const at = firstNotBefore(block, bytes);
    if (at === blockCount(block) || !isKeyAt(block, at, bytes)) return false;
    this.#foundBlock = block;
    this.#foundIndex = at;
    return true;
  }

  get foundValue(): Buffer | null {
    return valueAt(this.#foundBlock, this.#foundIndex);
  }

  get foundTimestamp(): number {
    return numberAt(this.#foundBlock, this.#foundIndex);
  }

  /** From the first row that is not before `from`. `isCached`: whether what is read may be wanted again soon. */
  cursor(from: SoughtKey | null, isCached: boolean): RunCursor {
    return new RunCursor(this, from, isCached);
  }

  /** Whether rows from one key to another may be there, where both have what the filter knows in common. */
  mayHaveBetween(from: SoughtKey, to: string): boolean {
    const group = firstNotBeforeText(this.#lastKeys, from.key);
    if (group === this.#lastKeys.length) return false;
    if (this.#lastKeys[group]! < to) return true;
    return mayHave(this.#group(group, true), 0, this.#filterLengths[group]!, from.hash);
  }

  // --- for its cursors --------------------------------------------------------------------------------------------------

  get groupsCount(): number {
    return this.#lastKeys.length;
  }

  groupOf(key: string): number {
    return firstNotBeforeText(this.#lastKeys, key);
  }

  indexOf(group: number, isCached: boolean): Buffer {
    return this.#group(group, isCached).subarray(this.#filterLengths[group]!);
  }

  blockOf(index: Buffer, entry: number, isCached: boolean): Buffer {
    return this.#block(index, entry, isCached);
  }

  /** Its file is there until all that have asked have released it. */
  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users === 0) this.#close();
  }

  /** Nobody is to find it any more; who reads it still may. */
  remove(files: StateFiles): void {
    this.#removal = files;
    this.release();
  }

  #close(): void {
    this.#cache.forget(this);
    this.#files.close(this.path);
    this.#removal?.remove(this.path);
  }

  #group(group: number, isCached: boolean): Buffer {
    const place = this.#places[group]!;
    const found = this.#cache.get(this, place);
    if (found !== null) return found;
    const data = this.#read(place, this.#lengths[group]!);
    const filterLength = this.#filterLengths[group]!;
    if (crc32c(data, 0, filterLength) !== this.#filterCrcs[group]) throw this.#damaged(place);
    this.#whole(data.subarray(filterLength));
    if (isCached) this.#cache.add(this, place, data);
    return data;
  }

  #block(index: Buffer, entry: number, isCached: boolean): Buffer {
    const place = numberAt(index, entry);
    const found = this.#cache.get(this, place);
    if (found !== null) return found;
    const block = this.#whole(this.#read(place, valueAt(index, entry)!.readUInt32LE(0)));
    if (isCached) this.#cache.add(this, place, block);
    return block;
  }

  /** Valid until the next one is asked for, of any run. */
  #blockForOne(index: Buffer, entry: number): Buffer {
    const place = numberAt(index, entry);
    const found = this.#cache.get(this, place);
    if (found !== null) return found;
    const length = valueAt(index, entry)!.readUInt32LE(0);
    if (length > scratch.length || this.#cache.isWanted()) return this.#block(index, entry, true);
    return this.#whole(this.#read(place, length, scratch.subarray(0, length)));
  }

  #read(place: number, length: number, into: Buffer | null = null): Buffer {
    if (!(place >= 0 && place + length <= this.sizeBytes)) throw new RunDamaged(this.path, 'it is cut off');
    // Not of the pool: a block that is kept would keep others.
    const data = into ?? Buffer.allocUnsafeSlow(length);
    if (this.#files.get(this.path).readAt(place, data) !== length) throw new RunDamaged(this.path, 'it is cut off');
    return data;
  }

  #whole(block: Buffer): Buffer {
    if (!isBlockWhole(block)) throw this.#damaged(0);
    return block;
  }

  #damaged(place: number): RunDamaged {
    return new RunDamaged(this.path, `a block does not fit its checksum (from byte ${place})`);
  }
}

/** Goes through the rows of a run in the order of their keys. */
export class RunCursor {
  readonly #run: SortedRun;
  readonly #isCached: boolean;
  #group: number;
  #index: Buffer | null = null;
  #entry = 0;
  #block: Buffer = nothing;
  #at = 0;
  #count = 0;
  key = '';
  isDone = false;

  constructor(run: SortedRun, from: SoughtKey | null, isCached: boolean) {
    this.#run = run;
    this.#isCached = isCached;
    this.#group = from === null ? 0 : run.groupOf(from.key);
    if (this.#group >= run.groupsCount) {
      this.isDone = true;
      return;
    }
    this.#index = run.indexOf(this.#group, isCached);
    this.#entry = from === null ? 0 : firstNotBefore(this.#index, from.bytes);
    this.#openBlock();
    if (from !== null) this.#at = firstNotBefore(this.#block, from.bytes);
    this.key = keyAt(this.#block, this.#at);
  }

  advance(): void {
    this.#at++;
    if (this.#at === this.#count && !this.#nextBlock()) {
      this.isDone = true;
      return;
    }
    this.key = keyAt(this.#block, this.#at);
  }

  /** A view, which stays. */
  get valueBytes(): Buffer | null {
    return valueAt(this.#block, this.#at);
  }

  get timestamp(): number {
    return numberAt(this.#block, this.#at);
  }

  #nextBlock(): boolean {
    this.#entry++;
    if (this.#entry === blockCount(this.#index!)) {
      this.#group++;
      if (this.#group === this.#run.groupsCount) return false;
      this.#index = this.#run.indexOf(this.#group, this.#isCached);
      this.#entry = 0;
    }
    this.#openBlock();
    return true;
  }

  #openBlock(): void {
    this.#block = this.#run.blockOf(this.#index!, this.#entry, this.#isCached);
    this.#count = blockCount(this.#block);
    this.#at = 0;
  }
}

function firstNotBeforeText(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

const nothing = Buffer.alloc(0);
/** For blocks that are looked into once. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);
