import type { TokenBuffer, Tokenizer } from './token-buffer.ts';
import {
  classDoubleQuote,
  classExtend,
  classExtendNumLet,
  classHan,
  classHangul,
  classHebrew,
  classHiragana,
  classKatakana,
  classLetter,
  classMidLetter,
  classMidNum,
  classMidNumLet,
  classNumeric,
  classOther,
  classPictographic,
  classRegionalIndicator,
  classSingleQuote,
  classSoutheastAsian,
  latinClasses,
  wordBreakClass,
} from './word-break-classes.ts';

const typeAlphanum = '<ALPHANUM>';
const typeNum = '<NUM>';
const typeKatakana = '<KATAKANA>';
const typeHangul = '<HANGUL>';
const typeHan = '<IDEOGRAPHIC>';
const typeHiragana = '<HIRAGANA>';
const typeSoutheastAsian = '<SOUTHEAST_ASIAN>';
const typeEmoji = '<EMOJI>';

const hasLetter = 1;
const hasHangul = 2;
const hasNumber = 4;
const hasKatakana = 8;
const hasConnector = 16;

export const tokenLengthDefault = 255;

/** The tokenizer of the standard analyzer: word boundaries of UAX #29 as Lucene's StandardTokenizer draws them. */
export function standardTokenizer(tokenLengthMax: number = tokenLengthDefault): Tokenizer {
  return (text, out) => tokenize(text, out, tokenLengthMax);
}

function tokenize(text: string, out: TokenBuffer, lengthMax: number): void {
  const length = text.length;
  let at = 0;
  while (at < length) {
    const unit = text.charCodeAt(at);
    const kind = unit < 256 ? latinClasses[unit]! : classAt(text, at);
    switch (kind) {
      case classLetter:
      case classHangul:
      case classHebrew:
      case classNumeric:
      case classKatakana:
      case classExtendNumLet:
        if (isKeycap(text, at, unit)) at = emit(text, at, skipExtends(text, at + 1), typeEmoji, out, lengthMax);
        else at = word(text, at, kind, out, lengthMax);
        break;
      case classHan:
        at = emit(text, at, skipExtends(text, at + width(text, at)), typeHan, out, lengthMax);
        break;
      case classHiragana:
        at = emit(text, at, skipExtends(text, at + width(text, at)), typeHiragana, out, lengthMax);
        break;
      case classSoutheastAsian: {
        let stop = at + width(text, at);
        for (;;) {
          const next = skipExtends(text, stop);
          if (next < length && classAt(text, next) === classSoutheastAsian) stop = next + width(text, next);
          else {
            stop = next;
            break;
          }
        }
        at = emit(text, at, stop, typeSoutheastAsian, out, lengthMax);
        break;
      }
      case classPictographic:
        at = emit(text, at, pictographs(text, at), typeEmoji, out, lengthMax);
        break;
      case classRegionalIndicator: {
        const second = at + width(text, at);
        const isPair = second < length && classAt(text, second) === classRegionalIndicator;
        if (isPair) at = emit(text, at, skipExtends(text, second + width(text, second)), typeEmoji, out, lengthMax);
        else at = second;
        break;
      }
      default:
        if (isKeycap(text, at, unit)) at = emit(text, at, skipExtends(text, at + 1), typeEmoji, out, lengthMax);
        else at += unit < 0xd800 || unit > 0xdfff ? 1 : width(text, at);
    }
  }
}

/** A run of letters, digits and connectors, with the marks that may stand between two of them. */
function word(text: string, start: number, firstKind: number, out: TokenBuffer, lengthMax: number): number {
  const length = text.length;
  let seen = bitOf(firstKind);
  let last = firstKind;
  let stop = start + width(text, start);
  for (;;) {
    // Marks after a letter belong to it.
    let next = stop;
    let unit = next < length ? text.charCodeAt(next) : -1;
    let kind = unit < 0 ? classOther : unit < 256 ? latinClasses[unit]! : classAt(text, next);
    while (kind === classExtend) {
      next += width(text, next);
      stop = next;
      unit = next < length ? text.charCodeAt(next) : -1;
      kind = unit < 0 ? classOther : unit < 256 ? latinClasses[unit]! : classAt(text, next);
    }
    if (unit < 0) break;
    if (canFollow(last, kind)) {
      if (kind === classNumeric && isKeycap(text, next, unit)) break;
      seen |= bitOf(kind);
      last = kind;
      stop = next + width(text, next);
      continue;
    }
    if (last === classHebrew && kind === classSingleQuote) {
      stop = next + 1;
      const after = skipExtends(text, stop);
      if (after < length && isLetter(classAt(text, after))) {
        last = classAt(text, after);
        seen |= bitOf(last);
        stop = after + width(text, after);
      }
      continue;
    }
    if (isMid(last, kind)) {
      const after = skipExtends(text, next + width(text, next));
      if (after < length && isSameSort(last, kind, classAt(text, after))) {
        last = classAt(text, after);
        seen |= bitOf(last);
        stop = after + width(text, after);
        continue;
      }
    }
    break;
  }
  if ((seen & (hasLetter | hasHangul | hasNumber | hasKatakana)) === 0) return stop;
  return emit(text, start, stop, typeOf(seen), out, lengthMax);
}

function canFollow(last: number, kind: number): boolean {
  switch (kind) {
    case classLetter:
    case classHangul:
    case classHebrew:
    case classNumeric:
      return last !== classKatakana;
    case classKatakana:
      return last === classKatakana || last === classExtendNumLet;
    case classExtendNumLet:
      return true;
    default:
      return false;
  }
}

function isMid(last: number, kind: number): boolean {
  if (kind === classMidNumLet || kind === classSingleQuote) return isLetter(last) || last === classNumeric;
  if (kind === classMidLetter) return isLetter(last);
  if (kind === classMidNum) return last === classNumeric;
  return kind === classDoubleQuote && last === classHebrew;
}

function isSameSort(last: number, mid: number, after: number): boolean {
  if (mid === classDoubleQuote) return after === classHebrew;
  return last === classNumeric ? after === classNumeric : isLetter(after);
}

function isLetter(kind: number): boolean {
  return kind === classLetter || kind === classHangul || kind === classHebrew;
}

function bitOf(kind: number): number {
  if (kind === classLetter || kind === classHebrew) return hasLetter;
  if (kind === classNumeric) return hasNumber;
  if (kind === classHangul) return hasHangul;
  return kind === classKatakana ? hasKatakana : hasConnector;
}

function typeOf(seen: number): string {
  if (seen === hasHangul) return typeHangul;
  if (seen === hasKatakana) return typeKatakana;
  return (seen & ~hasConnector) === hasNumber ? typeNum : typeAlphanum;
}

function emit(text: string, start: number, stop: number, type: string, out: TokenBuffer, lengthMax: number): number {
  let from = start;
  while (stop - from > lengthMax) {
    let cut = from + lengthMax;
    const unit = text.charCodeAt(cut - 1);
    if (unit >= 0xd800 && unit <= 0xdbff) cut--;
    out.push(text.slice(from, cut), from, cut, type);
    from = cut;
  }
  out.push(text.slice(from, stop), from, stop, type);
  return stop;
}

function classAt(text: string, at: number): number {
  return wordBreakClass(text.codePointAt(at)!);
}

function width(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff || at + 1 >= text.length) return 1;
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low <= 0xdfff ? 2 : 1;
}

function skipExtends(text: string, at: number): number {
  let next = at;
  while (next < text.length && text.charCodeAt(next) > 0xac && classAt(text, next) === classExtend) {
    next += width(text, next);
  }
  return next;
}

/** `1️⃣`: a digit, `#` or `*` followed by the enclosing keycap. */
function isKeycap(text: string, at: number, unit: number): boolean {
  if (!((unit >= 0x30 && unit <= 0x39) || unit === 0x23 || unit === 0x2a) || at + 1 >= text.length) return false;
  const next = text.charCodeAt(at + 1);
  return next === 0x20e3 || (next === 0xfe0f && text.charCodeAt(at + 2) === 0x20e3);
}

function pictographs(text: string, start: number): number {
  let stop = start + width(text, start);
  for (;;) {
    const next = skipExtends(text, stop);
    const isJoined = next > stop && text.charCodeAt(next - 1) === 0x200d;
    stop = next;
    if (!isJoined || next >= text.length || classAt(text, next) !== classPictographic) return stop;
    stop += width(text, next);
  }
}
