import { isIP } from 'node:net';
import { checkSpan } from '../spans/check-span.ts';
import type { Span } from '../spans/span.ts';
import { SpanError } from '../spans/span-error.ts';
import { type OtlpKeyValue, type OtlpSpan, type OtlpTraces, plainAttributes } from './otlp-trace.ts';
import { listOf, microsOf, OtlpError, textOf } from './otlp-values.ts';

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
  listOf(traces.resourceSpans).forEach((group, g) => {
    const resource = plainAttributes(listOf(group?.resource?.attributes));
    listOf(group?.scopeSpans).forEach((scoped, s) => {
      listOf(scoped?.spans).forEach((span, i) => {
        try {
          result.spans.push(
            spanOf(span ?? {}, resource, scoped?.scope, `resourceSpans[${g}].scopeSpans[${s}].spans[${i}]`),
          );
        } catch (error) {
          if (!(error instanceof SpanError || error instanceof OtlpError)) throw error;
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
  const attributes = plainAttributes(listOf(span.attributes) as readonly OtlpKeyValue[]);
  const tags: Record<string, string> = Object.create(null);
  for (const name of kept) if (resource[name] !== undefined) tags[name] = textOf(resource[name]);
  for (const name in attributes) tags[name] = textOf(attributes[name]);
  if (scope?.name) tags['otel.scope.name'] = String(scope.name);
  if (scope?.version) tags['otel.scope.version'] = String(scope.version);
  if (span.droppedAttributesCount) tags['otel.dropped_attributes_count'] = String(span.droppedAttributesCount);
  if (span.droppedEventsCount) tags['otel.dropped_events_count'] = String(span.droppedEventsCount);
  const links = listOf(span.links);
  if (links.length > 0)
    tags['otel.links'] = links.map((link) => `${link?.traceId ?? ''}-${link?.spanId ?? ''}`).join(',');
  const code = span.status?.code;
  if (code === 1 || code === 'STATUS_CODE_OK') tags['otel.status_code'] = 'OK';
  if (code === 2 || code === 'STATUS_CODE_ERROR') {
    tags['otel.status_code'] = 'ERROR';
    tags['error'] = span.status?.message ?? '';
  }
  const kind = kinds[String(span.kind ?? '')];
  const start = microsOf(span.startTimeUnixNano);
  const end = microsOf(span.endTimeUnixNano);
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
      annotations: listOf(span.events).map((event) => ({
        timestamp: microsOf(event?.timeUnixNano),
        value: eventText(event?.name ?? '', listOf(event?.attributes)),
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
