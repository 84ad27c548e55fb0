import { sorted } from '../spans/check-span.ts';
import type { Endpoint, Span } from '../spans/span.ts';

/**
 * The spans of a trace as they are shown: halves of one span that came by themselves are joined (tags and annotations together, the first
 * timestamp, the longer duration), and what was sent twice is there once. Client and shared server half of a B3 span stay two.
 */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  const byId = new Map<string, Span[]>();
  // 32 digits win over 16: some part of the trace knew only the right half.
  let traceId = '';
  for (const span of spans) if (span.traceId.length > traceId.length) traceId = span.traceId;
  for (const span of spans) {
    const sameId = byId.get(span.id) ?? [];
    if (sameId.length === 0) byId.set(span.id, sameId);
    const i = sameId.findIndex(
      (one) => one.shared === span.shared && isSamePlace(one.localEndpoint, span.localEndpoint),
    );
    if (i === -1) sameId.push(span.traceId === traceId ? span : { ...span, traceId });
    else sameId[i] = joined(sameId[i]!, span);
  }
  for (const list of byId.values()) merged.push(...withParents(list));
  return merged.sort(inOrder);
}

/** A half that does not know its parent gets the other's; a server half that nobody marked is marked when the client's is there. */
function withParents(spans: Span[]): Span[] {
  if (spans.length === 1) return spans;
  const parentId = spans.find((span) => span.parentId !== undefined)?.parentId;
  const client = spans.find((span) => span.kind === 'CLIENT');
  return spans.map((span) => {
    const isUnmarked = span.kind === 'SERVER' && span.shared !== true && client !== undefined;
    if (!isUnmarked && (span.parentId !== undefined || parentId === undefined)) return span;
    return inKeyOrder({
      ...span,
      ...(parentId !== undefined && span.parentId === undefined && { parentId }),
      ...(isUnmarked && { shared: true }),
    });
  });
}

/** By the time of their start; those without one last. */
function inOrder(a: Span, b: Span): number {
  const [left, right] = [a.timestamp ?? Number.POSITIVE_INFINITY, b.timestamp ?? Number.POSITIVE_INFINITY];
  if (left !== right) return left < right ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : Number(a.shared ?? false) - Number(b.shared ?? false);
}

/** An endpoint that says less is the same place. */
function isSamePlace(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  for (const key of ['serviceName', 'ipv4', 'ipv6', 'port'] as const)
    if (a[key] !== undefined && b[key] !== undefined && a[key] !== b[key]) return false;
  return true;
}

function joined(a: Span, b: Span): Span {
  const [first, second] = (a.timestamp ?? 0) <= (b.timestamp ?? 0) || b.timestamp === undefined ? [a, b] : [b, a];
  const tags =
    a.tags === undefined && b.tags === undefined ? undefined : Object.assign(Object.create(null), b.tags, a.tags);
  const annotations = [...(a.annotations ?? []), ...(b.annotations ?? [])];
  const localEndpoint = joinedEndpoint(a.localEndpoint, b.localEndpoint);
  const remoteEndpoint = joinedEndpoint(a.remoteEndpoint, b.remoteEndpoint);
  const timestamp = first.timestamp ?? second.timestamp;
  const duration = Math.max(a.duration ?? 0, b.duration ?? 0);
  return inKeyOrder({
    ...b,
    ...a,
    ...(timestamp !== undefined && { timestamp }),
    ...(duration > 0 && { duration }),
    ...(localEndpoint !== undefined && { localEndpoint }),
    ...(remoteEndpoint !== undefined && { remoteEndpoint }),
    ...(annotations.length > 0 && { annotations: sorted(annotations) }),
    ...(tags !== undefined && { tags }),
  });
}

function joinedEndpoint(a: Endpoint | undefined, b: Endpoint | undefined): Endpoint | undefined {
  return a === undefined || b === undefined ? (a ?? b) : { ...b, ...a };
}

const keys: readonly (keyof Span)[] = [
  ...(['traceId', 'parentId', 'id', 'kind', 'name', 'timestamp', 'duration', 'localEndpoint'] as const),
  ...(['remoteEndpoint', 'annotations', 'tags', 'debug', 'shared'] as const),
];

function inKeyOrder(span: Span): Span {
  const result: Record<string, unknown> = {};
  for (const key of keys) if (span[key] !== undefined) result[key] = span[key];
  return result as unknown as Span;
}
