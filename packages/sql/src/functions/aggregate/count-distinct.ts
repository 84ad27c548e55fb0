import { sqlTypes } from '../../types/sql-type.ts';
import { identityOf } from '../../values/value-set.ts';
import { parameter } from '../define.ts';
import type { AggregateFunction, Aggregator } from '../function.ts';
import { variable } from '../type-pattern.ts';
import { aggregate, aggregateVariant } from './define-aggregate.ts';

const { bigint, bytes } = sqlTypes;
/** Up to so many values the count is exact: their hashes are kept. */
const exactMax = 1024;
const registerBits = 14;
const registerCount = 1 << registerBits;
const hashBytes = 8;

/**
 * Two independent 32-bit hashes of a text (multiply and mix, as MurmurHash3 finishes). The same value must have the same hash in all
 * processes: they are in changelogs.
 */
function hash(text: string, out: Uint32Array): void {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  out[0] = high;
  out[1] = low;
}

const hashed = new Uint32Array(2);

/** `position` of the first hash that is not below this one, in a sorted list of hashes. */
function lowerBound(list: Buffer, high: number, low: number): number {
  let from = 0;
  let to = list.length / hashBytes;
  while (from < to) {
    const middle = (from + to) >> 1;
    const at = middle * hashBytes;
    const other = list.readUInt32BE(at);
    if (other < high || (other === high && list.readUInt32BE(at + 4) < low)) from = middle + 1;
    else to = middle;
  }
  return from * hashBytes;
}

/** A list of hashes while it is short, then HyperLogLog's registers. */
function isRegisters(state: Buffer): boolean {
  return state.length === registerCount;
}

function rankOf(high: number, low: number): number {
  const rest = (high << registerBits) >>> 0;
  return rest !== 0 ? Math.clz32(rest) + 1 : 32 - registerBits + Math.clz32(low) + 1;
}

function register(registers: Buffer, high: number, low: number): void {
  const index = high >>> (32 - registerBits);
  registers[index] = Math.max(registers[index]!, rankOf(high, low));
}

/** States are not changed: the one before may still be asked for its result. Few values change a register at all. */
function withRegister(state: Buffer, high: number, low: number): Buffer {
  if (rankOf(high, low) <= state[high >>> (32 - registerBits)]!) return state;
  const next = Buffer.from(state);
  register(next, high, low);
  return next;
}

function toRegisters(state: Buffer): Buffer {
  if (isRegisters(state)) return Buffer.from(state);
  const registers = Buffer.alloc(registerCount);
  for (let at = 0; at < state.length; at += hashBytes) {
    register(registers, state.readUInt32BE(at), state.readUInt32BE(at + 4));
  }
  return registers;
}

function withHash(state: Buffer, high: number, low: number): Buffer {
  if (isRegisters(state)) return withRegister(state, high, low);
  const at = lowerBound(state, high, low);
  if (at < state.length && state.readUInt32BE(at) === high && state.readUInt32BE(at + 4) === low) return state;
  if (state.length / hashBytes >= exactMax) {
    const registers = toRegisters(state);
    register(registers, high, low);
    return registers;
  }
  const next = Buffer.alloc(state.length + hashBytes);
  state.copy(next, 0, 0, at);
  next.writeUInt32BE(high, at);
  next.writeUInt32BE(low, at + 4);
  state.copy(next, at + hashBytes, at);
  return next;
}

/** https://algo.inria.fr/flajolet/Publications/FlFuGaMe07.pdf, with linear counting while registers are empty. */
function estimate(registers: Buffer): number {
  let sum = 0;
  let empty = 0;
  for (const rank of registers) {
    sum += 2 ** -rank;
    if (rank === 0) empty++;
  }
  const raw = ((0.7213 / (1 + 1.079 / registerCount)) * registerCount * registerCount) / sum;
  if (raw <= 2.5 * registerCount && empty > 0) return Math.round(registerCount * Math.log(registerCount / empty));
  return Math.round(raw);
}

function merged(one: Buffer, other: Buffer): Buffer {
  if (!isRegisters(one) && !isRegisters(other)) {
    let state = one;
    for (let at = 0; at < other.length; at += hashBytes) {
      state = withHash(state, other.readUInt32BE(at), other.readUInt32BE(at + 4));
    }
    return state;
  }
  const [registers, others] = [toRegisters(one), toRegisters(other)];
  for (let at = 0; at < registerCount; at++) registers[at] = Math.max(registers[at]!, others[at]!);
  return registers;
}

function countingDistinct(): Aggregator {
  return {
    stateType: bytes,
    initial: () => Buffer.alloc(0),
    add: (state, value) => {
      if (value === null) return state;
      const identity = identityOf(value);
      hash(`${typeof identity}${String(identity)}`, hashed);
      return withHash(state as Buffer, hashed[0]!, hashed[1]!);
    },
    undo: null,
    merge: (one, other) => merged(one as Buffer, other as Buffer),
    result: (state) => {
      const buffer = state as Buffer;
      return isRegisters(buffer) ? estimate(buffer) : buffer.length / hashBytes;
    },
  };
}

export const countDistinctFunctions: readonly AggregateFunction[] = [
  aggregate(
    'COUNT_DISTINCT',
    {
      description: `How many different values a column has; nulls are left out. Exact up to ${exactMax}, beyond it within about 1 %.`,
      example: 'SELECT PAGE, COUNT_DISTINCT(USER_ID) FROM CLICKS GROUP BY PAGE',
    },
    aggregateVariant([parameter('val', variable('T'), 'The column.')], bigint, countingDistinct),
  ),
];
