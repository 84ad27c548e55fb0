import { textEnd } from './words.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
/** Levels that a value may have, as with Jackson. */
export const jsonDepthMax = 1_000;

/** Where the blanks end that begin at `start`. */
export function skipBlank(view: DataView, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

/** Where the value ends that begins at `start`, checked against JSON's grammar; -1 when it is none, or nested too deep. */
export function skipValue(view: DataView, start: number, end: number, depth = 0): number {
  if (start >= end) return -1;
  switch (view.getUint8(start)) {
    case quote:
      return skipText(view, start + 1, end);
    case openBrace:
      return depth >= jsonDepthMax ? -1 : skipObject(view, start + 1, end, depth + 1);
    case openBracket:
      return depth >= jsonDepthMax ? -1 : skipArray(view, start + 1, end, depth + 1);
    case 0x74:
      return skipWord(view, start, end, 'true');
    case 0x66:
      return skipWord(view, start, end, 'false');
    case 0x6e:
      return skipWord(view, start, end, 'null');
    default:
      return skipNumber(view, start, end);
  }
}

/** From behind the opening quote to behind the closing one. */
export function skipText(view: DataView, start: number, end: number): number {
  let at = start;
  for (;;) {
    at = textEnd(view, at, end);
    if (at >= end) return -1;
    const byte = view.getUint8(at);
    if (byte === quote) return at + 1;
    if (byte !== backslash) return -1;
    at = skipEscape(view, at, end);
    if (at < 0) return -1;
  }
}

/** From a backslash to behind what belongs to it. */
function skipEscape(view: DataView, start: number, end: number): number {
  if (start + 1 >= end) return -1;
  const letter = view.getUint8(start + 1);
  if (letter !== 0x75) return isEscape(letter) ? start + 2 : -1;
  if (start + 6 > end) return -1;
  for (let at = start + 2; at < start + 6; at++) if (!isHexDigit(view.getUint8(at))) return -1;
  return start + 6;
}

/** One of "\/bfnrt. */
function isEscape(letter: number): boolean {
  return (
    letter === quote ||
    letter === backslash ||
    letter === 0x2f ||
    letter === 0x62 ||
    letter === 0x66 ||
    letter === 0x6e ||
    letter === 0x72 ||
    letter === 0x74
  );
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function skipObject(view: DataView, start: number, end: number, depth: number): number {
  let at = skipBlank(view, start, end);
  if (at < end && view.getUint8(at) === closeBrace) return at + 1;
  for (;;) {
    if (at >= end || view.getUint8(at) !== quote) return -1;
    at = skipText(view, at + 1, end);
    if (at < 0) return -1;
    at = skipBlank(view, at, end);
    if (at >= end || view.getUint8(at) !== colon) return -1;
    at = skipValue(view, skipBlank(view, at + 1, end), end, depth);
    if (at < 0) return -1;
    at = skipBlank(view, at, end);
    if (at >= end) return -1;
    const byte = view.getUint8(at);
    if (byte === closeBrace) return at + 1;
    if (byte !== comma) return -1;
    at = skipBlank(view, at + 1, end);
  }
}

function skipArray(view: DataView, start: number, end: number, depth: number): number {
  let at = skipBlank(view, start, end);
  if (at < end && view.getUint8(at) === closeBracket) return at + 1;
  for (;;) {
    at = skipValue(view, at, end, depth);
    if (at < 0) return -1;
    at = skipBlank(view, at, end);
    if (at >= end) return -1;
    const byte = view.getUint8(at);
    if (byte === closeBracket) return at + 1;
    if (byte !== comma) return -1;
    at = skipBlank(view, at + 1, end);
  }
}

export function skipNumber(view: DataView, start: number, end: number): number {
  let at = start;
  if (at < end && view.getUint8(at) === minus) at++;
  const whole = at;
  at = skipDigits(view, at, end);
  // No digit, or more behind a zero.
  if (at === whole || (at > whole + 1 && view.getUint8(whole) === 0x30)) return -1;
  if (at < end && view.getUint8(at) === point) {
    const fraction = at + 1;
    at = skipDigits(view, fraction, end);
    if (at === fraction) return -1;
  }
  if (at >= end || (view.getUint8(at) | 0x20) !== 0x65) return at;
  at++;
  if (at < end && (view.getUint8(at) === minus || view.getUint8(at) === plus)) at++;
  const exponent = at;
  at = skipDigits(view, exponent, end);
  return at === exponent ? -1 : at;
}

function skipDigits(view: DataView, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const digit = view.getUint8(at) - 0x30;
    if (digit < 0 || digit > 9) break;
  }
  return at;
}

function skipWord(view: DataView, start: number, end: number, word: string): number {
  if (start + word.length > end) return -1;
  for (let index = 0; index < word.length; index++) {
    if (view.getUint8(start + index) !== word.charCodeAt(index)) return -1;
  }
  return start + word.length;
}
