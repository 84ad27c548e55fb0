/**
 * LZ4 frames (lz4/lz4, doc/lz4_Frame_format.md and lz4_Block_format.md):
 *
 *     magic: 0x184D2204, FLG, BD, [content size: 8], [dictionary id: 4], HC, blocks, end mark: 0, [content checksum: 4]
 *
 * All integers little endian. Written as Java's client does: independent blocks of 64 KiB, no sizes or checksums but
 * the header's. Read with all options but dictionaries.
 */
import { ProtocolError } from '../protocol-error.ts';
import { tooLarge } from './too-large.ts';
import { xxhash32 } from './xxhash32.ts';

const MAGIC = 0x184d_2204;
const FLG_VERSION = 0x40;
const FLG_INDEPENDENT = 0x20;
const FLG_BLOCK_CHECKSUM = 0x10;
const FLG_CONTENT_SIZE = 0x08;
const FLG_CONTENT_CHECKSUM = 0x04;
const FLG_DICTIONARY = 0x01;
const UNCOMPRESSED_BIT = 0x8000_0000;
const BLOCK_BYTES = 64 * 1024;
/** Bytes at the end of a block that are literals always. */
const LAST_LITERALS = 5;
/** A match starts this far from the block's end at the latest. */
const MATCH_LIMIT = 12;

function corrupt(message: string): never {
  throw new ProtocolError('HW_PROTOCOL_CORRUPT_COMPRESSION', `lz4: ${message}`);
}

/** Output that grows with what is really in the input, up to a bound. */
class Output {
  buf: Buffer;
  pos = 0;
  private readonly maxBytes: number;

  constructor(capacityBytes: number, maxBytes: number) {
    this.maxBytes = maxBytes;
    this.buf = Buffer.allocUnsafeSlow(Math.min(capacityBytes, maxBytes));
  }

  reserve(bytes: number): void {
    const needed = this.pos + bytes;
    if (needed > this.maxBytes) throw tooLarge('lz4', this.maxBytes);
    if (needed <= this.buf.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.maxBytes, Math.max(needed, this.buf.length * 2)));
    this.buf.copy(larger, 0, 0, this.pos);
    this.buf = larger;
  }
}

interface FrameHeader {
  flags: number;
  blockBytesMax: number;
  contentSize: number | null;
  end: number;
}

function readFrameHeader(data: Buffer): FrameHeader {
  if (data.length < 7) corrupt('shorter than a frame header');
  if (data.readUInt32LE(0) !== MAGIC) corrupt('not a frame');
  const flags = data[4]!;
  const descriptor = data[5]!;
  if ((flags & 0xc0) !== FLG_VERSION) corrupt(`frame version ${flags >>> 6}`);
  if ((flags & FLG_DICTIONARY) !== 0) corrupt('a dictionary is needed, which Kafka does not use');
  const sizeId = (descriptor >>> 4) & 7;
  if (sizeId < 4) corrupt(`block size id ${sizeId}`);
  let end = 6;
  let contentSize: number | null = null;
  if ((flags & FLG_CONTENT_SIZE) !== 0) {
    if (data.length < 15) corrupt('shorter than its header');
    contentSize = data.readUInt32LE(6) + data.readUInt32LE(10) * 0x1_0000_0000;
    end = 14;
  }
  if (((xxhash32(data, 4, end) >>> 8) & 0xff) !== data[end]) corrupt('the checksum of the frame header is wrong');
  return { flags, blockBytesMax: 1 << (8 + 2 * sizeId), contentSize, end: end + 1 };
}

export function lz4Decompress(data: Buffer, maxBytes: number): Buffer {
  const { flags, blockBytesMax, contentSize, end } = readFrameHeader(data);
  if (contentSize !== null && contentSize > maxBytes) throw tooLarge('lz4', maxBytes);
  const out = new Output(Math.min(contentSize ?? data.length * 4, data.length * 255) + 64, maxBytes);
  const isIndependent = (flags & FLG_INDEPENDENT) !== 0;
  const checksumBytes = (flags & FLG_BLOCK_CHECKSUM) !== 0 ? 4 : 0;
  let pos = end;
  for (;;) {
    if (pos + 4 > data.length) corrupt('no end mark');
    const word = data.readUInt32LE(pos);
    pos += 4;
    if (word === 0) break;
    const size = word & ~UNCOMPRESSED_BIT;
    if (size > blockBytesMax || pos + size + checksumBytes > data.length) corrupt(`a block of ${size} bytes`);
    if (checksumBytes !== 0 && xxhash32(data, pos, pos + size) !== data.readUInt32LE(pos + size)) {
      corrupt('the checksum of a block is wrong');
    }
    if ((word & UNCOMPRESSED_BIT) !== 0) {
      out.reserve(size);
      out.pos += data.copy(out.buf, out.pos, pos, pos + size);
    } else decompressBlock(data, pos, pos + size, out, isIndependent ? out.pos : 0, blockBytesMax);
    pos += size + checksumBytes;
  }
  if (contentSize !== null && contentSize !== out.pos) corrupt(`${out.pos} bytes, ${contentSize} were announced`);
  const content = out.buf.subarray(0, out.pos);
  if ((flags & FLG_CONTENT_CHECKSUM) !== 0) {
    if (pos + 4 > data.length) corrupt('no content checksum');
    if (data.readUInt32LE(pos) !== xxhash32(content)) corrupt('the checksum of the content is wrong');
  }
  return content;
}

/** `floor` is the first position that a match may refer to: the block's start, or the frame's when blocks are linked. */
function decompressBlock(
  data: Buffer,
  start: number,
  end: number,
  out: Output,
  floor: number,
  blockBytesMax: number,
): void {
  const stop = out.pos + blockBytesMax;
  let pos = start;
  while (pos < end) {
    const token = data[pos++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let byte: number;
      do {
        if (pos >= end) corrupt('a length ends early');
        byte = data[pos++]!;
        literals += byte;
      } while (byte === 255);
    }
    if (pos + literals > end || out.pos + literals > stop) corrupt('literals that are too long');
    out.reserve(literals);
    if (literals > 32) data.copy(out.buf, out.pos, pos, pos + literals);
    else for (let i = 0; i < literals; i++) out.buf[out.pos + i] = data[pos + i]!;
    out.pos += literals;
    pos += literals;
    // The last sequence of a block has no match.
    if (pos === end) return;
    if (pos + 2 > end) corrupt('a match ends early');
    const offset = data[pos]! | (data[pos + 1]! << 8);
    pos += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      let byte: number;
      do {
        if (pos >= end) corrupt('a length ends early');
        byte = data[pos++]!;
        length += byte;
      } while (byte === 255);
    }
    if (offset === 0 || out.pos - offset < floor) corrupt('a match from outside of the block');
    if (out.pos + length > stop) corrupt('a match that is too long');
    out.reserve(length);
    const { buf } = out;
    let at = out.pos;
    if (offset >= length && length > 32) buf.copyWithin(at, at - offset, at - offset + length);
    else for (const last = at + length; at < last; at++) buf[at] = buf[at - offset]!;
    out.pos += length;
  }
  corrupt('a block without its last literals');
}

export function lz4Compress(data: Buffer): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES);
  // A block that does not get smaller is stored as it is.
  const out = Buffer.allocUnsafe(7 + data.length + blocks * 4 + 4 + Math.ceil(BLOCK_BYTES / 255) + 16);
  out.writeUInt32LE(MAGIC, 0);
  out[4] = FLG_VERSION | FLG_INDEPENDENT;
  out[5] = 4 << 4;
  out[6] = (xxhash32(out, 4, 6) >>> 8) & 0xff;
  let at = 7;
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, data.length);
    const after = compressBlock(data, start, end, out, at + 4);
    if (after - at - 4 < end - start) {
      out.writeUInt32LE(after - at - 4, at);
      at = after;
    } else {
      out.writeUInt32LE((UNCOMPRESSED_BIT | (end - start)) >>> 0, at);
      at += 4 + data.copy(out, at + 4, start, end);
    }
  }
  out.writeUInt32LE(0, at);
  return Buffer.from(out.subarray(0, at + 4));
}

const HASH_BITS = 14;
/** Positions + 1 in the block by hash of four bytes; 0 is empty. */
const table = new Uint32Array(1 << HASH_BITS);

function compressBlock(data: Buffer, start: number, end: number, out: Buffer, at: number): number {
  table.fill(0);
  let to = at;
  let literal = start;
  let pos = start;
  let misses = 0;
  const matchEnd = end - LAST_LITERALS;
  for (const limit = end - MATCH_LIMIT; pos <= limit; ) {
    const word = data[pos]! | (data[pos + 1]! << 8) | (data[pos + 2]! << 16) | (data[pos + 3]! << 24);
    const hash = Math.imul(word, 0x9e37_79b1) >>> (32 - HASH_BITS);
    const candidate = start + table[hash]! - 1;
    table[hash] = pos - start + 1;
    if (
      candidate < start ||
      data[candidate] !== data[pos] ||
      data[candidate + 1] !== data[pos + 1] ||
      data[candidate + 2] !== data[pos + 2] ||
      data[candidate + 3] !== data[pos + 3]
    ) {
      pos += 1 + (misses++ >> 6);
      continue;
    }
    misses = 0;
    let length = 4;
    while (pos + length < matchEnd && data[candidate + length] === data[pos + length]) length++;
    to = emitSequence(data, literal, pos, length - 4, out, to);
    const offset = pos - candidate;
    // The offset goes between the literals and the rest of the match length.
    to = emitMatch(out, to, offset, length - 4);
    pos += length;
    literal = pos;
  }
  return emitSequence(data, literal, end, -1, out, to);
}

/** Token and literals; `match` is the match's length less four, or -1 for the last sequence. */
function emitSequence(data: Buffer, start: number, end: number, match: number, out: Buffer, at: number): number {
  let to = at;
  const literals = end - start;
  out[to++] = (Math.min(literals, 15) << 4) | Math.min(Math.max(match, 0), 15);
  if (literals >= 15) to = emitLength(out, to, literals - 15);
  return to + data.copy(out, to, start, end);
}

function emitMatch(out: Buffer, at: number, offset: number, match: number): number {
  let to = at;
  out[to++] = offset & 0xff;
  out[to++] = offset >>> 8;
  return match >= 15 ? emitLength(out, to, match - 15) : to;
}

function emitLength(out: Buffer, at: number, length: number): number {
  let to = at;
  let rest = length;
  for (; rest >= 255; rest -= 255) out[to++] = 255;
  out[to++] = rest;
  return to;
}
