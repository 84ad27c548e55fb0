import { crc32 } from 'node:zlib';
import type { AppendFile, Files } from './files.ts';

/*
 * One file a generation: an 8 byte header, then records
 *   length u32 · crc32 of the payload u32 · payload
 * A payload is: kind u8 · seqNo f64 · primaryTerm u32 · version f64 · id length u16 · id · routing length u16 (0xffff:
 * none) · routing · the document's bytes, for kind 1.
 */
const header = Buffer.from('HWTLOG01');
const recordHeaderBytes = 8;
const fixedBytes = 1 + 8 + 4 + 8 + 2 + 2;
const noRouting = 0xffff;

export const opIndex = 1;
export const opDelete = 2;

export interface TranslogOp {
  kind: typeof opIndex | typeof opDelete;
  seqNo: number;
  primaryTerm: number;
  version: number;
  id: string;
  routing: string | null;
  source: Buffer | null;
}

/** The two chunks of a record: what was encoded, and the document's bytes as they came. */
export function encodeOp(op: TranslogOp): Uint8Array[] {
  const idLength = Buffer.byteLength(op.id);
  const routingLength = op.routing === null ? 0 : Buffer.byteLength(op.routing);
  const head = Buffer.allocUnsafe(recordHeaderBytes + fixedBytes + idLength + routingLength);
  let at = recordHeaderBytes;
  at = head.writeUInt8(op.kind, at);
  at = head.writeDoubleLE(op.seqNo, at);
  at = head.writeUInt32LE(op.primaryTerm, at);
  at = head.writeDoubleLE(op.version, at);
  at = head.writeUInt16LE(idLength, at);
  at += head.write(op.id, at, 'utf8');
  at = head.writeUInt16LE(op.routing === null ? noRouting : routingLength, at);
  if (op.routing !== null) head.write(op.routing, at, 'utf8');
  const payload = head.subarray(recordHeaderBytes);
  let crc = crc32(payload);
  let length = payload.length;
  if (op.source !== null) {
    crc = crc32(op.source, crc);
    length += op.source.length;
  }
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(crc, 4);
  return op.source === null ? [head] : [head, op.source];
}

/** Reads records until the end or the first that is torn or damaged; `validBytes` is where that one begins. */
export function decodeOps(file: Buffer, onOp: (op: TranslogOp) => void): { validBytes: number; ops: number } {
  let at = header.length;
  let ops = 0;
  if (file.length < at || !file.subarray(0, at).equals(header)) return { validBytes: 0, ops: 0 };
  while (at + recordHeaderBytes <= file.length) {
    const length = file.readUInt32LE(at);
    const start = at + recordHeaderBytes;
    const end = start + length;
    if (length < fixedBytes || end > file.length) break;
    const payload = file.subarray(start, end);
    if (crc32(payload) !== file.readUInt32LE(at + 4)) break;
    const idLength = payload.readUInt16LE(21);
    const routingAt = 23 + idLength;
    const routingLength = payload.readUInt16LE(routingAt);
    const sourceAt = routingAt + 2 + (routingLength === noRouting ? 0 : routingLength);
    const kind = payload[0] === opDelete ? opDelete : opIndex;
    onOp({
      kind,
      seqNo: payload.readDoubleLE(1),
      primaryTerm: payload.readUInt32LE(9),
      version: payload.readDoubleLE(13),
      id: payload.toString('utf8', 23, routingAt),
      routing: routingLength === noRouting ? null : payload.toString('utf8', routingAt + 2, sourceAt),
      source: kind === opIndex ? Buffer.from(payload.subarray(sourceAt)) : null,
    });
    ops++;
    at = end;
  }
  return { validBytes: at, ops };
}

/** The write-ahead log of a shard: a write is in it before it is acknowledged. */
export class Translog {
  readonly #files: Files;
  readonly #path: (generation: number) => string;
  #file: AppendFile;
  /** Files of earlier generations that may hold what is not durable yet. */
  #earlier: AppendFile[] = [];
  #syncing: Promise<void> | null = null;
  #waiting: Promise<void> | null = null;
  /** The disk failed in this generation: what its file holds is not known until a commit makes it superfluous. */
  #suspectGeneration = 0;
  generation: number;
  /** Operations and bytes since the last commit. */
  uncommittedOps = 0;
  uncommittedBytes = 0;

  constructor(files: Files, path: (generation: number) => string, generation: number, keepBytes: number) {
    this.#files = files;
    this.#path = path;
    this.generation = generation;
    this.#file = this.#open(generation, keepBytes);
  }

  #open(generation: number, keepBytes: number): AppendFile {
    const file = this.#files.openAppend(this.#path(generation), keepBytes);
    if (file.sizeBytes === 0) {
      try {
        file.append([header]);
      } catch (error) {
        file.close();
        throw error;
      }
    }
    return file;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** Appends records; when it throws, none of them is in the log. */
  append(records: readonly Uint8Array[], ops: number): void {
    const before = this.#file.sizeBytes;
    try {
      this.#file.append(records);
    } catch (error) {
      if (this.#file.isDamaged) this.#suspectGeneration = this.generation;
      throw error;
    }
    this.uncommittedOps += ops;
    this.uncommittedBytes += this.#file.sizeBytes - before;
  }

  /** Resolves when everything appended so far is durable. Callers at the same time share one call to the disk. */
  sync(): Promise<void> {
    if (this.#syncing === null) {
      this.#syncing = this.#syncNow().finally(() => {
        this.#syncing = null;
      });
      return this.#syncing;
    }
    // One is under way that may have begun before the last append: share the one after it.
    this.#waiting ??= this.#syncing
      .catch(() => {})
      .then(() => {
        this.#waiting = null;
        return this.sync();
      });
    return this.#waiting;
  }

  async #syncNow(): Promise<void> {
    const { generation } = this;
    try {
      const current = this.#file;
      for (const file of [...this.#earlier]) {
        await file.sync();
        this.#earlier = this.#earlier.filter((one) => one !== file);
        file.close();
      }
      await current.sync();
    } catch (error) {
      // A later call to the disk may succeed without having written what this one should have.
      this.#suspectGeneration = generation;
      throw error;
    }
  }

  /** Begins a new generation; the files before it can go when a commit holds their operations. */
  roll(): number {
    const next = this.#open(this.generation + 1, 0);
    this.#earlier.push(this.#file);
    this.#file = next;
    this.generation++;
    this.uncommittedOps = 0;
    this.uncommittedBytes = 0;
    return this.generation;
  }

  /** Only a commit makes what was appended durable. */
  get isSuspect(): boolean {
    return this.#suspectGeneration > 0;
  }

  /** A commit holds everything of the generations before this one. */
  committed(generation: number): void {
    if (this.#suspectGeneration < generation) this.#suspectGeneration = 0;
    if (generation < this.generation) return;
    const files = this.#earlier;
    this.#earlier = [];
    const closeAll = (): void => {
      for (const file of files) file.close();
    };
    if (this.#syncing === null) closeAll();
    else void this.#syncing.catch(() => {}).then(closeAll);
  }

  close(): void {
    for (const file of this.#earlier) file.close();
    this.#earlier = [];
    this.#file.close();
  }
}
