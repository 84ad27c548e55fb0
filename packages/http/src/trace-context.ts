import { randomFillSync } from 'node:crypto';

/** The context of a trace as `traceparent` carries it (W3C Trace Context, level 2). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits: the span that sent this. */
  spanId: string;
  isSampled: boolean;
  /** The bits that are passed on. */
  flags: number;
}

const sampledFlag = 0x01;
const randomFlag = 0x02;

/** Undefined for a header that is none: a new trace begins then, and `tracestate` is not passed on. */
export function parseTraceparent(header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined;
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header.trim());
  if (match === null) return undefined;
  const [, version, traceId, spanId, flagText, rest] = match as unknown as string[];
  // Version 00 ends here; a later one may go on, and ff is none.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined;
  const flags = Number.parseInt(flagText!, 16) & (sampledFlag | randomFlag);
  return { traceId: traceId!, spanId: spanId!, isSampled: (flags & sampledFlag) !== 0, flags };
}

export function formatTraceparent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-0${flags}`;
}

/** The flags of a trace that begins here: its id is random. */
export function newFlags(isSampled: boolean): number {
  return randomFlag | (isSampled ? sampledFlag : 0);
}

const pool = Buffer.alloc(4_096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('hex', used, used + bytes);
  used += bytes;
  return text;
}

export function newTraceId(): string {
  const id = randomHex(16);
  return /^0+$/.test(id) ? newTraceId() : id;
}

export function newSpanId(): string {
  const id = randomHex(8);
  return id === '0000000000000000' ? newSpanId() : id;
}
