import { attributesMax, boundRecord } from '../decode/bounds.ts';
import type { LineOrigin } from '../decode/json-line.ts';
import { type DecodedLine, decodeLine } from '../decode/line.ts';
import type { LogLevel, LogRecord } from '../log-record.ts';

const facilities = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
];
/** By severity: emergency, alert, critical, error, warning, notice, informational, debug. */
const levels: readonly LogLevel[] = ['FATAL', 'FATAL', 'FATAL', 'ERROR', 'WARN', 'INFO', 'INFO', 'DEBUG'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const priorityHead = /^<(\d{1,3})>/;
const modernHead = /^1 (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,128}) (\S{1,255}) /;
const oldTime = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) /;
const isoTime = /^(\d{4}-\d\d-\d\dT\S{8,30}) /;
const tagHead = /^([A-Za-z0-9_./@-]{1,100})(?:\[([^\]]{1,100})\])?: ?/;
const dayMs = 86_400_000;

/**
 * A syslog message of RFC 5424, of RFC 3164, or of neither: then all of it is the message. The text may be a logger's JSON: what that says wins.
 *
 *     5424: <PRI>1 TIMESTAMP HOST APP PROCID MSGID [ID NAME="VALUE" …] MESSAGE       "-" for what is not known
 *     3164: <PRI>Mmm dd hh:mm:ss HOST TAG[PID]: MESSAGE                              local time, without a year
 */
export function readSyslog(text: string, origin: LineOrigin): DecodedLine {
  const priority = priorityHead.exec(text);
  const value = Number(priority?.[1] ?? -1);
  if (priority === null || value > 191) return { ...plain(text, origin), isMalformed: true };
  const rest = text.slice(priority[0].length);
  const level = levels[value % 8]!;
  const attributes: Record<string, string> = {
    ...origin.attributes,
    'syslog.facility': facilities[value >> 3]!,
    'syslog.severity': String(value % 8),
  };
  const modern = modernHead.exec(rest);
  return modern === null
    ? readOld(rest, { ...origin, attributes }, level)
    : readModern(rest, modern, { ...origin, attributes }, level);
}

function plain(text: string, origin: LineOrigin): { record: LogRecord; cut: number } {
  const { receivedMs, service, source, host } = origin;
  const record: LogRecord = { timestampMs: receivedMs, receivedMs, service, message: text, source };
  if (host !== undefined) record.host = host;
  return { record, cut: boundRecord(record) };
}

function readModern(rest: string, head: RegExpExecArray, origin: LineOrigin, level: LogLevel): DecodedLine {
  const [, time, host, app, processId, messageId] = head.map((part) => (part === '-' ? undefined : part));
  const attributes: Record<string, string> = { ...origin.attributes };
  if (processId !== undefined) attributes['process.pid'] = processId;
  if (messageId !== undefined) attributes['syslog.msgid'] = messageId;
  const { dropped, end } = readStructuredData(rest, head[0].length, attributes);
  const message = rest
    .slice(end)
    .replace(/^ /, '')
    .replace(/^\ufeff/, '');
  const timestampMs = time === undefined ? Number.NaN : Date.parse(time);
  return finish(message, { origin: { ...origin, attributes }, level, timestampMs, host, service: app, cut: dropped });
}

function readOld(rest: string, origin: LineOrigin, level: LogLevel): DecodedLine {
  let text = rest;
  let host: string | undefined;
  let timestampMs = Number.NaN;
  const old = oldTime.exec(text);
  const iso = old === null ? isoTime.exec(text) : null;
  if (old !== null) timestampMs = timeWithoutYear(old, origin.receivedMs);
  else if (iso !== null) timestampMs = Date.parse(iso[1]!);
  if (old !== null || iso !== null) {
    text = text.slice((old ?? iso)![0].length);
    const space = text.indexOf(' ');
    // Without a host the tag follows, which ends with a colon.
    if (space > 0 && space <= 255 && !text.slice(0, space).endsWith(':')) {
      host = text.slice(0, space);
      text = text.slice(space + 1);
    }
  }
  const tag = tagHead.exec(text);
  const attributes = { ...origin.attributes };
  if (tag?.[2] !== undefined) attributes['process.pid'] = tag[2];
  const message = tag === null ? text : text.slice(tag[0].length);
  return finish(message, { origin: { ...origin, attributes }, level, timestampMs, host, service: tag?.[1] });
}

interface Head {
  origin: LineOrigin;
  level: LogLevel;
  timestampMs: number;
  host: string | undefined;
  service: string | undefined;
  cut?: number;
}

function finish(message: string, { cut = 0, host, level, origin, service, timestampMs }: Head): DecodedLine {
  const isTimed = !Number.isNaN(timestampMs);
  const at: LineOrigin = { ...origin, service: service ?? origin.service };
  if (host !== undefined) at.host = host;
  if (message.startsWith('{')) {
    const decoded = decodeLine(message, at);
    const { record } = decoded;
    record.level ??= level;
    if (isTimed && record.timestampMs === record.receivedMs) record.timestampMs = timestampMs;
    return decoded;
  }
  const record: LogRecord = {
    timestampMs: isTimed ? timestampMs : origin.receivedMs,
    receivedMs: origin.receivedMs,
    service: at.service,
    level,
    message,
    source: origin.source,
  };
  if (at.host !== undefined) record.host = at.host;
  record.attributes = { ...origin.attributes };
  return { record, cut: boundRecord(record, cut), isMalformed: false };
}

/** Local time of the year in which it is nearest to now. */
function timeWithoutYear([, month, day, hour, minute, second]: RegExpExecArray, nowMs: number): number {
  const at = (year: number): number =>
    new Date(year, months.indexOf(month!), Number(day), Number(hour), Number(minute), Number(second)).getTime();
  if (!months.includes(month!)) return Number.NaN;
  const year = new Date(nowMs).getFullYear();
  const ms = at(year);
  if (ms > nowMs + 31 * dayMs) return at(year - 1);
  return ms < nowMs - 334 * dayMs ? at(year + 1) : ms;
}

/** `[id name="value" …]…` or `-`, from `start`: its values become attributes `id.name`. @returns where it ends, and how many there was no room for */
function readStructuredData(
  text: string,
  start: number,
  attributes: Record<string, string>,
): { end: number; dropped: number } {
  if (text[start] === '-') return { end: start + 1, dropped: 0 };
  let room = attributesMax - Object.keys(attributes).length;
  let dropped = 0;
  let at = start;
  while (text[at] === '[') {
    const id = /[^\s\]="]{1,64}/y;
    id.lastIndex = at + 1;
    const name = id.exec(text)?.[0];
    if (name === undefined) return { end: at, dropped };
    at = id.lastIndex;
    for (;;) {
      const parameter = / +([^\s\]="]{1,64})="((?:[^"\\\]]|\\.)*)"/sy;
      parameter.lastIndex = at;
      const found = parameter.exec(text);
      if (found === null) break;
      at = parameter.lastIndex;
      if (room <= 0) dropped += 1;
      else {
        attributes[`${name}.${found[1]}`] = found[2]!.replace(/\\(["\\\]])/g, '$1');
        room -= 1;
      }
    }
    if (text[at] !== ']') return { end: at, dropped };
    at += 1;
  }
  return { end: at, dropped };
}
