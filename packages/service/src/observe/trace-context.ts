import { randomFillSync } from 'node:crypto';

/** Where a piece of work stands in its trace (W3C Trace Context). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly traceState?: string | undefined;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);

/** Reads `traceparent` (W3C Trace Context, section 3.2); undefined when it is none that can be continued. */
export function parseTraceParent(header: string | undefined, traceState?: string): TraceContext | undefined {
  if (header === undefined) return undefined;
  const [, version, traceId, spanId, flags, rest] = pattern.exec(header.trim()) ?? [];
  if (traceId === undefined || version === 'ff' || traceId === noTrace || spanId === noSpan) return undefined;
  // Version 00 ends with the flags; later ones may go on.
  if (version === '00' && rest !== undefined) return undefined;
  const isSampled = (Number.parseInt(flags!, 16) & 1) === 1;
  return { traceId, spanId: spanId!, isSampled, ...(traceState && traceState.length <= 512 && { traceState }) };
}

export function traceParent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Random hexadecimal digits, never all zero. */
export function randomHex(bytes: 8 | 16): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('hex', used, used + bytes);
  used += bytes;
  return text === (bytes === 8 ? noSpan : noTrace) ? randomHex(bytes) : text;
}
