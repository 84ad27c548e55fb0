/**
 * Zigzag varints as records have them: 32 bits for lengths and deltas of offsets, 64 bits for deltas of timestamps.
 * Cursor-style: the functions that read keep their position in a `VarintCursor`, as they are called for every record.
 */
import { ProtocolError } from './protocol-error.ts';

export interface VarintCursor {
  pos: number;
}

function truncated(pos: number): never {
  throw new ProtocolError('HW_PROTOCOL_INVALID_RECORD', 'a record ends in the middle of a varint', { offset: pos });
}

function tooLong(pos: number): never {
  throw new ProtocolError('HW_PROTOCOL_INVALID_RECORD', 'a varint is longer than its type', { offset: pos });
}

export function readVarint(buf: Uint8Array, cursor: VarintCursor, end: number): number {
  let pos = cursor.pos;
  if (pos >= end) truncated(pos);
  let byte = buf[pos++]!;
  if (byte < 128) {
    cursor.pos = pos;
    return (byte >>> 1) ^ -(byte & 1);
  }
  let value = byte & 0x7f;
  for (let shift = 7; ; shift += 7) {
    if (pos >= end) truncated(pos);
    byte = buf[pos++]!;
    if (shift === 28 && byte > 0x0f) tooLong(cursor.pos);
    value |= (byte & 0x7f) << shift;
    if (byte < 128) break;
  }
  cursor.pos = pos;
  return (value >>> 1) ^ -(value & 1);
}

/** As a double: exact up to 2^53. */
export function readVarlong(buf: Uint8Array, cursor: VarintCursor, end: number): number {
  let pos = cursor.pos;
  let low = 0;
  // Four bytes are 28 bits: all deltas of a batch that spans less than a day and a half fit.
  for (let shift = 0; shift < 28; shift += 7) {
    if (pos >= end) truncated(pos);
    const byte = buf[pos++]!;
    low |= (byte & 0x7f) << shift;
    if (byte < 128) {
      cursor.pos = pos;
      return (low >>> 1) ^ -(low & 1);
    }
  }
  let high = 0;
  let scale = 1;
  for (let n = 4; ; n++) {
    if (pos >= end) truncated(pos);
    const byte = buf[pos++]!;
    if (n === 9 && byte > 1) tooLong(cursor.pos);
    high += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 128) break;
  }
  cursor.pos = pos;
  const isNegative = (low & 1) === 1;
  const magnitude = high * 0x0800_0000 + (low >>> 1);
  return isNegative ? -magnitude - 1 : magnitude;
}

export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
}

/** Writes and returns the position after it; the caller has made sure of 5 bytes. */
export function writeVarint(buf: Uint8Array, offset: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = offset;
  while (zigzag > 127) {
    buf[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buf[at++] = zigzag;
  return at;
}

/** Writes and returns the position after it; the caller has made sure of 10 bytes. */
export function writeVarlong(buf: Uint8Array, offset: number, value: number): number {
  if (value === (value | 0)) return writeVarint(buf, offset, value);
  if (!Number.isSafeInteger(value)) {
    throw new ProtocolError('HW_PROTOCOL_INVALID_VALUE', `${value} is not an integer that a double holds exactly`);
  }
  // Zigzag in two parts, as the whole may pass 2^53.
  const magnitude = value < 0 ? -value - 1 : value;
  let low = ((magnitude % 0x0800_0000) * 2 + (value < 0 ? 1 : 0)) >>> 0;
  let high = Math.floor(magnitude / 0x0800_0000);
  let at = offset;
  for (let n = 0; n < 4; n++) {
    buf[at++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  while (high > 127) {
    buf[at++] = (high % 128) | 0x80;
    high = Math.floor(high / 128);
  }
  buf[at++] = high;
  return at;
}
