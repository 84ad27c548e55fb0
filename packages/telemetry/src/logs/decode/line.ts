import type { LogRecord } from '../log-record.ts';
import { boundRecord } from './bounds.ts';
import { type LineOrigin, recordOfJson } from './json-line.ts';
import { levelOf } from './level.ts';
import { timestampOf } from './timestamp.ts';

export interface DecodedLine {
  record: LogRecord;
  /** How many of its parts were cut or left out. */
  cut: number;
  /** It looked like JSON and is none: it is kept as a plain message. */
  isMalformed: boolean;
}

/**
 * Keys of one character that is escaped: `JSON.parse` of Node 24 and 26 keeps a wrong key in the process once it has read a lone backslash. No
 * logger has such names, so these lines stay plain text.
 */
const escapedKey = /"\\(?:.|u[0-9a-fA-F]{4})"\s*:/;

/** The object that a text is as JSON; undefined where it is none. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  if (text.includes('"\\') && escapedKey.test(text)) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The record of one line: a logger's JSON, or any text. */
export function decodeLine(line: string, origin: LineOrigin): DecodedLine {
  const isLikeJson = line.charCodeAt(0) === 0x7b || line.trimStart().startsWith('{');
  const object = isLikeJson ? parseObject(line) : undefined;
  if (object !== undefined) return { ...recordOfJson(object, origin), isMalformed: false };
  return { ...recordOfText(line, origin), isMalformed: isLikeJson };
}

const timeAtStart = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?)/;
/** In capitals, among the first words: as loggers write it, and prose does not. */
const levelInHead = /(?:^|[\s[(|:])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL)(?=$|[\s\])|:])/;
const headChars = 80;

/** A plain line: its message is all of it, a time at its start and a level in its head are told besides. */
export function recordOfText(text: string, origin: LineOrigin): { record: LogRecord; cut: number } {
  const { attributes, file, host, receivedMs, service, source } = origin;
  const head = text.length > headChars ? text.slice(0, headChars) : text;
  const time = timeAtStart.exec(head)?.[1];
  const level = levelInHead.exec(head)?.[1];
  const record: LogRecord = {
    timestampMs:
      (time === undefined ? undefined : timestampOf(time.replace(' ', 'T').replaceAll(' ', ''))) ?? receivedMs,
    receivedMs,
    service,
    message: text,
    source,
  };
  const known = level === undefined ? undefined : levelOf(level);
  if (known !== undefined) record.level = known;
  if (host !== undefined) record.host = host;
  if (file !== undefined) record.file = file;
  if (attributes !== undefined) record.attributes = { ...attributes };
  return { record, cut: boundRecord(record) };
}
