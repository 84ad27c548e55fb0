import type { LogRecord, RecordData } from '../../api/types.ts';
import { tryParseJson } from '../../json/parse.ts';

/** A key or value inside of a JSON text: JSON as it is (64-bit integers stay exact), other text as a string, bytes as base64. */
function jsonOf(data: RecordData | null | undefined): string {
  if (!data) return 'null';
  if (data.text === undefined) return JSON.stringify({ base64: data.base64 ?? '' });
  return tryParseJson(data.text) ? data.text : JSON.stringify(data.text);
}

/** A record as one JSON text: what "copy" gives. */
export function recordJson(record: LogRecord): string {
  const headers = record.headers.map(({ key, value }) => `${JSON.stringify(key)}:${jsonOf(value)}`);
  return `{"topic":${JSON.stringify(record.topic)},"partition":${record.partition},"offset":${record.offset},"timestamp":${record.timestamp},"key":${jsonOf(record.key)},"value":${jsonOf(record.value)},"headers":{${headers.join(',')}}}`;
}

const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const plainOf = (data: RecordData | null): string => data?.text ?? data?.base64 ?? '';

/** Records as rows for a spreadsheet (RFC 4180). */
export function recordsCsv(records: readonly LogRecord[]): string {
  const rows = records.map((record) =>
    [
      record.partition,
      record.offset,
      new Date(record.timestamp).toISOString(),
      plainOf(record.key),
      plainOf(record.value),
    ]
      .map((cell) => csvCell(String(cell)))
      .join(','),
  );
  return ['partition,offset,timestamp,key,value', ...rows].join('\r\n');
}
