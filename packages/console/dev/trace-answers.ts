import { errorOf, serviceOf, type ZipkinSpan } from '../src/trace/span.ts';
import type { TraceWorld } from './trace-world.ts';

const startOf = (spans: readonly ZipkinSpan[]): number => Math.min(...spans.map(({ timestamp = 0 }) => timestamp));
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** Zipkin's API v2 over made-up traces, as far as the console asks it; undefined where there is nothing. */
export function traceAnswer(world: TraceWorld, path: string, query: URLSearchParams): unknown {
  const all = world.traces.flat();
  if (path === '/services') return sorted(all.map(serviceOf));
  if (path === '/spans')
    return sorted(all.filter((span) => serviceOf(span) === query.get('serviceName')).map(({ name = '' }) => name));
  if (path === '/traces') return find(world, query);
  if (path === '/dependencies') return dependencies(inWindow(world, query));
  const id = /^\/trace\/([0-9a-f]+)$/.exec(path)?.[1];
  return id === undefined ? undefined : world.traces.find((spans) => spans[0]?.traceId === id);
}

function inWindow(world: TraceWorld, query: URLSearchParams): ZipkinSpan[][] {
  const endUs = Number(query.get('endTs')) * 1000;
  const startUs = endUs - Number(query.get('lookback')) * 1000;
  return world.traces.filter((spans) => startOf(spans) >= startUs && startOf(spans) <= endUs);
}

function find(world: TraceWorld, query: URLSearchParams): ZipkinSpan[][] {
  const service = query.get('serviceName');
  const name = query.get('spanName');
  const least = Number(query.get('minDuration') ?? 0);
  const parts = (query.get('annotationQuery') ?? '').split(' and ').filter(Boolean);
  return inWindow(world, query)
    .filter((spans) => {
      const own = service === null ? spans : spans.filter((span) => serviceOf(span) === service);
      return (
        own.some((span) => (name === null || span.name === name) && (span.duration ?? 0) >= least) &&
        parts.every((part) => {
          const [key = '', value] = part.split('=');
          return own.some(({ tags = {} }) => (value === undefined ? key in tags : tags[key] === value));
        })
      );
    })
    .sort((a, b) => startOf(b) - startOf(a))
    .slice(0, Number(query.get('limit') ?? 10));
}

function dependencies(traces: ZipkinSpan[][]): object[] {
  const links = new Map<string, { parent: string; child: string; callCount: number; errorCount?: number }>();
  for (const spans of traces) {
    const byId = new Map(spans.map((span) => [span.id, span]));
    for (const span of spans) {
      const above = span.parentId === undefined ? undefined : byId.get(span.parentId);
      const [parent, child] = span.remoteEndpoint?.serviceName
        ? [serviceOf(span), span.remoteEndpoint.serviceName]
        : [above && serviceOf(above), serviceOf(span)];
      if (parent === undefined || parent === child) continue;
      const link = links.get(`${parent}>${child}`) ?? { parent, child, callCount: 0 };
      link.callCount += 1;
      if (errorOf(span) !== null) link.errorCount = (link.errorCount ?? 0) + 1;
      links.set(`${parent}>${child}`, link);
    }
  }
  return [...links.values()];
}
