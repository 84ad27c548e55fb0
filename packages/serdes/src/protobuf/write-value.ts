import type { ByteWriter } from '../byte-writer.ts';
import type { EnumType } from './message-type.ts';
import { fail, shown } from './value-fault.ts';

type Write = (w: ByteWriter, value: unknown) => void;

const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;

/** Writers of scalars without their tags; each refuses what is no value of its type. */
export const writers = {
  int32(w, value) {
    const number = integer(value, -0x8000_0000, 0x7fff_ffff);
    if (number >= 0) w.varint(number);
    else w.varint64(BigInt(number));
  },
  uint32: (w, value) => w.varint(integer(value, 0, 0xffff_ffff)),
  sint32: (w, value) => w.zigzag(integer(value, -0x8000_0000, 0x7fff_ffff)),
  fixed32: (w, value) => w.fixed32(integer(value, 0, 0xffff_ffff)),
  sfixed32: (w, value) => w.fixed32(integer(value, -0x8000_0000, 0x7fff_ffff)),
  int64(w, value) {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) w.varint(value);
    else w.varint64(wide(value, -int64Max - 1n, int64Max));
  },
  uint64: (w, value) => w.varint64(wide(value, 0n, uint64Max)),
  sint64: (w, value) => w.zigzag64(wide(value, -int64Max - 1n, int64Max)),
  fixed64: (w, value) => w.fixed64(wide(value, 0n, uint64Max)),
  sfixed64: (w, value) => w.fixed64(wide(value, -int64Max - 1n, int64Max)),
  bool(w, value) {
    if (typeof value !== 'boolean') fail(`${shown(value)} is neither true nor false`);
    w.byte(value ? 1 : 0);
  },
  float: (w, value) => w.float(double(value)),
  double: (w, value) => w.double(double(value)),
  string(w, value) {
    if (typeof value !== 'string') fail(`${shown(value)} is no text`);
    if (!value.isWellFormed()) fail('The text has half of a surrogate pair, which UTF-8 cannot hold');
    w.varintText(value);
  },
  bytes(w, value) {
    if (!(value instanceof Uint8Array)) fail(`${shown(value)} is no Uint8Array`);
    w.varint(value.length);
    w.bytes(value);
  },
} satisfies Record<string, Write>;

export function writeEnum(w: ByteWriter, value: unknown, type: EnumType): void {
  writers.int32(w, enumNumber(value, type));
}

export function enumNumber(value: unknown, type: EnumType): number {
  if (typeof value === 'number') {
    if (type.isClosed && !type.names.has(value)) fail(`${value} is no value of ${type.fullName}`);
    return value;
  }
  const number = typeof value === 'string' ? type.numbers.get(value) : undefined;
  return number ?? fail(`${shown(value)} is no value of ${type.fullName}: it has ${someNames(type)}`);
}

function someNames({ numbers }: EnumType): string {
  const names = [...numbers.keys()];
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}

function integer(value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  return fail(`${shown(value)} is no integer from ${min} to ${max}`);
}

function wide(value: unknown, min: bigint, max: bigint): bigint {
  const bigint = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof bigint === 'bigint' && bigint >= min && bigint <= max) return bigint;
  return fail(`${shown(value)} is no integer from ${min} to ${max} (a bigint, or a number up to 2^53-1)`);
}

function double(value: unknown): number {
  return typeof value === 'number' ? value : fail(`${shown(value)} is no number`);
}

/** Leaves a byte for the length of what follows; `endSized` makes more room where that is not enough. */
export function beginSized(w: ByteWriter): number {
  w.ensure(1);
  return ++w.length;
}

export function endSized(w: ByteWriter, start: number): void {
  const size = w.length - start;
  if (size < 0x80) {
    w.buffer[start - 1] = size;
    return;
  }
  const more = size < 0x4000 ? 1 : size < 0x20_0000 ? 2 : size < 0x1000_0000 ? 3 : 4;
  w.ensure(more);
  w.buffer.copyWithin(start + more, start, w.length);
  const end = w.length + more;
  w.length = start - 1;
  w.varint(size);
  w.length = end;
}

/** Entries of a map: the keys of objects are texts. */
export function mapEntries(value: unknown): Iterable<[string, unknown]> {
  if (value instanceof Map) return value as Map<string, unknown>;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(`${shown(value)} is no map`);
  return Object.entries(value);
}

/** A key as its type has it. */
export function mapKey(type: string, key: unknown): unknown {
  if (typeof key !== 'string' || type === 'string') return key;
  if (type === 'bool')
    return key === 'true' ? true : key === 'false' ? false : fail(`The key ${shown(key)} is neither true nor false`);
  if (!/^-?[0-9]{1,20}$/.test(key)) fail(`The key ${shown(key)} is no integer`);
  return type.endsWith('64') ? BigInt(key) : Number(key);
}
