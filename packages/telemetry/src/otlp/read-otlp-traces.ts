import { ProtoReader } from '../wire/proto-reader.ts';
import type { OtlpKeyValue, OtlpResourceSpans, OtlpSpan, OtlpTraces } from './otlp-trace.ts';
import { each, keyValue, readResource, readScope } from './read-otlp-common.ts';

/** ExportTraceServiceRequest in Protocol Buffers. @throws RangeError */
export function readOtlpTraces(body: Buffer): OtlpTraces {
  const resourceSpans: OtlpResourceSpans[] = [];
  each(new ProtoReader(body), (reader, tag) => {
    if (tag !== 0x0a) return false;
    resourceSpans.push(resourceSpansOf(reader.message()));
    return true;
  });
  return { resourceSpans };
}

function resourceSpansOf(message: ProtoReader): OtlpResourceSpans {
  const attributes: OtlpKeyValue[] = [];
  const scopeSpans: { scope: { name: string; version: string }; spans: OtlpSpan[] }[] = [];
  each(message, (reader, tag) => {
    if (tag === 0x0a) readResource(reader.message(), attributes);
    else if (tag === 0x12) scopeSpans.push(scopeSpansOf(reader.message()));
    else return false;
    return true;
  });
  return { resource: { attributes }, scopeSpans };
}

function scopeSpansOf(message: ProtoReader): { scope: { name: string; version: string }; spans: OtlpSpan[] } {
  let scope = { name: '', version: '' };
  const spans: OtlpSpan[] = [];
  each(message, (reader, tag) => {
    if (tag === 0x0a) scope = readScope(reader.message());
    else if (tag === 0x12) spans.push(spanOf(reader.message()));
    else return false;
    return true;
  });
  return { scope, spans };
}

function spanOf(message: ProtoReader): OtlpSpan {
  const attributes: OtlpKeyValue[] = [];
  const events: { timeUnixNano: bigint; name: string; attributes: OtlpKeyValue[] }[] = [];
  const links: { traceId: string; spanId: string }[] = [];
  const span: OtlpSpan = { attributes, events, links };
  each(message, (reader, tag) => {
    switch (tag) {
      case 0x0a:
        span.traceId = reader.bytes().toString('hex');
        return true;
      case 0x12:
        span.spanId = reader.bytes().toString('hex');
        return true;
      case 0x22:
        span.parentSpanId = reader.bytes().toString('hex');
        return true;
      case 0x2a:
        span.name = reader.text();
        return true;
      case 0x30:
        span.kind = reader.varint();
        return true;
      case 0x39:
        span.startTimeUnixNano = reader.fixed64();
        return true;
      case 0x41:
        span.endTimeUnixNano = reader.fixed64();
        return true;
      case 0x4a:
        attributes.push(keyValue(reader.message(), 0));
        return true;
      case 0x50:
        span.droppedAttributesCount = reader.varint();
        return true;
      case 0x5a:
        events.push(eventOf(reader.message()));
        return true;
      case 0x60:
        span.droppedEventsCount = reader.varint();
        return true;
      case 0x6a:
        links.push(linkOf(reader.message()));
        return true;
      case 0x7a:
        span.status = statusOf(reader.message());
        return true;
      default:
        return false;
    }
  });
  return span;
}

function eventOf(message: ProtoReader): { timeUnixNano: bigint; name: string; attributes: OtlpKeyValue[] } {
  const event = { timeUnixNano: 0n, name: '', attributes: [] as OtlpKeyValue[] };
  each(message, (reader, tag) => {
    if (tag === 0x09) event.timeUnixNano = reader.fixed64();
    else if (tag === 0x12) event.name = reader.text();
    else if (tag === 0x1a) event.attributes.push(keyValue(reader.message(), 0));
    else return false;
    return true;
  });
  return event;
}

function linkOf(message: ProtoReader): { traceId: string; spanId: string } {
  const link = { traceId: '', spanId: '' };
  each(message, (reader, tag) => {
    if (tag === 0x0a) link.traceId = reader.bytes().toString('hex');
    else if (tag === 0x12) link.spanId = reader.bytes().toString('hex');
    else return false;
    return true;
  });
  return link;
}

function statusOf(message: ProtoReader): { code: number; message: string } {
  const status = { code: 0, message: '' };
  each(message, (reader, tag) => {
    if (tag === 0x12) status.message = reader.text();
    else if (tag === 0x18) status.code = reader.varint();
    else return false;
    return true;
  });
  return status;
}
