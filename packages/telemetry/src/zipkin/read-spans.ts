import { isIP } from 'node:net';
import { checkSpan } from '../spans/check-span.ts';
import type { Span } from '../spans/span.ts';
import { SpanError } from '../spans/span-error.ts';
import { ProtoReader } from '../wire/proto-reader.ts';

/** A body of `POST /api/v2/spans` in JSON: a list of spans. @throws SpanError */
export function readJsonSpans(body: Buffer): Span[] {
  let list: unknown;
  try {
    list = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new SpanError(`the body is not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(list)) throw new SpanError('the body must be a list of spans');
  return list.map((one, i) => checkSpan(one, `[${i}]`));
}

const kinds = [undefined, 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'];

/** The same in Protocol Buffers: zipkin.proto3.ListOfSpans. @throws SpanError */
export function readProtoSpans(body: Buffer): Span[] {
  const spans: Span[] = [];
  try {
    const reader = new ProtoReader(body);
    while (!reader.isAtEnd) {
      const tag = reader.tag();
      if (tag === 0x0a) spans.push(checkSpan(protoSpan(reader.message()), `[${spans.length}]`));
      else reader.skip(tag);
    }
  } catch (error) {
    if (error instanceof SpanError) throw error;
    throw new SpanError(`[${spans.length}]: the body is no zipkin.proto3.ListOfSpans: ${(error as Error).message}`);
  }
  return spans;
}

function protoSpan(reader: ProtoReader): Record<string, unknown> {
  const span: Record<string, unknown> = {};
  const annotations: unknown[] = [];
  const tags: Record<string, string> = Object.create(null);
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a:
        span['traceId'] = reader.bytes().toString('hex');
        break;
      case 0x12:
        span['parentId'] = reader.bytes().toString('hex') || undefined;
        break;
      case 0x1a:
        span['id'] = reader.bytes().toString('hex');
        break;
      case 0x20:
        span['kind'] = kinds[reader.varint()];
        break;
      case 0x2a:
        span['name'] = reader.text();
        break;
      case 0x31:
        span['timestamp'] = Number(reader.fixed64());
        break;
      case 0x38:
        span['duration'] = reader.varint();
        break;
      case 0x42:
        span['localEndpoint'] = protoEndpoint(reader.message());
        break;
      case 0x4a:
        span['remoteEndpoint'] = protoEndpoint(reader.message());
        break;
      case 0x52:
        annotations.push(protoAnnotation(reader.message()));
        break;
      case 0x5a: {
        const [key, value] = protoEntry(reader.message());
        tags[key] = value;
        break;
      }
      case 0x60:
        span['debug'] = reader.varint() === 1;
        break;
      case 0x68:
        span['shared'] = reader.varint() === 1;
        break;
      default:
        reader.skip(tag);
    }
  }
  return { ...span, annotations, tags };
}

function protoEndpoint(reader: ProtoReader): Record<string, unknown> {
  const endpoint: Record<string, unknown> = {};
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x0a) endpoint['serviceName'] = reader.text();
    else if (tag === 0x12) endpoint['ipv4'] = [...reader.bytes()].join('.');
    else if (tag === 0x1a) endpoint['ipv6'] = ipv6Text(reader.bytes());
    else if (tag === 0x20) endpoint['port'] = reader.varint();
    else reader.skip(tag);
  }
  return endpoint;
}

/** In the short form that everybody writes. */
function ipv6Text(bytes: Buffer): string | undefined {
  const groups: string[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  const long = groups.join(':');
  return isIP(long) === 6 ? new URL(`http://[${long}]`).hostname.slice(1, -1) : undefined;
}

function protoAnnotation(reader: ProtoReader): Record<string, unknown> {
  const annotation: Record<string, unknown> = { timestamp: 0, value: '' };
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x09) annotation['timestamp'] = Number(reader.fixed64());
    else if (tag === 0x12) annotation['value'] = reader.text();
    else reader.skip(tag);
  }
  return annotation;
}

function protoEntry(reader: ProtoReader): [string, string] {
  const entry: [string, string] = ['', ''];
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x0a) entry[0] = reader.text();
    else if (tag === 0x12) entry[1] = reader.text();
    else reader.skip(tag);
  }
  return entry;
}
