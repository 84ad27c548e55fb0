import { ProtoReader } from '../wire/proto-reader.ts';
import type { OtlpLogRecord, OtlpLogs, OtlpResourceLogs } from './otlp-logs.ts';
import type { OtlpKeyValue } from './otlp-trace.ts';
import { anyValue, each, keyValue, messages, readResource, readScope } from './read-otlp-common.ts';

/** ExportLogsServiceRequest in Protocol Buffers. @throws RangeError */
export function readOtlpLogs(body: Buffer): OtlpLogs {
  return { resourceLogs: messages(new ProtoReader(body), 0x0a, resourceLogsOf) };
}

function resourceLogsOf(message: ProtoReader): OtlpResourceLogs {
  const attributes: OtlpKeyValue[] = [];
  const scopeLogs: { scope: { name: string; version: string }; logRecords: OtlpLogRecord[] }[] = [];
  each(message, (reader, tag) => {
    if (tag === 0x0a) readResource(reader.message(), attributes);
    else if (tag === 0x12) scopeLogs.push(scopeLogsOf(reader.message()));
    else return false;
    return true;
  });
  return { resource: { attributes }, scopeLogs };
}

function scopeLogsOf(message: ProtoReader): { scope: { name: string; version: string }; logRecords: OtlpLogRecord[] } {
  let scope = { name: '', version: '' };
  const logRecords: OtlpLogRecord[] = [];
  each(message, (reader, tag) => {
    if (tag === 0x0a) scope = readScope(reader.message());
    else if (tag === 0x12) logRecords.push(logRecordOf(reader.message()));
    else return false;
    return true;
  });
  return { scope, logRecords };
}

function logRecordOf(message: ProtoReader): OtlpLogRecord {
  const attributes: OtlpKeyValue[] = [];
  const record: OtlpLogRecord = { attributes };
  each(message, (reader, tag) => {
    if (tag === 0x09) record.timeUnixNano = reader.fixed64();
    else if (tag === 0x10) record.severityNumber = reader.varint();
    else if (tag === 0x1a) record.severityText = reader.text();
    else if (tag === 0x2a) record.body = anyValue(reader.message(), 0);
    else if (tag === 0x32) attributes.push(keyValue(reader.message(), 0));
    else if (tag === 0x38) record.droppedAttributesCount = reader.varint();
    else if (tag === 0x4a) record.traceId = reader.bytes().toString('hex');
    else if (tag === 0x52) record.spanId = reader.bytes().toString('hex');
    else if (tag === 0x59) record.observedTimeUnixNano = reader.fixed64();
    else if (tag === 0x62) record.eventName = reader.text();
    else return false;
    return true;
  });
  return record;
}
