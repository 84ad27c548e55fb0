import type { Logger } from '@headwater/logger';
import { EsError } from '../errors.ts';
import type { ArrayCache } from './array-source.ts';
import { bitSet, clearBit, countBits, hasBit } from './bit-set.ts';
import { makeBreath } from './breath.ts';
import { type Files, joinPath } from './files.ts';
import { hashId } from './id-table.ts';
import { chooseMerge } from './merge-policy.ts';
import { Segment } from './segment.ts';
import { buildSegment } from './segment-builder.ts';
import { encodeSegment, openSegment } from './segment-file.ts';
import { mergeSegments } from './segment-merge.ts';
import { type Commit, decodeBits, encodeBits, readCommit, writeCommit } from './shard-commit.ts';
import { FileSource, MemorySource } from './source-readers.ts';
import { decodeOps, OpEncoder, opDelete, opIndex, Translog, type TranslogOp } from './translog.ts';
import { View, type ViewEntry } from './view.ts';
import { WriteBuffer } from './write-buffer.ts';

export type VersionType = 'internal' | 'external' | 'external_gte';

/** One write, as the document APIs hand it to a shard. */
export interface WriteOp {
  kind: 'index' | 'create' | 'delete';
  id: string;
  routing: string | null;
  source: Buffer | null;
  ifSeqNo?: number | undefined;
  ifPrimaryTerm?: number | undefined;
  version?: number | undefined;
  versionType?: VersionType | undefined;
}

export interface WriteResult {
  result: 'created' | 'updated' | 'deleted' | 'not_found';
  version: number;
  seqNo: number;
  primaryTerm: number;
}

/** A document as get reads it: also one that search does not see yet. */
export interface StoredDocument {
  id: string;
  seqNo: number;
  primaryTerm: number;
  version: number;
  routing: string | null;
  source: Buffer;
}

export interface ShardOptions {
  indexName: string;
  indexUuid: string;
  shardId: number;
  /** Where the shard's files are; null keeps everything in memory. */
  dir: string | null;
  files: Files;
  /** Holds what is in memory of segments on disk. */
  cache: ArrayCache;
  logger: Logger;
  /** Adds a document's fields to the buffer; throws for one that does not fit the mapping. */
  parse: (buffer: WriteBuffer, doc: number, op: { id: string; routing: string | null; source: Buffer }) => number;
  /** Called when the shard has something to refresh. */
  onDirty: () => void;
  nowMs: () => number;
}

/** Where the newest state of an id is. */
interface Current {
  seqNo: number;
  primaryTerm: number;
  version: number;
  /** Document number in the buffer, or in `state`. */
  doc: number;
  state: SegmentState | null;
  isDeleted: boolean;
}

interface Tombstone {
  seqNo: number;
  primaryTerm: number;
  version: number;
  atMs: number;
}

/** A segment of the shard with what changes about it. */
interface SegmentState {
  segment: Segment;
  live: Uint32Array | null;
  liveCount: number;
  /** A view uses `live`: copy it before the next change. */
  isShared: boolean;
  isSaved: boolean;
  isMerging: boolean;
}

/** How to take back the writes of a batch. */
interface Undo {
  firstDoc: number;
  nextSeqNo: number;
  steps: (() => void)[];
}

export interface ShardStats {
  docs: number;
  deleted: number;
  sizeBytes: number;
  memoryBytes: number;
  segments: number;
  translogOps: number;
  translogBytes: number;
  maxSeqNo: number;
  refreshes: number;
  flushes: number;
  merges: number;
}

const bufferDocsMax = 2_500;
const bufferBytesMax = 8 * 1024 * 1024;
const flushOpsMax = 10_000;
const flushBytesMax = 8 * 1024 * 1024;
const flushPauseMs = 100;
const tombstoneAgeMs = 60_000;
const tombstonesMax = 100_000;
const segmentBytesMax = 1024 * 1024 * 1024;
const mergeInMemoryBytesMax = 2 * 1024 * 1024;
/** A merge is in no hurry: it works that long at a time, and all that waits has its turn between. */
const mergeSliceMs = 2;

/**
 * A shard: its segments, the documents not yet in one, its translog.
 *
 * Writes happen in one turn of the event loop, so a version check and the write that it guards cannot be separated.
 * Search sees a view that changes only at refresh; get sees every write at once.
 */
export class Shard {
  readonly options: ShardOptions;
  primaryTerm = 1;
  #segments: SegmentState[] = [];
  #view: View = new View([], () => {});
  #buffer = new WriteBuffer();
  /** The operations of the batch that is being applied. */
  readonly #ops = new OpEncoder();
  /** Newest document of each id in the buffer. */
  #buffered = new Map<string, number>();
  #tombstones = new Map<string, Tombstone>();
  #nextSeqNo = 0;
  #nextSegment = 0;
  #translog: Translog | null = null;
  #commit: Commit | null = null;
  #isDirty = false;
  #flushing: Promise<void> | null = null;
  #merging: Promise<void> | null = null;
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  /** Files of segments that were merged away, removed when nothing uses them. */
  readonly #obsolete = new Set<Segment>();
  readonly #uses = new Map<Segment, number>();
  #refreshes = 0;
  #flushes = 0;
  #merges = 0;

  private constructor(options: ShardOptions) {
    this.options = options;
  }

  /** Opens a shard: reads its last commit, replays the writes after it. */
  static async open(options: ShardOptions): Promise<Shard> {
    const shard = new Shard(options);
    if (options.dir !== null) await shard.#recover(options.dir);
    shard.refresh();
    return shard;
  }

  async #recover(dir: string): Promise<void> {
    const { files, logger } = this.options;
    files.makeDir(dir);
    const commit = await readCommit(files, dir);
    this.#commit = commit;
    if (commit !== null) {
      for (const entry of commit.segments) {
        const path = joinPath(dir, `${entry.name}.idx`);
        const parts = await openSegment(files, path, this.options.cache, { check: true });
        const segment = new Segment(entry.name, parts, new FileSource(files, joinPath(dir, `${entry.name}.src`)));
        const live = decodeBits(entry.live);
        this.#segments.push({
          segment,
          live,
          liveCount: live === null ? segment.docCount : countBits(live),
          isShared: false,
          isSaved: true,
          isMerging: false,
        });
        this.#use(segment);
      }
      this.#nextSegment = commit.nextSegment;
      this.#nextSeqNo = commit.maxSeqNo + 1;
      this.primaryTerm = commit.primaryTerm;
    }
    const first = commit?.translogGeneration ?? 1;
    const generations = this.#translogGenerations(dir);
    let keepBytes = 0;
    let replayed = 0;
    const startedMs = performance.now();
    for (const generation of generations.filter((found) => found >= first)) {
      const file = await files.readFile(this.#translogPath(generation));
      const breath = makeBreath(20);
      const pending: TranslogOp[] = [];
      const { validBytes, ops } = decodeOps(file, (op) => pending.push(op));
      for (const op of pending) {
        this.#replay(op);
        await breath();
      }
      if (validBytes < file.length) {
        logger.warn(
          {
            index: this.options.indexName,
            shard: this.options.shardId,
            generation,
            cutBytes: file.length - validBytes,
          },
          'cut a torn tail off the translog: the writes in it were never acknowledged',
        );
      }
      replayed += ops;
      keepBytes = validBytes;
    }
    const generation = Math.max(first, generations.at(-1) ?? 0);
    if (replayed > 0) this.primaryTerm++;
    this.#translog = new Translog(files, (number) => this.#translogPath(number), generation, keepBytes);
    this.#translog.uncommittedOps = replayed;
    await this.#removeUnknownFiles(dir);
    if (replayed > 0) {
      logger.info(
        { index: this.options.indexName, replayed, tookMs: Math.round(performance.now() - startedMs) },
        'replayed the translog',
      );
    }
  }

  #replay(op: TranslogOp): void {
    if (this.#commit !== null && op.seqNo <= this.#commit.maxSeqNo) return;
    this.#nextSeqNo = Math.max(this.#nextSeqNo, op.seqNo + 1);
    this.primaryTerm = Math.max(this.primaryTerm, op.primaryTerm);
    const current = this.#find(op.id);
    if (current !== null && current.seqNo >= op.seqNo) return;
    if (op.kind === opDelete) {
      if (current !== null) this.#hide(current, op.id, null);
      this.#bury(op.id, { ...op, atMs: this.options.nowMs() }, null);
      return;
    }
    const doc = this.#buffer.begin();
    let root: number;
    try {
      root = this.options.parse(this.#buffer, doc, { id: op.id, routing: op.routing, source: op.source! });
    } catch (error) {
      this.#buffer.truncate(doc);
      // It was accepted once, so the mapping has changed under it; losing the rest for its sake would be worse.
      this.options.logger.error(
        { index: this.options.indexName, id: op.id, error: String(error) },
        'a logged write does not fit the mapping any more and is left out',
      );
      return;
    }
    if (current !== null) this.#hide(current, op.id, null);
    this.#tombstones.delete(op.id);
    this.#buffered.set(op.id, root);
    this.#buffer.finish(root, { ...op, source: op.source! });
    this.#isDirty = true;
    this.#sealWhenFull();
  }

  /**
   * Applies writes in order. Each gets a result or its own error; when the log cannot be written all are taken back and
   * the call throws.
   */
  apply(ops: readonly WriteOp[]): (WriteResult | EsError)[] {
    this.#assertOpen();
    const undo: Undo = { firstDoc: this.#buffer.count, nextSeqNo: this.#nextSeqNo, steps: [] };
    const results: (WriteResult | EsError)[] = [];
    for (const op of ops) {
      try {
        results.push(op.kind === 'delete' ? this.#delete(op, undo) : this.#index(op, undo));
      } catch (error) {
        if (!(error instanceof EsError)) {
          this.#ops.reset();
          this.#takeBack(undo);
          throw error;
        }
        results.push(error);
      }
    }
    if (this.#ops.count === 0) return results;
    try {
      this.#translog?.append(this.#ops);
    } catch (error) {
      this.#takeBack(undo);
      if (this.#translog!.isSuspect) void this.flush().catch(() => {});
      throw error;
    } finally {
      this.#ops.reset();
    }
    if (!this.#isDirty) {
      this.#isDirty = true;
      this.options.onDirty();
    }
    this.#sealWhenFull();
    if (this.#translog !== null && this.isFlushDue) void this.flush().catch(() => {});
    return results;
  }

  #index(op: WriteOp, undo: Undo): WriteResult {
    const current = this.#find(op.id);
    const isLive = current !== null && !current.isDeleted;
    if (op.kind === 'create' && isLive && op.versionType === undefined) {
      throw this.#conflict(op.id, `document already exists (current version [${current.version}])`);
    }
    const version = this.#nextVersion(op, current);
    const seqNo = this.#nextSeqNo;
    const doc = this.#buffer.begin();
    let root: number;
    try {
      root = this.options.parse(this.#buffer, doc, { id: op.id, routing: op.routing, source: op.source! });
    } catch (error) {
      this.#buffer.truncate(doc);
      throw error;
    }
    this.#nextSeqNo++;
    const meta = { id: op.id, seqNo, primaryTerm: this.primaryTerm, version, routing: op.routing, source: op.source! };
    this.#ops.add({ kind: opIndex, ...meta });
    if (current !== null) this.#hide(current, op.id, undo);
    const before = this.#buffered.get(op.id);
    const tombstone = this.#tombstones.get(op.id);
    undo.steps.push(() => {
      if (before === undefined) this.#buffered.delete(op.id);
      else this.#buffered.set(op.id, before);
      if (tombstone !== undefined) this.#tombstones.set(op.id, tombstone);
    });
    this.#buffered.set(op.id, root);
    this.#tombstones.delete(op.id);
    this.#buffer.finish(root, meta);
    return { result: isLive ? 'updated' : 'created', version, seqNo, primaryTerm: this.primaryTerm };
  }

  #delete(op: WriteOp, undo: Undo): WriteResult {
    const current = this.#find(op.id);
    const isLive = current !== null && !current.isDeleted;
    const version = this.#nextVersion(op, current);
    const seqNo = this.#nextSeqNo++;
    const { primaryTerm } = this;
    this.#ops.add({ kind: opDelete, seqNo, primaryTerm, version, id: op.id, routing: op.routing, source: null });
    if (current !== null) this.#hide(current, op.id, undo);
    this.#bury(op.id, { seqNo, primaryTerm, version, atMs: this.options.nowMs() }, undo);
    return { result: isLive ? 'deleted' : 'not_found', version, seqNo, primaryTerm };
  }

  /** Checks what the write demands of the current document, and gives its new version. */
  #nextVersion(op: WriteOp, current: Current | null): number {
    if (op.ifSeqNo !== undefined) {
      const wanted = `required seqNo [${op.ifSeqNo}], primary term [${op.ifPrimaryTerm}].`;
      if (current === null || current.isDeleted) throw this.#conflict(op.id, `${wanted} but no document was found`);
      if (current.seqNo !== op.ifSeqNo || current.primaryTerm !== op.ifPrimaryTerm) {
        const found = `current document has seqNo [${current.seqNo}] and primary term [${current.primaryTerm}]`;
        throw this.#conflict(op.id, `${wanted} ${found}`);
      }
    }
    if (op.versionType === 'external' || op.versionType === 'external_gte') {
      const wanted = op.version!;
      const isStale =
        current !== null && (op.versionType === 'external' ? current.version >= wanted : current.version > wanted);
      if (isStale) {
        const relation = op.versionType === 'external' ? 'higher or equal to' : 'higher than';
        throw this.#conflict(op.id, `current version [${current.version}] is ${relation} the one provided [${wanted}]`);
      }
      return wanted;
    }
    return current === null ? 1 : current.version + 1;
  }

  #conflict(id: string, text: string): EsError {
    return new EsError(409, 'version_conflict_engine_exception', `[${id}]: version conflict, ${text}`, {
      index: this.options.indexName,
      shard: String(this.options.shardId),
      index_uuid: this.options.indexUuid,
    });
  }

  #find(id: string): Current | null {
    const buffered = this.#buffered.get(id);
    if (buffered !== undefined) {
      const { seqNos, versions, primaryTerms } = this.#buffer;
      return {
        seqNo: seqNos.get(buffered),
        primaryTerm: primaryTerms.get(buffered),
        version: versions.get(buffered),
        doc: buffered,
        state: null,
        isDeleted: false,
      };
    }
    const tombstone = this.#tombstones.get(id);
    if (tombstone !== undefined) return { ...tombstone, doc: -1, state: null, isDeleted: true };
    if (this.#segments.length === 0) return null;
    const bytes = Buffer.from(id);
    const hash = hashId(bytes);
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const state = this.#segments[i]!;
      const doc = state.segment.findId(bytes, hash, (found) => state.live === null || hasBit(state.live, found));
      if (doc < 0) continue;
      const { segment } = state;
      return {
        seqNo: segment.seqNo(doc),
        primaryTerm: segment.primaryTerm(doc),
        version: segment.version(doc),
        doc,
        state,
        isDeleted: false,
      };
    }
    return null;
  }

  /** Takes the current document of an id out of what the next refresh shows. */
  #hide(current: Current, id: string, undo: Undo | null): void {
    if (current.isDeleted) return;
    const { doc, state } = current;
    if (state === null) {
      this.#buffer.deleted.add(doc);
      this.#buffered.delete(id);
      undo?.steps.push(() => {
        this.#buffer.deleted.delete(doc);
        this.#buffered.set(id, doc);
      });
      return;
    }
    const first = this.#firstOfBlock(state.segment, doc);
    this.#own(state);
    for (let at = first; at <= doc; at++) {
      clearBit(state.live!, at);
      state.liveCount--;
    }
    undo?.steps.push(() => {
      this.#own(state);
      for (let at = first; at <= doc; at++) {
        state.live![at >>> 5]! |= 1 << (at & 31);
        state.liveCount++;
      }
    });
  }

  /** Nested documents stand right before their root. */
  #firstOfBlock(segment: Segment, doc: number): number {
    let first = doc;
    while (first > 0 && !segment.isRoot(first - 1)) first--;
    return first;
  }

  #own(state: SegmentState): void {
    if (state.live === null) state.live = bitSet(state.segment.docCount, true);
    else if (state.isShared) state.live = state.live.slice();
    state.isShared = false;
  }

  #bury(id: string, tombstone: Tombstone, undo: Undo | null): void {
    const before = this.#tombstones.get(id);
    undo?.steps.push(() => {
      if (before === undefined) this.#tombstones.delete(id);
      else this.#tombstones.set(id, before);
    });
    this.#tombstones.delete(id);
    this.#tombstones.set(id, tombstone);
  }

  #takeBack(undo: Undo): void {
    for (const step of undo.steps.reverse()) step();
    this.#buffer.truncate(undo.firstDoc);
    this.#nextSeqNo = undo.nextSeqNo;
  }

  /** The document with an id, seen at once or as of the last refresh. */
  get(id: string, isRealtime = true): StoredDocument | null {
    this.#assertOpen();
    if (!isRealtime) return this.#view.get(id);
    const current = this.#find(id);
    if (current === null || current.isDeleted) return null;
    if (current.state === null) return this.#buffer.meta(current.doc);
    const { segment } = current.state;
    return {
      id,
      seqNo: current.seqNo,
      primaryTerm: current.primaryTerm,
      version: current.version,
      routing: segment.routing(current.doc),
      source: segment.readSource(current.doc),
    };
  }

  /** Everything acknowledged so far survives a power cut when this resolves. */
  async sync(): Promise<void> {
    if (this.#translog === null) return;
    while (this.#translog.isSuspect) await this.flush();
    await this.#translog.sync();
  }

  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Makes all writes visible to search. */
  refresh(): void {
    if (this.#isClosed) return;
    this.#isDirty = false;
    this.#refreshes++;
    this.#seal();
    const entries: ViewEntry[] = [];
    let base = 0;
    for (const state of this.#segments) {
      state.isShared = true;
      entries.push({ segment: state.segment, live: state.live, liveCount: state.liveCount, base });
      this.#use(state.segment);
      base += state.segment.docCount;
    }
    const before = this.#view;
    this.#view = new View(entries, (segments) => {
      for (const segment of segments) this.#unuse(segment);
    });
    before.release();
    this.#dropOldTombstones();
    this.#maybeMerge();
  }

  /** What search sees now; release it when done. */
  acquireView(): View {
    this.#assertOpen();
    this.#view.acquire();
    return this.#view;
  }

  #sealWhenFull(): void {
    const buffer = this.#buffer;
    if (buffer.count < bufferDocsMax && buffer.sizeBytes < bufferBytesMax) return;
    this.#seal();
    this.#maybeMerge();
  }

  #seal(): void {
    const buffer = this.#buffer;
    if (buffer.count === 0) return;
    const { parts, source } = buildSegment(buffer);
    const segment = new Segment(`s${this.#nextSegment++}`, parts, new MemorySource(source));
    const live = buffer.deleted.size === 0 ? null : buffer.liveBits();
    this.#segments.push({
      segment,
      live,
      liveCount: live === null ? segment.docCount : countBits(live),
      isShared: false,
      isSaved: false,
      isMerging: false,
    });
    this.#use(segment);
    this.#buffer = new WriteBuffer();
    this.#buffered = new Map();
  }

  #dropOldTombstones(): void {
    const oldest = this.options.nowMs() - tombstoneAgeMs;
    for (const [id, tombstone] of this.#tombstones) {
      if (tombstone.atMs > oldest && this.#tombstones.size <= tombstonesMax) break;
      this.#tombstones.delete(id);
    }
  }

  get isFlushDue(): boolean {
    const translog = this.#translog;
    // After a failure (a full disk) the next try waits a little.
    if (translog === null || performance.now() - this.#lastFlushMs < flushPauseMs) return false;
    return translog.uncommittedOps >= flushOpsMax || translog.uncommittedBytes >= flushBytesMax;
  }

  /** Writes a commit: after it the translog begins anew. */
  flush(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#flushes++;
    if (this.#translog === null) return Promise.resolve();
    this.#flushing ??= this.#flushNow().finally(() => {
      this.#flushing = null;
      this.#lastFlushMs = performance.now();
    });
    return this.#flushing;
  }

  async #flushNow(): Promise<void> {
    const { files, dir, logger } = this.options;
    const translog = this.#translog!;
    const isCommitted = translog.uncommittedOps === 0 && this.#commit !== null && !translog.isSuspect;
    if (isCommitted && this.#segments.every((state) => state.isSaved)) return;
    try {
      this.#seal();
      const translogGeneration = translog.roll();
      const states = this.#segments.filter((state) => state.liveCount > 0);
      const snapshot = states.map((state) => ({ state, live: state.live?.slice() ?? null }));
      const maxSeqNo = this.#nextSeqNo - 1;
      for (const segment of states.map((state) => state.segment)) this.#use(segment);
      try {
        for (const { state } of snapshot) if (!state.isSaved) await this.#save(state);
        const commit: Commit = {
          generation: (this.#commit?.generation ?? 0) + 1,
          segments: snapshot.map(({ state, live }) => ({
            name: state.segment.name,
            docCount: state.segment.docCount,
            sourceBytes: state.segment.source.sizeBytes,
            live: encodeBits(live),
          })),
          nextSegment: this.#nextSegment,
          maxSeqNo,
          translogGeneration,
          primaryTerm: this.primaryTerm,
        };
        await writeCommit(files, dir!, commit);
        translog.committed(translogGeneration);
        const before = this.#commit;
        this.#commit = commit;
        if (before !== null) await files.remove(joinPath(dir!, `commit-${before.generation}.json`));
        for (const generation of this.#translogGenerations(dir!)) {
          if (generation < translogGeneration) await files.remove(this.#translogPath(generation));
        }
        this.#sweep();
      } finally {
        for (const { state } of snapshot) this.#unuse(state.segment);
      }
    } catch (error) {
      logger.warn(
        { index: this.options.indexName, shard: this.options.shardId, error: String(error) },
        'could not commit the index: its writes stay in the translog',
      );
      throw error;
    }
  }

  /** Puts a segment's files on disk and its sources out of memory. */
  async #save(state: SegmentState): Promise<void> {
    const { files, dir } = this.options;
    const { segment } = state;
    const source = segment.source as MemorySource;
    await files.writeFile(joinPath(dir!, `${segment.name}.src`), [source.bytes]);
    await files.writeFile(joinPath(dir!, `${segment.name}.idx`), encodeSegment(segment.parts));
    await this.#readFromDisk(segment);
    state.isSaved = true;
  }

  async #readFromDisk(segment: Segment): Promise<void> {
    const { cache, dir, files } = this.options;
    const parts = await openSegment(files, joinPath(dir!, `${segment.name}.idx`), cache, { check: false });
    segment.moveToDisk(parts, new FileSource(files, joinPath(dir!, `${segment.name}.src`)));
  }

  #maybeMerge(): void {
    if (this.#merging !== null || this.#isClosed) return;
    const choice = chooseMerge(
      this.#segments.map(({ segment, liveCount }) => ({
        docs: segment.docCount,
        live: liveCount,
        sizeBytes: segment.source.sizeBytes,
      })),
      segmentBytesMax,
    );
    if (choice === null) return;
    const states = this.#segments.slice(choice.from, choice.to);
    for (const state of states) state.isMerging = true;
    this.#merging = this.#merge(states)
      .catch((error) => {
        this.options.logger.warn({ index: this.options.indexName, error: String(error) }, 'a merge of segments failed');
        return false;
      })
      .then((isDone) => {
        this.#merging = null;
        for (const state of states) state.isMerging = false;
        if (isDone) this.#maybeMerge();
      });
  }

  async #merge(states: SegmentState[]): Promise<boolean> {
    const breath = makeBreath(mergeSliceMs);
    const inputs = states.map((state) => {
      state.isShared = true;
      return { segment: state.segment, live: state.live };
    });
    for (const { segment } of inputs) this.#use(segment);
    try {
      const { parts, remaps } = await mergeSegments(inputs, breath);
      if (this.#isClosed) return false;
      const name = `s${this.#nextSegment++}`;
      const { source, isSaved } = await this.#mergeSources(name, inputs, remaps, parts.sourceOffsets.at(-1)!);
      const segment = new Segment(name, parts, source);
      if (isSaved) {
        await this.options.files.writeFile(joinPath(this.options.dir!, `${name}.idx`), encodeSegment(parts));
        (source as FileSource).close();
        await this.#readFromDisk(segment);
      }
      if (this.#isClosed) {
        segment.close();
        return false;
      }
      // Documents that were deleted while the merge ran.
      let live: Uint32Array | null = null;
      let liveCount = parts.docCount;
      states.forEach((state, input) => {
        if (state.live === inputs[input]!.live) return;
        const remap = remaps[input]!;
        for (let doc = 0; doc < remap.length; doc++) {
          if (remap[doc]! < 0 || state.live === null || hasBit(state.live, doc)) continue;
          live ??= bitSet(parts.docCount, true);
          clearBit(live, remap[doc]!);
          liveCount--;
        }
      });
      const at = this.#segments.indexOf(states[0]!);
      const merged = { segment, live, liveCount, isShared: false, isSaved, isMerging: false };
      this.#segments.splice(at, states.length, ...(liveCount > 0 ? [merged] : []));
      this.#use(segment);
      if (liveCount === 0) this.#unuse(segment);
      for (const state of states) this.#unuse(state.segment);
      this.#merges++;
      if (!this.#isDirty) {
        // Search goes on with the old ones until the next refresh.
        this.#isDirty = true;
        this.options.onDirty();
      }
      return true;
    } finally {
      for (const { segment } of inputs) this.#unuse(segment);
    }
  }

  async #mergeSources(
    name: string,
    inputs: readonly { segment: Segment }[],
    remaps: readonly Int32Array[],
    sizeBytes: number,
  ): Promise<{ source: MemorySource | FileSource; isSaved: boolean }> {
    const { files, dir } = this.options;
    const breath = makeBreath(mergeSliceMs);
    const isInMemory = inputs.every(({ segment }) => segment.source instanceof MemorySource);
    if (dir === null || (isInMemory && sizeBytes <= mergeInMemoryBytesMax)) {
      const bytes = Buffer.allocUnsafeSlow(sizeBytes);
      let at = 0;
      for (const [input, { segment }] of inputs.entries()) {
        const remap = remaps[input]!;
        for (let doc = 0; doc < remap.length; doc++) {
          if (doc % 512 === 0) await breath();
          if (remap[doc]! >= 0) at += segment.readSource(doc).copy(bytes, at);
        }
      }
      return { source: new MemorySource(bytes), isSaved: false };
    }
    const path = joinPath(dir, `${name}.src`);
    const file = files.openAppend(path, 0);
    try {
      for (let input = 0; input < inputs.length; input++) {
        const { segment } = inputs[input]!;
        const remap = remaps[input]!;
        const { sourceOffsets } = segment.parts;
        let doc = 0;
        while (doc < remap.length) {
          // Runs of kept documents are copied at once.
          if (remap[doc]! < 0) {
            doc++;
            continue;
          }
          const start = sourceOffsets[doc]!;
          while (doc < remap.length && remap[doc]! >= 0 && sourceOffsets[doc]! - start < 256 * 1024) doc++;
          if (sourceOffsets[doc]! > start) file.append([segment.source.read(start, sourceOffsets[doc]! - start)]);
          await breath();
        }
      }
      await file.sync();
    } finally {
      file.close();
    }
    return { source: new FileSource(files, path), isSaved: true };
  }

  #use(segment: Segment): void {
    this.#uses.set(segment, (this.#uses.get(segment) ?? 0) + 1);
  }

  #unuse(segment: Segment): void {
    const count = this.#uses.get(segment)! - 1;
    if (count > 0) {
      this.#uses.set(segment, count);
      return;
    }
    this.#uses.delete(segment);
    this.#obsolete.add(segment);
    this.#sweep();
  }

  /** Removes files that neither a view nor the last commit needs. */
  #sweep(): void {
    const { files, dir } = this.options;
    for (const segment of this.#obsolete) {
      if (this.#commit?.segments.some((entry) => entry.name === segment.name)) continue;
      this.#obsolete.delete(segment);
      if (!(segment.source instanceof FileSource)) continue;
      segment.close();
      if (dir === null || this.#isClosed) continue;
      for (const extension of ['idx', 'src']) {
        files.remove(joinPath(dir, `${segment.name}.${extension}`)).catch(() => {});
      }
    }
  }

  #translogPath(generation: number): string {
    return joinPath(this.options.dir!, `translog-${generation}.log`);
  }

  #translogGenerations(dir: string): number[] {
    return this.options.files
      .list(dir)
      .map((name) => /^translog-(\d+)\.log$/.exec(name)?.[1])
      .filter((text) => text !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** What a crash left half written. */
  async #removeUnknownFiles(dir: string): Promise<void> {
    const known = new Set<string>();
    if (this.#commit !== null) known.add(`commit-${this.#commit.generation}.json`);
    for (const entry of this.#commit?.segments ?? []) known.add(`${entry.name}.idx`).add(`${entry.name}.src`);
    for (const name of this.options.files.list(dir)) {
      const translog = /^translog-(\d+)\.log$/.exec(name);
      const isOldLog = translog !== null && Number(translog[1]) < (this.#commit?.translogGeneration ?? 0);
      const isLeftover = /^(commit-\d+\.json|s\d+\.(idx|src))(\.tmp)?$/.test(name) && !known.has(name);
      if (isOldLog || isLeftover) await this.options.files.remove(joinPath(dir, name));
    }
  }

  /** Documents that the last refresh shows, nested ones counted as well: cheap enough to ask every second. */
  get liveDocs(): number {
    return this.#view.entries.reduce((sum, entry) => sum + entry.liveCount, 0);
  }

  /** Bytes on disk, or in memory where there is none. */
  stats(): ShardStats {
    let docs = 0;
    let deleted = 0;
    let sizeBytes = 0;
    let memoryBytes = this.#buffer.sizeBytes;
    for (const { segment, live } of this.#view.entries) {
      for (let doc = 0; segment.parts.roots !== null && doc < segment.docCount; doc++) {
        if (!segment.isRoot(doc)) continue;
        if (live === null || hasBit(live, doc)) docs++;
        else deleted++;
      }
      if (segment.parts.roots === null) {
        const count = live === null ? segment.docCount : countBits(live);
        docs += count;
        deleted += segment.docCount - count;
      }
    }
    for (const { segment } of this.#segments) {
      memoryBytes += segment.memoryBytes;
      sizeBytes += segment.indexBytes + segment.source.sizeBytes;
    }
    return {
      docs,
      deleted,
      sizeBytes,
      memoryBytes,
      segments: this.#view.entries.length,
      translogOps: this.#translog?.uncommittedOps ?? 0,
      translogBytes: this.#translog?.uncommittedBytes ?? 0,
      maxSeqNo: this.#nextSeqNo - 1,
      refreshes: this.#refreshes,
      flushes: this.#flushes,
      merges: this.#merges,
    };
  }

  #assertOpen(): void {
    if (this.#isClosed) {
      throw new EsError(503, 'index_closed_exception', 'closed', {
        index: this.options.indexName,
        index_uuid: this.options.indexUuid,
      });
    }
  }

  /** Commits what is open, so that the next start replays nothing, and lets all files go. */
  async close(options: { commit: boolean } = { commit: true }): Promise<void> {
    if (this.#isClosed) return;
    if (options.commit) {
      if (this.#flushing !== null) await this.#flushing.catch(() => {});
      await this.flush().catch(() => {});
    }
    this.#isClosed = true;
    if (this.#flushing !== null) await this.#flushing.catch(() => {});
    if (this.#merging !== null) await this.#merging;
    await this.#translog?.sync().catch(() => {});
    this.#translog?.close();
    for (const segment of this.#uses.keys()) segment.close();
  }
}
