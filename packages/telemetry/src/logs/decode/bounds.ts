import type { LogRecord } from '../log-record.ts';

/** In bytes of UTF-8. */
export const messageBytesMax = 64 * 1024;
export const stackBytesMax = 256 * 1024;
export const attributeBytesMax = 8 * 1024;
export const attributesMax = 64;
export const nameCharsMax = 256;
/** A record as JSON: an event store takes 1 MiB by default, and control characters are six times as long there. */
export const recordBytesMax = 900 * 1024;

/** Says in a record how many of its parts were cut or left out. */
export const truncatedKey = 'headwater.truncated';

/** The text, or as many of its whole characters as fit. */
export function cutText(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  // Not in the middle of a character: its following bytes begin with 10.
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/**
 * Cuts what is beyond the bounds of a record, in place; `attributes` are expected to be bounded in number by who collected them.
 *
 * @param cutBefore parts that were cut or left out before
 * @returns how many parts were cut
 */
export function boundRecord(record: LogRecord, cutBefore = 0): number {
  let cut = cutBefore;
  const bounded = (text: string, bytesMax: number): string => {
    const short = cutText(text, bytesMax);
    if (short.length !== text.length) cut += 1;
    return short;
  };
  record.message = bounded(record.message, messageBytesMax);
  if (record.stack !== undefined) record.stack = bounded(record.stack, stackBytesMax);
  for (const name of names) {
    const text = record[name];
    if (text !== undefined && text.length > nameCharsMax) {
      record[name] = text.slice(0, nameCharsMax);
      cut += 1;
    }
  }
  const { attributes } = record;
  for (const key in attributes) attributes[key] = bounded(attributes[key]!, attributeBytesMax);
  if (cut > 0) record.attributes = { ...attributes, [truncatedKey]: String(cut) };
  return cut;
}

const names = [
  'service',
  'instance',
  'logger',
  'thread',
  'traceId',
  'spanId',
  'correlationId',
  'host',
] as const satisfies readonly (keyof LogRecord)[];

/** The record as JSON of at most `recordBytesMax`: what is larger loses its attributes, then most of its texts. */
export function recordText(record: LogRecord): string {
  const text = JSON.stringify(record);
  if (text.length * 3 <= recordBytesMax || Buffer.byteLength(text) <= recordBytesMax) return text;
  const cut = Number(record.attributes?.[truncatedKey] ?? 0) + 1;
  const small: LogRecord = { ...record, attributes: { [truncatedKey]: String(cut) } };
  const smallText = JSON.stringify(small);
  if (Buffer.byteLength(smallText) <= recordBytesMax) return smallText;
  // 6 bytes for each of these at the worst.
  small.message = cutText(small.message, 16 * 1024);
  if (small.stack !== undefined) small.stack = cutText(small.stack, 64 * 1024);
  if (small.file !== undefined) small.file = cutText(small.file, 4 * 1024);
  return JSON.stringify(small);
}
