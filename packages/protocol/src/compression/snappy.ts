/**
 * Snappy: the raw format (google/snappy, format_description.txt) and the framing of xerial's snappy-java around it,
 * which is what Java clients write:
 *
 *     0x82 'SNAPPY' 0x00, version: int32, compatible version: int32, [length: int32, raw block]
 *
 * Both are read; the framed form is written, in blocks of 32 KiB, as Kafka does.
 */
import { ProtocolError } from '../protocol-error.ts';
import { tooLarge } from './too-large.ts';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const BLOCK_BYTES = 32 * 1024;
/** A copy of three bytes gives 64 at most, so no block grows by more. */
const EXPANSION_MAX = 64;

function corrupt(message: string): never {
  throw new ProtocolError('HW_PROTOCOL_CORRUPT_COMPRESSION', `snappy: ${message}`);
}

export function snappyDecompress(data: Buffer, maxBytes: number): Buffer {
  const isFramed = data.length >= XERIAL_HEADER_BYTES && data.subarray(0, 8).equals(XERIAL_MAGIC);
  if (!isFramed) return decompressBlocks([data], maxBytes);
  const blocks: Buffer[] = [];
  for (let pos = XERIAL_HEADER_BYTES; pos < data.length; ) {
    // snappy-java lets frames follow each other, each with the header again.
    if (data.length - pos >= XERIAL_HEADER_BYTES && data.subarray(pos, pos + 8).equals(XERIAL_MAGIC)) {
      pos += XERIAL_HEADER_BYTES;
      continue;
    }
    if (pos + 4 > data.length) corrupt('a block without its length');
    const size = data.readUInt32BE(pos);
    pos += 4;
    if (pos + size > data.length) corrupt(`a block of ${size} bytes, ${data.length - pos} are left`);
    blocks.push(data.subarray(pos, pos + size));
    pos += size;
  }
  return decompressBlocks(blocks, maxBytes);
}

function decompressBlocks(blocks: readonly Buffer[], maxBytes: number): Buffer {
  let total = 0;
  const sizes = blocks.map((block) => {
    const [size, start] = readPreamble(block);
    if (size > block.length * EXPANSION_MAX) corrupt(`a block of ${block.length} bytes claims to hold ${size}`);
    total += size;
    if (total > maxBytes) throw tooLarge('snappy', maxBytes);
    return [size, start] as const;
  });
  const out = Buffer.allocUnsafeSlow(total);
  let at = 0;
  blocks.forEach((block, i) => {
    const [size, start] = sizes[i]!;
    decompressBlock(block, start, out, at, at + size);
    at += size;
  });
  return out;
}

/** The size of the content and where the elements start. */
function readPreamble(block: Buffer): [number, number] {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined || (i === 4 && byte > 0x0f)) break;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 128) return [size, i + 1];
  }
  return corrupt('no valid length in front');
}

function decompressBlock(src: Buffer, start: number, out: Buffer, base: number, end: number): void {
  let pos = start;
  let at = base;
  while (pos < src.length) {
    const tag = src[pos++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >>> 2;
      if (length >= 60) {
        const bytes = length - 59;
        if (pos + bytes > src.length) corrupt('a literal ends early');
        length = src.readUIntLE(pos, bytes);
        pos += bytes;
      }
      length++;
      if (pos + length > src.length || at + length > end) corrupt('a literal that is too long');
      if (length > 32) src.copy(out, at, pos, pos + length);
      else for (let i = 0; i < length; i++) out[at + i] = src[pos + i]!;
      pos += length;
      at += length;
      continue;
    }
    const offsetBytes = kind === 3 ? 4 : kind;
    if (pos + offsetBytes > src.length) corrupt('a copy ends early');
    let length = (tag >>> 2) + 1;
    let offset: number;
    if (kind === 1) {
      length = ((tag >>> 2) & 7) + 4;
      offset = ((tag >>> 5) << 8) | src[pos]!;
    } else offset = kind === 2 ? src.readUInt16LE(pos) : src.readUInt32LE(pos);
    pos += offsetBytes;
    if (offset === 0 || offset > at - base || at + length > end) corrupt('a copy from outside of the block');
    // Byte by byte: a copy may overlap what it writes.
    for (const stop = at + length; at < stop; at++) out[at] = out[at - offset]!;
  }
  if (at !== end) corrupt(`a block of ${at - base} bytes, ${end - base} were announced`);
}

export function snappyCompress(data: Buffer): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES);
  const out = Buffer.allocUnsafe(XERIAL_HEADER_BYTES + blocks * 9 + data.length + Math.ceil(data.length / 6) + 32);
  XERIAL_MAGIC.copy(out);
  out.writeInt32BE(1, 8);
  out.writeInt32BE(1, 12);
  let at = XERIAL_HEADER_BYTES;
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    const end = compressBlock(data, start, Math.min(start + BLOCK_BYTES, data.length), out, at + 4);
    out.writeInt32BE(end - at - 4, at);
    at = end;
  }
  return Buffer.from(out.subarray(0, at));
}

const HASH_BITS = 14;
/** Positions + 1 by hash of four bytes; 0 is empty. */
const table = new Uint16Array(1 << HASH_BITS);

/** One raw block of data[start..end), preamble included, to `out` from `at` on; gives the position after it. */
function compressBlock(data: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  let size = end - start;
  while (size > 127) {
    out[to++] = (size & 0x7f) | 0x80;
    size >>>= 7;
  }
  out[to++] = size;
  table.fill(0);
  let literal = start;
  let pos = start;
  let misses = 0;
  const limit = end - 8;
  while (pos < limit) {
    const word = data[pos]! | (data[pos + 1]! << 8) | (data[pos + 2]! << 16) | (data[pos + 3]! << 24) | 0;
    const hash = Math.imul(word, 0x1e35_a7bd) >>> (32 - HASH_BITS);
    const candidate = start + table[hash]! - 1;
    table[hash] = pos - start + 1;
    if (
      candidate < start ||
      data[candidate] !== data[pos] ||
      data[candidate + 1] !== data[pos + 1] ||
      data[candidate + 2] !== data[pos + 2] ||
      data[candidate + 3] !== data[pos + 3]
    ) {
      pos += 1 + (misses++ >> 5);
      continue;
    }
    misses = 0;
    to = emitLiteral(data, literal, pos, out, to);
    let length = 4;
    while (pos + length < end && data[candidate + length] === data[pos + length]) length++;
    to = emitCopy(out, to, pos - candidate, length);
    pos += length;
    literal = pos;
  }
  return emitLiteral(data, literal, end, out, to);
}

function emitLiteral(data: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  const length = end - start - 1;
  if (length < 0) return to;
  if (length < 60) out[to++] = length << 2;
  else if (length < 256) {
    out[to++] = 60 << 2;
    out[to++] = length;
  } else {
    out[to++] = 61 << 2;
    out[to++] = length & 0xff;
    out[to++] = length >>> 8;
  }
  return to + data.copy(out, to, start, end);
}

/** Copies of at most 64 bytes each, offsets below 64 KiB: a block has 32. */
function emitCopy(out: Buffer, at: number, offset: number, length: number): number {
  let to = at;
  let rest = length;
  while (rest > 0) {
    // Leave at least four for the last: shorter ones have no form with a one-byte offset.
    const part = rest > 64 ? (rest < 68 ? 60 : 64) : rest;
    if (part >= 4 && part < 12 && offset < 2048) {
      out[to++] = ((offset >>> 8) << 5) | ((part - 4) << 2) | 1;
      out[to++] = offset & 0xff;
    } else {
      out[to++] = ((part - 1) << 2) | 2;
      out[to++] = offset & 0xff;
      out[to++] = offset >>> 8;
    }
    rest -= part;
  }
  return to;
}
