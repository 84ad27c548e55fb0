import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ChunkPlace } from './series.ts';

/** A closed chunk as the files tell of it. */
export interface ChunkEntry extends ChunkPlace {
  ref: number;
  count: number;
  firstMs: number;
  lastMs: number;
}

/** Frame of a chunk: `u32 length of the body, u32 crc32 of what follows, u32 series, u32 samples, f64 first time, f64 last time, body`. */
const headBytes = 32;
/** Entry of an index: `u32 series, u32 samples, f64 first time, f64 last time, u32 offset of the body, u32 length`. */
const entryBytes = 32;
const fileBytesMax = 16 * 1024 * 1024;
const pendingBytesMax = 256 * 1024;
const openFilesMax = 64;

/**
 * Closed chunks on disk: files that are only added to, and removed whole when all in them is too old. A file that is full has an index
 * beside it, so that a start reads those and the one file that was being written.
 */
export class ChunkFiles {
  readonly #directory: string;
  readonly #descriptors = new Map<number, number>();
  readonly #files = new Map<number, { bytes: number; lastMs: number }>();
  #current = 0;
  #entries: ChunkEntry[] = [];
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Calls back for every chunk, the oldest file first. A torn end is cut off by starting a new file. */
  open(onChunk: (entry: ChunkEntry) => void): void {
    const numbers = readdirSync(this.#directory)
      .flatMap((name) => /^chunks-(\d{8})\.bin$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    for (const file of numbers) {
      const entries = this.#readIndex(file) ?? this.#scan(file);
      let lastMs = Number.NEGATIVE_INFINITY;
      for (const entry of entries) {
        lastMs = Math.max(lastMs, entry.lastMs);
        onChunk(entry);
      }
      this.#files.set(file, { bytes: statSync(this.#path(file)).size, lastMs });
      if (!existsSync(this.#indexPath(file))) this.#writeIndex(file, entries);
    }
    this.#current = (numbers.at(-1) ?? 0) + 1;
  }

  get bytes(): number {
    let bytes = this.#pendingBytes;
    for (const each of this.#files.values()) bytes += each.bytes;
    return bytes;
  }

  /** Files whose bodies are on disk, all of them. */
  get flushedFile(): number {
    return this.#pendingBytes === 0 ? this.#current : this.#current - 1;
  }

  /** Takes a chunk; it is on disk after `flush`, or when enough have come together. */
  add(ref: number, firstMs: number, lastMs: number, count: number, body: Uint8Array): ChunkPlace {
    const state = this.#files.get(this.#current) ?? { bytes: 0, lastMs: Number.NEGATIVE_INFINITY };
    this.#files.set(this.#current, state);
    const frame = Buffer.allocUnsafe(headBytes + body.length);
    frame.writeUInt32LE(body.length, 0);
    frame.writeUInt32LE(ref, 8);
    frame.writeUInt32LE(count, 12);
    frame.writeDoubleLE(firstMs, 16);
    frame.writeDoubleLE(lastMs, 24);
    frame.set(body, headBytes);
    frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
    const place = { file: this.#current, offset: state.bytes + this.#pendingBytes + headBytes, length: body.length };
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    this.#entries.push({ ref, count, firstMs, lastMs, ...place });
    state.lastMs = Math.max(state.lastMs, lastMs);
    if (this.#pendingBytes >= pendingBytesMax) this.flush();
    return place;
  }

  flush(): void {
    if (this.#pendingBytes > 0) {
      const state = this.#files.get(this.#current)!;
      const whole = Buffer.concat(this.#pending, this.#pendingBytes);
      writeSync(this.#descriptor(this.#current, 'a+'), whole);
      state.bytes += whole.length;
      this.#pending = [];
      this.#pendingBytes = 0;
    }
    if ((this.#files.get(this.#current)?.bytes ?? 0) < fileBytesMax) return;
    this.#writeIndex(this.#current, this.#entries);
    this.#entries = [];
    this.#current += 1;
  }

  read({ file, length, offset }: ChunkPlace): Uint8Array | undefined {
    try {
      const body = Buffer.allocUnsafe(length);
      return readSync(this.#descriptor(file, 'r'), body, 0, length, offset) === length ? body : undefined;
    } catch {
      return undefined;
    }
  }

  /** The newest file that ends before `timeMs`, or that has to go for the bytes; undefined: none. All up to it may be removed. */
  expired(timeMs: number, bytesMax: number): number | undefined {
    let bytes = this.bytes;
    let last: number | undefined;
    for (const [file, state] of this.#files) {
      if (file === this.#current || (state.lastMs >= timeMs && bytes <= bytesMax)) break;
      bytes -= state.bytes;
      last = file;
    }
    return last;
  }

  /** Removes the files up to `file`. */
  remove(file: number): void {
    for (const each of [...this.#files.keys()]) {
      if (each > file) continue;
      const descriptor = this.#descriptors.get(each);
      if (descriptor !== undefined) closeSync(descriptor);
      this.#descriptors.delete(each);
      this.#files.delete(each);
      rmSync(this.#path(each), { force: true });
      rmSync(this.#indexPath(each), { force: true });
    }
  }

  /** May be called twice. */
  close(): void {
    this.flush();
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  #path(file: number): string {
    return join(this.#directory, `chunks-${String(file).padStart(8, '0')}.bin`);
  }

  #indexPath(file: number): string {
    return join(this.#directory, `chunks-${String(file).padStart(8, '0')}.index`);
  }

  #descriptor(file: number, flags: 'r' | 'a+'): number {
    let descriptor = this.#descriptors.get(file);
    if (descriptor !== undefined) return descriptor;
    for (const [other, open] of this.#descriptors) {
      if (this.#descriptors.size < openFilesMax) break;
      if (other === this.#current) continue;
      closeSync(open);
      this.#descriptors.delete(other);
    }
    descriptor = openSync(this.#path(file), file === this.#current ? 'a+' : flags);
    this.#descriptors.set(file, descriptor);
    return descriptor;
  }

  #writeIndex(file: number, entries: readonly ChunkEntry[]): void {
    const index = Buffer.allocUnsafe(entries.length * entryBytes + 4);
    for (const [i, entry] of entries.entries()) {
      const at = i * entryBytes;
      index.writeUInt32LE(entry.ref, at);
      index.writeUInt32LE(entry.count, at + 4);
      index.writeDoubleLE(entry.firstMs, at + 8);
      index.writeDoubleLE(entry.lastMs, at + 16);
      index.writeUInt32LE(entry.offset, at + 24);
      index.writeUInt32LE(entry.length, at + 28);
    }
    index.writeUInt32LE(crc32(index.subarray(0, -4)), index.length - 4);
    const path = this.#indexPath(file);
    writeFileSync(`${path}.new`, index);
    renameSync(`${path}.new`, path);
  }

  #readIndex(file: number): ChunkEntry[] | undefined {
    const path = this.#indexPath(file);
    if (!existsSync(path)) return undefined;
    const index = readFileSync(path);
    if (index.length < 4 || (index.length - 4) % entryBytes !== 0) return undefined;
    if (crc32(index.subarray(0, -4)) !== index.readUInt32LE(index.length - 4)) return undefined;
    const entries: ChunkEntry[] = [];
    for (let at = 0; at + 4 < index.length; at += entryBytes)
      entries.push({
        ref: index.readUInt32LE(at),
        count: index.readUInt32LE(at + 4),
        firstMs: index.readDoubleLE(at + 8),
        lastMs: index.readDoubleLE(at + 16),
        file,
        offset: index.readUInt32LE(at + 24),
        length: index.readUInt32LE(at + 28),
      });
    return entries;
  }

  #scan(file: number): ChunkEntry[] {
    const bytes = readFileSync(this.#path(file));
    const entries: ChunkEntry[] = [];
    for (let at = 0; at + headBytes <= bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      const end = at + headBytes + length;
      if (end > bytes.length || crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) break;
      entries.push({
        ref: bytes.readUInt32LE(at + 8),
        count: bytes.readUInt32LE(at + 12),
        firstMs: bytes.readDoubleLE(at + 16),
        lastMs: bytes.readDoubleLE(at + 24),
        file,
        offset: at + headBytes,
        length,
      });
      at = end;
    }
    return entries;
  }
}
