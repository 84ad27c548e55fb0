import { formatTraceparent, parseTraceparent } from '@headwater/http';

/** Where a piece of work stands in its trace (W3C Trace Context). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly traceState?: string | undefined;
}

/** Reads `traceparent` (W3C Trace Context, section 3.2); undefined when it is none that can be continued. */
export function parseTraceParent(header: string | undefined, traceState?: string): TraceContext | undefined {
  const given = parseTraceparent(header);
  if (given === undefined) return undefined;
  const { isSampled, spanId, traceId } = given;
  return { traceId, spanId, isSampled, ...(traceState && traceState.length <= 512 && { traceState }) };
}

export function traceParent({ traceId, spanId, isSampled }: TraceContext): string {
  return formatTraceparent(traceId, spanId, isSampled ? 1 : 0);
}
