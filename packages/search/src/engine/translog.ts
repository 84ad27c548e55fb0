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

/** Documents above this size go to the file as they came, without being copied together with the others. */
const copiedBytesMax = 64 * 1024;
const keptBytesMax = 1024 * 1024;

/** Encodes operations for one append. */
export class OpEncoder {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #chunks: Uint8Array[] = [];
  #chunkStart = 0;
  count = 0;

  add(op: TranslogOp): void {
    const { id, routing, source } = op;
    const isCopied = source !== null && source.length <= copiedBytesMax;
    const textBytes = (id.length + (routing?.length ?? 0)) * 3;
    this.#reserve(recordHeaderBytes + fixedBytes + textBytes + (isCopied ? source.length : 0));
    const bytes = this.#bytes;
    const start = this.#length;
    const payload = start + recordHeaderBytes;
    bytes[payload] = op.kind;
    bytes.writeDoubleLE(op.seqNo, payload + 1);
    bytes.writeUInt32LE(op.primaryTerm, payload + 9);
    bytes.writeDoubleLE(op.version, payload + 13);
    let at = payload + 23;
    const idLength = bytes.write(id, at, 'utf8');
    bytes.writeUInt16LE(idLength, payload + 21);
    at += idLength;
    const routingLength = routing === null ? 0 : bytes.write(routing, at + 2, 'utf8');
    bytes.writeUInt16LE(routing === null ? noRouting : routingLength, at);
    at += 2 + routingLength;
    let size = at - payload;
    if (isCopied) {
      bytes.set(source, at);
      at += source.length;
      size = at - payload;
    } else if (source !== null) size += source.length;
    let crc = crc32(bytes.subarray(payload, at));
    if (source !== null && !isCopied) crc = crc32(source, crc);
    bytes.writeUInt32LE(size, start);
    bytes.writeUInt32LE(crc, start + 4);
    this.#length = at;
    this.count++;
    if (source === null || isCopied) return;
    this.#cut();
    this.#chunks.push(source);
  }

  /** What is to be appended: valid until `reset`. */
  chunks(): readonly Uint8Array[] {
    this.#cut();
    return this.#chunks;
  }

  reset(): void {
    if (this.#bytes.length > keptBytesMax) this.#bytes = Buffer.alloc(0);
    this.#length = this.#chunkStart = this.count = 0;
    this.#chunks = [];
  }

  #cut(): void {
    if (this.#length > this.#chunkStart) this.#chunks.push(this.#bytes.subarray(this.#chunkStart, this.#length));
    this.#chunkStart = this.#length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    // Chunks that were cut keep the array they are in.
    const rest = this.#bytes.subarray(this.#chunkStart, this.#length);
    let capacity = Math.max(4096, this.#bytes.length * 2);
    while (capacity < rest.length + count) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    larger.set(rest);
    this.#bytes = larger;
    this.#length = rest.length;
    this.#chunkStart = 0;
  }
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

  /** Appends operations; when it throws, none of them is in the log. */
  append(ops: OpEncoder): void {
    const before = this.#file.sizeBytes;
    try {
      this.#file.append(ops.chunks());
    } catch (error) {
      if (this.#file.isDamaged) this.#suspectGeneration = this.generation;
      throw error;
    }
    this.uncommittedOps += ops.count;
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
