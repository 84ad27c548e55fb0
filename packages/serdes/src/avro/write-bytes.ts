import type { ByteWriter } from '../byte-writer.ts';
import { Decimal } from '../decimal.ts';
import { Misfit, shown } from './path-error.ts';
import type { DecimalForm, UnionForm, ValueKind } from './value-form.ts';

/*
 * What generated encoders call. Those that take a buffer and a position write there, room being made before, and return where the next
 * byte goes; those that take the writer make room themselves.
 */

const wide = new BigInt64Array(1);
const halves = new Int32Array(wide.buffer);
const float = new Float32Array(wide.buffer);
const double = new Float64Array(wide.buffer);

export function misfit(what: string, value: unknown): never {
  throw new Misfit(value === undefined ? `no value: ${what} is wanted` : `${shown(value)} is no ${what}`);
}

/** Room for n bytes at p. */
export function room(writer: ByteWriter, p: number, n: number): Buffer {
  writer.length = p;
  writer.ensure(n);
  return writer.buffer;
}

export function writeBoolean(buffer: Uint8Array, p: number, value: unknown): number {
  if (typeof value !== 'boolean') misfit('boolean', value);
  buffer[p] = value ? 1 : 0;
  return p + 1;
}

export function writeInt(buffer: Uint8Array, p: number, value: unknown): number {
  if (typeof value !== 'number' || (value | 0) !== value) misfit('int (32 bits)', value);
  return writeVarint(buffer, p, ((value << 1) ^ (value >> 31)) >>> 0);
}

/** Up to 32 bits, unsigned. */
function writeVarint(buffer: Uint8Array, p: number, value: number): number {
  let at = p;
  let rest = value;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

export function writeLong(buffer: Uint8Array, p: number, value: unknown): number {
  if (typeof value === 'bigint') {
    wide[0] = value;
    if (wide[0] !== value) misfit('long (64 bits)', value);
    const low = halves[0]!;
    const high = halves[1]!;
    const sign = high >> 31;
    return writeHalves(buffer, p, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    misfit('long (64 bits; a number is exact up to 2^53-1)', value);
  if (value >= -0x4000_0000 && value < 0x4000_0000) {
    return writeVarint(buffer, p, ((value << 1) ^ (value >> 31)) >>> 0);
  }
  const high = Math.floor(value / 0x1_0000_0000);
  const low = value | 0;
  const sign = high >> 31;
  return writeHalves(buffer, p, (low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
}

function writeHalves(buffer: Uint8Array, p: number, lowHalf: number, highHalf: number): number {
  let at = p;
  let low = lowHalf >>> 0;
  let high = highHalf >>> 0;
  while (high !== 0) {
    buffer[at++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  while (low >= 0x80) {
    buffer[at++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  buffer[at++] = low;
  return at;
}

export function writeFloat(buffer: Uint8Array, p: number, value: unknown): number {
  if (typeof value !== 'number') misfit('float', value);
  float[0] = value;
  return writeFixed32(buffer, p, halves[0]!);
}

export function writeDouble(buffer: Uint8Array, p: number, value: unknown): number {
  if (typeof value !== 'number') misfit('double', value);
  double[0] = value;
  return writeFixed32(buffer, writeFixed32(buffer, p, halves[0]!), halves[1]!);
}

function writeFixed32(buffer: Uint8Array, p: number, value: number): number {
  buffer[p] = value;
  buffer[p + 1] = value >> 8;
  buffer[p + 2] = value >> 16;
  buffer[p + 3] = value >> 24;
  return p + 4;
}

export function writeText(writer: ByteWriter, p: number, value: unknown): number {
  if (typeof value !== 'string') misfit('string', value);
  writer.length = p;
  writer.zigzagText(value);
  return writer.length;
}

export function writeBytes(writer: ByteWriter, p: number, value: unknown): number {
  if (!(value instanceof Uint8Array)) misfit('bytes (a Uint8Array)', value);
  writer.length = p;
  writer.zigzag(value.length);
  writer.bytes(value);
  return writer.length;
}

export function writeFixed(writer: ByteWriter, p: number, value: unknown, size: number): number {
  if (!(value instanceof Uint8Array) || value.length !== size) misfit(`fixed (a Uint8Array of ${size})`, value);
  writer.length = p;
  writer.bytes(value);
  return writer.length;
}

/** @param size of a fixed; -1 for bytes, which are as many as the number needs */
export function writeDecimal(writer: ByteWriter, p: number, value: unknown, form: DecimalForm, size: number): number {
  const bytes = decimalBytes(value, form, size);
  return size < 0 ? writeBytes(writer, p, bytes) : writeFixed(writer, p, bytes, size);
}

/** The unscaled number in two's complement, the high byte first. */
export function decimalBytes(value: unknown, form: DecimalForm, size: number): Uint8Array {
  const unscaled = unscaledOf(value, form);
  let taken = 1;
  // The sign takes one bit.
  for (let rest = unscaled < 0n ? ~unscaled : unscaled; rest >= 0x80n; rest >>= 8n) taken++;
  const bytes = new Uint8Array(size < 0 ? taken : size);
  let rest = unscaled;
  for (let i = bytes.length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

function unscaledOf(value: unknown, { precision, scale }: DecimalForm): bigint {
  const isOne =
    value instanceof Decimal || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  if (!isOne) misfit('decimal', value);
  let exact: Decimal;
  try {
    exact = Decimal.from(value);
  } catch {
    misfit('decimal', value);
  }
  const scaled = exact.withScale(scale);
  if (scaled === undefined) throw new Misfit(`${exact} has more than ${scale} digits after the point (scale)`);
  const limit = 10n ** BigInt(precision);
  if (scaled.unscaled >= limit || scaled.unscaled <= -limit) {
    throw new Misfit(`${exact} has more than ${precision} digits with the ${scale} after the point (precision)`);
  }
  return scaled.unscaled;
}

export function writeUuid(writer: ByteWriter, p: number, value: unknown): number {
  return writeFixed(writer, p, uuidBytes(value), 16);
}

export function uuidBytes(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) misfit('uuid', value);
  return Buffer.from(value.replaceAll('-', ''), 'hex');
}

export function writeSymbol(
  buffer: Uint8Array,
  p: number,
  value: unknown,
  places: ReadonlyMap<unknown, number>,
): number {
  const place = places.get(value);
  if (place === undefined) {
    throw new Misfit(`${shown(value)} is none of the symbols ${[...places.keys()].slice(0, 8).join(', ')}`);
  }
  return writeVarint(buffer, p, place * 2);
}

/** @returns its number of items */
export function listSize(value: unknown): number {
  if (!Array.isArray(value)) misfit('array', value);
  return value.length;
}

export function memberNames(value: unknown): string[] {
  if (!isPlain(value)) misfit('map (a plain object)', value);
  return Object.keys(value);
}

export function checkRecord(value: unknown, name: string): void {
  if (!isPlain(value)) misfit(`${name} (an object)`, value);
}

/** No class is asked for: an instance of one with the right members is a record as well. */
function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Decimal)
  );
}

/** The value of the wrapped form that `pickBranch` found. */
export const unwrapped: { value: unknown } = { value: undefined };

/** What a union tells its branches apart by, ready to be looked up. */
export interface UnionTable {
  places: ReadonlyMap<string, number>;
  /** The branch of each kind; -1 where several are of it. */
  byKind: Readonly<Partial<Record<ValueKind, number>>>;
  /** Whether an object with this one member is the wrapped form: no branch that takes plain objects may have such a member. */
  wrappers: ReadonlySet<string>;
  text: string;
}

export function unionTable(
  { names, kinds, wrapped }: UnionForm,
  fieldsOf: (branch: number) => Iterable<string>,
): UnionTable {
  const byKind: Partial<Record<ValueKind, number>> = {};
  kinds.forEach((kind, branch) => {
    byKind[kind] = byKind[kind] === undefined ? branch : -1;
  });
  const isPlainOne = (kind: ValueKind) => kind === 'map' || kind === 'record';
  const plain = kinds.flatMap((kind, branch) => (isPlainOne(kind) ? [branch] : []));
  const wrappers = new Set(names);
  if (!wrapped.includes(true)) {
    if (plain.some((branch) => kinds[branch] === 'map')) wrappers.clear();
    for (const branch of plain) for (const field of fieldsOf(branch)) wrappers.delete(field);
  }
  if (plain.length > 1) {
    byKind.record = -1;
    byKind.map = -1;
  } else if (plain.length === 1) {
    byKind.record = plain[0]!;
    byKind.map = plain[0]!;
  }
  return { places: new Map(names.map((name, branch) => [name, branch])), byKind, wrappers, text: names.join(', ') };
}

/** The branch for a value; when the value is in the wrapped form, the complement of it (~branch), and what it wraps is in `unwrapped`. */
export function pickBranch(value: unknown, table: UnionTable): number {
  const { byKind } = table;
  if (isPlain(value)) {
    const names = Object.keys(value);
    const name = names[0]!;
    if (names.length === 1 && table.wrappers.has(name)) {
      unwrapped.value = (value as Record<string, unknown>)[name];
      return ~table.places.get(name)!;
    }
  }
  const branch = branchOf(value, byKind);
  if (branch === undefined) throw new Misfit(`${shown(value)} fits no branch of the union ${table.text}`);
  if (branch < 0) {
    throw new Misfit(
      `${shown(value)} may be of several branches of the union ${table.text}: write { 'branch name': value }`,
    );
  }
  return branch;
}

function branchOf(value: unknown, byKind: UnionTable['byKind']): number | undefined {
  switch (typeof value) {
    case 'undefined':
      return byKind.null;
    case 'boolean':
      return byKind.boolean;
    case 'string':
      return byKind.string ?? byKind.decimal;
    case 'number':
      return byKind.number ?? byKind.bigint ?? byKind.decimal;
    case 'bigint':
      return byKind.bigint ?? byKind.number ?? byKind.decimal;
    case 'object':
      if (value === null) return byKind.null;
      if (Array.isArray(value)) return byKind.array;
      if (value instanceof Uint8Array) return byKind.bytes;
      return value instanceof Decimal ? byKind.decimal : byKind.record;
    default:
      return undefined;
  }
}
