import { isIPv4, isIPv6 } from 'node:net';
import type { JsonSchemaDraft } from './draft.ts';

type Check = (text: string) => boolean;

const draft4: Readonly<Record<string, Check>> = {
  'date-time': isDateTime,
  email: (text) => /^[^\s@]+@[^\s@]+$/.test(text) && text.length <= 320,
  hostname: (text) =>
    text.length <= 253 && text.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)),
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  uri: (text) => uriPattern.test(text) && hasSoundEscapes(text),
};
const draft6: Readonly<Record<string, Check>> = {
  ...draft4,
  'json-pointer': isPointer,
  'uri-reference': (text) => /^[^\s\\"<>^`{|}]*$/.test(text) && hasSoundEscapes(text),
  'uri-template': (text) => /^(?:[^\s"<>\\^`{|}]|\{[^{}\s]+\})*$/.test(text),
};
const draft7: Readonly<Record<string, Check>> = {
  ...draft6,
  date: isDate,
  time: isTime,
  regex: isRegex,
  'relative-json-pointer': (text) => /^(?:0|[1-9]\d*)(?:#|$|\/)/.test(text) && isRelative(text),
};

/**
 * Formats that are checked. Confluent's serializers check those of drafts 4, 6 and 7 and take those of 2019-09 and 2020-12 as
 * annotations, and so it is here. `uuid` and others that the drafts do not name are annotations in all.
 */
export function formatsOf(draft: JsonSchemaDraft): Readonly<Record<string, Check>> {
  if (draft === 4) return draft4;
  if (draft === 6) return draft6;
  return draft === 7 ? draft7 : {};
}

const uriPattern = /^[a-z][a-z0-9+.-]*:[^\s\\"<>^`{|}]*$/i;
const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (month === undefined || month < 1 || month > 12 || day! < 1) return false;
  const isLeap = year! % 4 === 0 && (year! % 100 !== 0 || year! % 400 === 0);
  return day! <= (month === 2 && !isLeap ? 28 : monthDays[month - 1]!);
}

/** A second of 60 is one where it is the last of a day in UTC. */
function isTime(text: string): boolean {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i.exec(text);
  if (match === null) return false;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [offsetHour, offsetMinute] = [Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false;
  if (second < 60) return true;
  const utc = hour * 60 + minute - (match[4] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  return (utc + 1440) % 1440 === 1439;
}

function isDateTime(text: string): boolean {
  return /^[t ]$/i.test(text[10] ?? '') && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

function isPointer(text: string): boolean {
  return text === '' || (text.startsWith('/') && !/~(?![01])/.test(text));
}

function isRelative(text: string): boolean {
  const rest = text.replace(/^\d+/, '');
  return rest === '#' || isPointer(rest);
}

function isRegex(text: string): boolean {
  try {
    return new RegExp(text, 'u') !== null && !text.includes('\\Z');
  } catch {
    return false;
  }
}

function hasSoundEscapes(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}
