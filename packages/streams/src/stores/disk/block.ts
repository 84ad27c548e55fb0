import { crc32c } from '@headwater/protocol';

/*
 * A block: entries in the order of their keys, where each begins (4 each), how many there are (4), CRC-32C of all before it (4).
 * An entry: length of the key (4), of the value (4, -1: taken away), a number (8, double: a timestamp, or a place in the file), key, value.
 * All numbers little-endian: so they are read fastest here.
 */
const entryHeadBytes = 16;
const tailBytes = 8;

/** Puts entries together that come in the order of their keys. */
export class BlockBuilder {
  #data = Buffer.allocUnsafe(8 * 1024);
  #size = 0;
  #starts: number[] = [];

  get sizeBytes(): number {
    return this.#size + this.#starts.length * 4 + tailBytes;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** `key`: a character a byte. */
  add(key: string, value: Buffer | null, number: number): void {
    const valueLength = value === null ? 0 : value.length;
    const size = this.#size + entryHeadBytes + key.length + valueLength;
    if (size > this.#data.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, this.#data.length * 2));
      this.#data.copy(larger, 0, 0, this.#size);
      this.#data = larger;
    }
    const data = this.#data;
    let at = this.#size;
    this.#starts.push(at);
    data.writeUInt32LE(key.length, at);
    data.writeInt32LE(value === null ? -1 : valueLength, at + 4);
    data.writeDoubleLE(number, at + 8);
    at += entryHeadBytes;
    data.write(key, at, 'latin1');
    if (value !== null) value.copy(data, at + key.length);
    this.#size = size;
  }

  /** The block; the builder is empty then. */
  finish(): Buffer {
    const block = Buffer.allocUnsafe(this.sizeBytes);
    this.#data.copy(block, 0, 0, this.#size);
    let at = this.#size;
    for (const start of this.#starts) at = block.writeUInt32LE(start, at);
    at = block.writeUInt32LE(this.#starts.length, at);
    block.writeUInt32LE(crc32c(block, 0, at), at);
    this.#size = 0;
    this.#starts = [];
    return block;
  }
}

export function isBlockWhole(block: Buffer): boolean {
  const end = block.length - 4;
  return end >= 4 && crc32c(block, 0, end) === block.readUInt32LE(end);
}

export function blockCount(block: Buffer): number {
  return block.readUInt32LE(block.length - tailBytes);
}

/** The first entry whose key is not before `key`; the count when there is none. */
export function firstNotBefore(block: Buffer, key: Buffer): number {
  const count = blockCount(block);
  const table = block.length - tailBytes - count * 4;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = block.readUInt32LE(table + middle * 4);
    const keyStart = start + entryHeadBytes;
    const keyEnd = keyStart + block.readUInt32LE(start);
    if (compareKey(block, keyStart, keyEnd, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function startOf(block: Buffer, index: number): number {
  return block.readUInt32LE(block.length - tailBytes - (blockCount(block) - index) * 4);
}

export function keyAt(block: Buffer, index: number): string {
  const start = startOf(block, index);
  return block.toString('latin1', start + entryHeadBytes, start + entryHeadBytes + block.readUInt32LE(start));
}

export function isKeyAt(block: Buffer, index: number, key: Buffer): boolean {
  const start = startOf(block, index);
  const length = block.readUInt32LE(start);
  const keyStart = start + entryHeadBytes;
  return length === key.length && compareKey(block, keyStart, keyStart + length, key) === 0;
}

/** Beyond it, a call out of JavaScript is worth its price. */
const shortKeyBytes = 64;

function compareKey(block: Buffer, start: number, end: number, key: Buffer): number {
  const length = Math.min(end - start, key.length);
  if (length > shortKeyBytes) return block.compare(key, 0, key.length, start, end);
  for (let at = 0; at < length; at++) {
    const difference = block[start + at]! - key[at]!;
    if (difference !== 0) return difference;
  }
  return end - start - key.length;
}

export function numberAt(block: Buffer, index: number): number {
  return block.readDoubleLE(startOf(block, index) + 8);
}

/** A view; null for one that was taken away. */
export function valueAt(block: Buffer, index: number): Buffer | null {
  const start = startOf(block, index);
  const length = block.readInt32LE(start + 4);
  if (length < 0) return null;
  const valueStart = start + entryHeadBytes + block.readUInt32LE(start);
  return block.subarray(valueStart, valueStart + length);
}
