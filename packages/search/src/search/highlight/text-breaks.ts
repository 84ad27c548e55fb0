/** Where a text may be cut: ascending offsets, its beginning and end included. */
export type Breaks = Int32Array;

/** The last break before `offset`, or 0. */
export function breakBefore(breaks: Breaks, offset: number): number {
  let low = 0;
  let high = breaks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (breaks[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : breaks[low - 1]!;
}

/** The first break after `offset`, or -1. */
export function breakAfter(breaks: Breaks, offset: number): number {
  let low = 0;
  let high = breaks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (breaks[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low === breaks.length ? -1 : breaks[low]!;
}

const clearEnd = /[!?\u3002\uff01\uff1f]/;
const period = /[.\uff0e]/;
const closing = /[\p{Pe}\p{Pf}"']/u;
const opening = /[\p{Ps}\p{Pi}"']/u;
const space = /[\s\u00a0]/;

/**
 * Sentences as java.text.BreakIterator finds them: after `!`, `?` and their wide forms; after a full stop when white space
 * follows and what comes then does not begin with a lower-case letter. Line ends do not end a sentence.
 */
export function sentenceBreaks(text: string): Breaks {
  const breaks = [0];
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '\u2029') {
      breaks.push(++at);
      continue;
    }
    const isClear = clearEnd.test(character);
    if (!isClear && !period.test(character)) {
      at++;
      continue;
    }
    let end = at + 1;
    let hasClear = isClear;
    while (end < text.length) {
      if (clearEnd.test(text[end]!)) hasClear = true;
      else if (!period.test(text[end]!) && !closing.test(text[end]!)) break;
      end++;
    }
    let next = end;
    while (next < text.length && space.test(text[next]!) && text[next] !== '\u2029') next++;
    if (hasClear) {
      at = next;
      breaks.push(at);
      continue;
    }
    if (next > end) {
      let start = next;
      while (start < text.length && opening.test(text[start]!)) start++;
      if (start < text.length && !/\p{Ll}/u.test(charAt(text, start))) breaks.push(next);
    } else if (
      next < text.length &&
      /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(charAt(text, next))
    ) {
      breaks.push(next);
    }
    at = next;
  }
  return finish(breaks, text.length);
}

/** Words, and everything between them character by character; runs of white space stay together. */
export function wordBreaks(text: string): Breaks {
  const breaks = [0];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const first = charAt(text, at);
    if (isWord(first)) {
      at += first.length;
      while (at < text.length) {
        const character = charAt(text, at);
        if (isWord(character) && !isIdeograph(first) && !isIdeograph(character)) at += character.length;
        else if (
          /['’.\u00b7-]/.test(character) &&
          at + 1 < text.length &&
          /[\p{L}\p{N}]/u.test(charAt(text, at + 1)) &&
          character !== '-'
        )
          at++;
        else if (/,/.test(character) && /\d/.test(text[at - 1]!) && /\d/.test(text[at + 1] ?? '')) at++;
        else break;
      }
    } else if (space.test(first)) while (at < text.length && space.test(text[at]!)) at++;
    else at += first.length;
    if (at === start) at++;
    breaks.push(at);
  }
  return finish(breaks, text.length);
}

function isWord(character: string): boolean {
  return /[\p{L}\p{N}\p{M}_]/u.test(character);
}

function isIdeograph(character: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}]/u.test(character);
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function finish(breaks: number[], length: number): Breaks {
  if (breaks.at(-1) !== length) breaks.push(length);
  return Int32Array.from(breaks);
}
