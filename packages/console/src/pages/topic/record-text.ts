import type { LogRecord, RecordData } from '../../api/types.ts';
import { bytesOfBase64 } from '../../json/hex.ts';
import { nodeAt, parseJson, textOf, tryParseJson } from '../../json/parse.ts';

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

/**
 * The value of the one record of a page in `format=json`, as it is in the log: JSON was embedded as it is, other text as a
 * string, other bytes as base64.
 */
export function wholeValue(page: string, isBinary: boolean): string | Uint8Array<ArrayBuffer> {
  const root = parseJson(page);
  const value = nodeAt(page, root, ['records', 0, 'value']);
  if (!value) throw new Error('it is no longer in the log');
  if (isBinary) return bytesOfBase64(textOf(page, nodeAt(page, value, ['base64'])) ?? '');
  const raw = page.slice(value.start, value.end);
  // A JSON string that was written as such, or other text that was quoted for the page: the log over HTTP does not say.
  return value.kind === 'string' ? (textOf(page, value) ?? '') : raw;
}
