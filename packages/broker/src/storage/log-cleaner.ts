import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BatchHeader, iterateBatches, openRecords, type RecordCursor, readBatchHeader } from '@headwater/protocol';
import { cleanBatch } from './clean-batch.ts';
import { KeyOffsets } from './key-offsets.ts';
import { draftSuffix, Segment, type SegmentPlace } from './segment.ts';
import { corrupt } from './storage-error.ts';
import type { AbortedTransaction } from './types.ts';

/** Bytes read and cleaned before others get their turn. */
const blockBytes = 1024 * 1024;

export interface CleanOptions {
  place: SegmentPlace;
  /** Closed segments that may be cleaned, from the start of the log. */
  segments: Segment[];
  /** Records below it have been through a cleaning before. */
  firstDirtyOffset: number;
  /** Tombstones below it were kept long enough. */
  tombstonesGoneBelow: number;
  /** Neighbouring segments are merged up to this size. */
  segmentBytes: number;
  /** Memory for the keys of one cleaning; what has no room waits for the next one. */
  keyBytesMax: number;
  /** Transactions whose records were never to be seen. */
  aborted: AbortedTransaction[];
  /** The log is closed or deleted: throws to end the cleaning. */
  check: () => void;
}

/** Segments and what they become: files that are complete and synced, and may be empty. */
export interface CleanedGroup {
  segments: Segment[];
  draft: Segment;
}

export interface CleanResult {
  /** Everything below was compacted. */
  endOffset: number;
  removedRecords: number;
  /** Groups that change; the others stay as they are. */
  groups: CleanedGroup[];
}

/**
 * Compaction as Kafka does it: the newest offset of each key in the dirty part is found first; then, from the start of the log,
 * every record goes for whose key a newer one exists, and every tombstone that readers had time to see. Only drafts are written here;
 * the log puts them in place.
 */
export async function cleanSegments(options: CleanOptions): Promise<CleanResult> {
  const { offsets, endOffset } = await mapKeys(options);
  const result: CleanResult = { endOffset, removedRecords: 0, groups: [] };
  const rules = new KeepRules(options, offsets, endOffset);
  const cleanable = options.segments.filter(({ baseOffset }) => baseOffset < endOffset);
  for (const segments of group(cleanable, options.segmentBytes)) {
    const before = rules.transactions;
    if (segments.length === 1 && !(await hasRemovable(segments[0]!, rules, options))) continue;
    rules.transactions = before;
    try {
      result.groups.push(await writeGroup(segments, rules, options, result));
    } catch (error) {
      for (const { draft } of result.groups) removeDraft(draft);
      throw error;
    }
  }
  return result;
}

/** What stays. Beyond `endOffset`, which memory may have set, everything does. */
class KeepRules {
  readonly endOffset: number;
  readonly #offsets: KeyOffsets;
  readonly #goneBelow: number;
  readonly #aborted: AbortedBatches;
  /** Producers with records, of those kept so far, whose marker has not come by. Replaced, not changed, so that a caller can go back. */
  transactions: ReadonlySet<number> = new Set();

  constructor({ tombstonesGoneBelow, aborted }: CleanOptions, offsets: KeyOffsets, endOffset: number) {
    this.endOffset = endOffset;
    this.#offsets = offsets;
    this.#goneBelow = tombstonesGoneBelow;
    this.#aborted = new AbortedBatches(aborted);
  }

  /** What is left of a batch: itself, another with fewer records, or null. Takes all batches in the order of the log. */
  apply(bytes: Buffer, header: BatchHeader): Buffer | null {
    const kept = this.#applyTo(bytes, header);
    if (header.isTransactional && kept !== null) this.#note(header);
    return kept;
  }

  #applyTo(bytes: Buffer, header: BatchHeader): Buffer | null {
    if (header.baseOffset >= this.endOffset) return bytes;
    if (header.isControl) {
      // The marker of records that stay must stay, too: without it they would be read as undecided after a crash.
      if (this.transactions.has(header.producerId)) return bytes;
      // Markers and tombstones are there for readers who began before they took effect.
      return header.lastOffset < this.#goneBelow ? null : bytes;
    }
    if (this.#aborted.has(header)) return null;
    return cleanBatch(bytes, header, (record) => this.#isKept(record));
  }

  #note({ isControl, producerId }: BatchHeader): void {
    if (this.transactions.has(producerId) !== isControl) return;
    const transactions = new Set(this.transactions);
    if (isControl) transactions.delete(producerId);
    else transactions.add(producerId);
    this.transactions = transactions;
  }

  #isKept(record: RecordCursor): boolean {
    if (record.offset >= this.endOffset) return true;
    const key = record.key();
    // From before the topic was compacted: no key can supersede it, and nobody can look it up.
    if (key === null) return false;
    if (record.offset < this.#offsets.get(key)) return false;
    return record.valueLength >= 0 || record.offset >= this.#goneBelow;
  }
}

/** Tells the batches of aborted transactions. */
class AbortedBatches {
  readonly #byProducer = new Map<number, AbortedTransaction[]>();

  constructor(aborted: AbortedTransaction[]) {
    for (const transaction of aborted) {
      const others = this.#byProducer.get(transaction.producerId);
      if (others === undefined) this.#byProducer.set(transaction.producerId, [transaction]);
      else others.push(transaction);
    }
  }

  has({ isTransactional, producerId, baseOffset }: BatchHeader): boolean {
    if (!isTransactional) return false;
    const transactions = this.#byProducer.get(producerId) ?? [];
    return transactions.some(({ firstOffset, lastOffset }) => baseOffset >= firstOffset && baseOffset < lastOffset);
  }
}

/** The newest offset of each key from the first dirty offset on, as far as memory goes. */
async function mapKeys(options: CleanOptions): Promise<{ offsets: KeyOffsets; endOffset: number }> {
  const { segments, firstDirtyOffset, keyBytesMax } = options;
  const offsets = new KeyOffsets(keyBytesMax);
  const aborted = new AbortedBatches(options.aborted);
  let endOffset = firstDirtyOffset;
  for (const segment of segments) {
    for await (const block of blocks(segment, firstDirtyOffset, options)) {
      for (const { header, offset } of iterateBatches(block)) {
        if (header.lastOffset < firstDirtyOffset) continue;
        if (!header.isControl && !aborted.has(header)) {
          const cursor = openRecords(block, offset);
          while (cursor.next()) {
            const key = cursor.key();
            if (key === null || cursor.offset < firstDirtyOffset) continue;
            // Whole batches only, so that the next cleaning can begin where this one ends.
            if (!offsets.put(key, cursor.offset)) return { offsets, endOffset: checkProgress(endOffset, options) };
          }
        }
        endOffset = header.nextOffset;
      }
    }
  }
  return { offsets, endOffset };
}

function checkProgress(endOffset: number, { firstDirtyOffset, keyBytesMax }: CleanOptions): number {
  if (endOffset > firstDirtyOffset) return endOffset;
  throw corrupt(`one batch has more keys than fit into log.cleaner.dedupe.buffer.size (${keyBytesMax})`);
}

/** Neighbours that fit into one segment together; each relative offset must fit its index, too. */
function group(segments: Segment[], segmentBytes: number): Segment[][] {
  const groups: Segment[][] = [];
  let sizeBytes = 0;
  for (const segment of segments) {
    const current = groups.at(-1);
    const fits =
      current !== undefined &&
      sizeBytes + segment.sizeBytes <= segmentBytes &&
      segment.baseOffset - current[0]!.baseOffset < 0x4000_0000;
    if (fits) {
      current.push(segment);
      sizeBytes += segment.sizeBytes;
    } else {
      groups.push([segment]);
      sizeBytes = segment.sizeBytes;
    }
  }
  return groups;
}

async function hasRemovable(segment: Segment, rules: KeepRules, options: CleanOptions): Promise<boolean> {
  for await (const block of blocks(segment, 0, options)) {
    for (const { header, offset, sizeBytes } of iterateBatches(block)) {
      const bytes = block.subarray(offset, offset + sizeBytes);
      if (rules.apply(bytes, header) !== bytes) return true;
    }
  }
  return false;
}

async function writeGroup(
  segments: Segment[],
  rules: KeepRules,
  options: CleanOptions,
  result: CleanResult,
): Promise<CleanedGroup> {
  const draft = new Segment(options.place, segments[0]!.baseOffset, draftSuffix);
  try {
    draft.begin();
    for (const segment of segments) {
      for await (const block of blocks(segment, 0, options)) writeBlock(block, draft, rules, result);
    }
    // Of what was compacted, nothing of an aborted transaction is left to be told.
    for (const entry of segments.flatMap((segment) => segment.transactionIndex.entries())) {
      if (entry.lastOffset >= rules.endOffset) draft.transactionIndex.add(entry);
    }
    draft.finishIndexes();
    for (const file of draft.files()) if (options.place.pool.files.exists(file.path)) await file.sync();
    options.check();
    draft.release();
    return { segments, draft };
  } catch (error) {
    removeDraft(draft);
    throw error;
  }
}

/** Gives up what was written for a group. */
export function removeDraft(draft: Segment): void {
  draft.release();
  for (const { path } of draft.files()) draft.place.pool.files.remove(path);
}

/** Writes what is left of a block to the end of the draft. */
function writeBlock(block: Buffer, draft: Segment, rules: KeepRules, result: CleanResult): void {
  const parts: Buffer[] = [];
  for (const { header, offset, sizeBytes } of iterateBatches(block)) {
    const bytes = block.subarray(offset, offset + sizeBytes);
    const part = rules.apply(bytes, header);
    result.removedRecords += header.recordsCount - (part === null ? 0 : readBatchHeader(part).recordsCount);
    if (part !== null) parts.push(part);
  }
  draft.log.writeSync(Buffer.concat(parts), draft.sizeBytes);
  for (const part of parts) draft.noteBatch(readBatchHeader(part), draft.sizeBytes);
}

/** Whole batches of a segment, a block at a time, from the one that holds `offset` on; others get their turn between blocks. */
async function* blocks(segment: Segment, offset: number, options: CleanOptions): AsyncGenerator<Buffer> {
  let next = Math.max(offset, segment.baseOffset);
  for (;;) {
    options.check();
    const block = await segment.read(next, Number.POSITIVE_INFINITY, blockBytes, true);
    options.check();
    if (block === null || block.length === 0) return;
    yield block;
    for (const { header } of iterateBatches(block)) next = header.nextOffset;
    await nextTurn();
  }
}
