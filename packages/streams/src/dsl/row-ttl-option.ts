import type { RowTtlSpec } from '../operators/row-ttl.ts';
import type { Serde } from '../serdes/serde.ts';
import { StreamsError } from '../streams-error.ts';

/** @throws StreamsError HW_STREAMS_BAD_OPTION */
export function ttlOf<K>(ttlMs: number | undefined, keySerde: Serde<K>): RowTtlSpec | null {
  if (ttlMs === undefined) return null;
  if (!(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', `ttlMs: ${ttlMs} is not a whole number of milliseconds from 1`);
  }
  return { ttlMs, keySerde: keySerde as Serde<unknown> };
}

/** @throws StreamsError HW_STREAMS_BAD_OPTION */
export function refuseTtl(ttlMs: number | undefined, instead: string): void {
  if (ttlMs === undefined) return;
  const message = `ttlMs: is of tables that are read from a topic, and of count, reduce and aggregate without windows; ${instead}`;
  throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
}
