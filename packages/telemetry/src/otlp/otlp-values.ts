import type { OtlpNanos } from './otlp-trace.ts';

/** What is wrong with a request, in words that its sender can use. */
export class OtlpError extends Error {}

/** @throws OtlpError where something else than a list is */
export function listOf<Value>(value: readonly Value[] | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new OtlpError(`a list is needed, and this is ${JSON.stringify(value)?.slice(0, 60)}`);
  return value;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Microseconds since 1970; 0: none is given. @throws OtlpError */
export function microsOf(nanos: OtlpNanos | undefined): number {
  if (nanos === undefined || nanos === null) return 0;
  try {
    return Number(BigInt(nanos) / 1_000n);
  } catch {
    throw new OtlpError(`a time is ${JSON.stringify(nanos)?.slice(0, 60)}: nanoseconds since 1970 are needed`);
  }
}

/** Milliseconds since 1970; 0: none is given. @throws OtlpError */
export function millisOf(nanos: OtlpNanos | undefined): number {
  return Math.floor(microsOf(nanos) / 1_000);
}
