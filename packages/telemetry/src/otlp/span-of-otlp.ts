import { isIP } from 'node:net';
import { checkSpan } from '../spans/check-span.ts';
import type { Span } from '../spans/span.ts';
import { SpanError } from '../spans/span-error.ts';
import { type OtlpKeyValue, type OtlpNanos, type OtlpSpan, type OtlpTraces, plainAttributes } from './otlp-trace.ts';

/** What of a request could be kept. */
export interface OtlpSpans {
  spans: Span[];
  rejected: number;
  /** Why the first of them was. */
  reason: string;
}

const kinds: Record<string, string | undefined> = {
  2: 'SERVER',
  3: 'CLIENT',
  4: 'PRODUCER',
  5: 'CONSUMER',
  SPAN_KIND_SERVER: 'SERVER',
  SPAN_KIND_CLIENT: 'CLIENT',
  SPAN_KIND_PRODUCER: 'PRODUCER',
  SPAN_KIND_CONSUMER: 'CONSUMER',
};

/** Whose names of the other side win, first to last: the specification's list for Zipkin, and who messages go to. */
const peerNames = [
  ...['peer.service', 'server.address', 'net.peer.name', 'network.peer.address', 'server.socket.domain'],
  ...['server.socket.address', 'net.sock.peer.name', 'net.sock.peer.addr', 'peer.hostname', 'peer.address'],
  ...['messaging.system', 'db.name', 'db.namespace', 'db.system', 'db.system.name'],
];
const peerPorts = ['server.port', 'network.peer.port', 'net.peer.port', 'net.sock.peer.port'];
/** Of the resource, what tells one instance from another. */
const kept = ['service.instance.id', 'service.version', 'service.namespace', 'deployment.environment.name'];

/**
 * OpenTelemetry's spans in Zipkin's shape, by the mapping of OpenTelemetry's own specification
 * (https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/). One that is wrong is left out and counted; the others are kept.
 */
export function spansOfOtlp(traces: OtlpTraces): OtlpSpans {
  const result: OtlpSpans = { spans: [], rejected: 0, reason: '' };
  list(traces.resourceSpans).forEach((group, g) => {
    const resource = plainAttributes(list(group?.resource?.attributes));
    list(group?.scopeSpans).forEach((scoped, s) => {
      list(scoped?.spans).forEach((span, i) => {
        try {
          result.spans.push(
            spanOf(span ?? {}, resource, scoped?.scope, `resourceSpans[${g}].scopeSpans[${s}].spans[${i}]`),
          );
        } catch (error) {
          if (!(error instanceof SpanError)) throw error;
          if (result.rejected++ === 0) result.reason = error.message;
        }
      });
    });
  });
  return result;
}

function spanOf(
  span: OtlpSpan,
  resource: Readonly<Record<string, unknown>>,
  scope: { name?: string; version?: string } | undefined,
  at: string,
): Span {
  const attributes = plainAttributes(list(span.attributes) as readonly OtlpKeyValue[]);
  const tags: Record<string, string> = Object.create(null);
  for (const name of kept) if (resource[name] !== undefined) tags[name] = textOf(resource[name]);
  for (const name in attributes) tags[name] = textOf(attributes[name]);
  if (scope?.name) tags['otel.scope.name'] = String(scope.name);
  if (scope?.version) tags['otel.scope.version'] = String(scope.version);
  if (span.droppedAttributesCount) tags['otel.dropped_attributes_count'] = String(span.droppedAttributesCount);
  if (span.droppedEventsCount) tags['otel.dropped_events_count'] = String(span.droppedEventsCount);
  const links = list(span.links);
  if (links.length > 0)
    tags['otel.links'] = links.map((link) => `${link?.traceId ?? ''}-${link?.spanId ?? ''}`).join(',');
  const code = span.status?.code;
  if (code === 1 || code === 'STATUS_CODE_OK') tags['otel.status_code'] = 'OK';
  if (code === 2 || code === 'STATUS_CODE_ERROR') {
    tags['otel.status_code'] = 'ERROR';
    tags['error'] = span.status?.message ?? '';
  }
  const kind = kinds[String(span.kind ?? '')];
  const start = micros(span.startTimeUnixNano);
  const end = micros(span.endTimeUnixNano);
  const remote =
    kind === 'CLIENT' || kind === 'PRODUCER' || kind === 'CONSUMER' ? remoteOf(attributes, kind) : undefined;
  return checkSpan(
    {
      traceId: span.traceId,
      parentId: span.parentSpanId || undefined,
      id: span.spanId,
      kind,
      name: span.name,
      timestamp: start,
      ...(end >= start && end > 0 && { duration: Math.max(1, end - start) }),
      localEndpoint: { serviceName: textOf(resource['service.name'] ?? 'unknown_service') },
      remoteEndpoint: remote,
      annotations: list(span.events).map((event) => ({
        timestamp: micros(event?.timeUnixNano),
        value: eventText(event?.name ?? '', list(event?.attributes)),
      })),
      tags,
    },
    at,
  );
}

function remoteOf(attributes: Readonly<Record<string, unknown>>, kind: string): Record<string, unknown> | undefined {
  // A consumer's other side is its broker only.
  const names = kind === 'CONSUMER' ? ['messaging.system'] : peerNames;
  const name = names.map((one) => attributes[one]).find((value) => typeof value === 'string' && value !== '');
  if (name === undefined) return undefined;
  const port = Number(peerPorts.map((one) => attributes[one]).find((value) => value !== undefined) ?? 0);
  const family = isIP(String(name));
  return {
    serviceName: name,
    ...(family === 4 && { ipv4: name }),
    ...(family === 6 && { ipv6: name }),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 && { port }),
  };
}

/** As the specification writes events: the name, or the name with its attributes. */
function eventText(name: string, attributes: readonly OtlpKeyValue[]): string {
  return attributes.length === 0 ? name : `"${name}": ${JSON.stringify(plainAttributes(attributes))}`;
}

function micros(nanos: OtlpNanos | undefined): number {
  if (nanos === undefined || nanos === null) return 0;
  try {
    return Number(BigInt(nanos) / 1_000n);
  } catch {
    throw new SpanError(`a time is ${JSON.stringify(nanos)?.slice(0, 60)}: nanoseconds since 1970 are needed`);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function list<Value>(value: readonly Value[] | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new SpanError(`a list is needed, and this is ${JSON.stringify(value)?.slice(0, 60)}`);
  return value;
}
