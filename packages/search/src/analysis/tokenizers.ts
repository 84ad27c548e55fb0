import { tokenLengthDefault } from './standard-tokenizer.ts';
import type { TokenBuffer, Tokenizer } from './token-buffer.ts';

const word = 'word';

/** The whole text is one token. */
export const keywordTokenizer: Tokenizer = (text, out) => {
  if (text.length > 0) out.push(text, 0, text.length, word);
};

export const whitespaceTokenizer: Tokenizer = (text, out) => runs(text, out, /\S/u);

/** Runs of letters. */
export const letterTokenizer: Tokenizer = (text, out) => runs(text, out, /\p{L}/u);

/** Runs of letters, in lower case. */
export const lowercaseTokenizer: Tokenizer = (text, out) => {
  const from = out.count;
  runs(text, out, /\p{L}/u);
  for (let i = from; i < out.count; i++) out.terms[i] = out.terms[i]!.toLowerCase();
};

function runs(text: string, out: TokenBuffer, member: RegExp): void {
  let start = -1;
  let at = 0;
  while (at < text.length) {
    const code = text.codePointAt(at)!;
    const size = code > 0xffff ? 2 : 1;
    const isMember = isAsciiMember(code, member);
    if (isMember && start < 0) start = at;
    const isTooLong = start >= 0 && at - start >= tokenLengthDefault;
    if (start >= 0 && (!isMember || isTooLong)) {
      out.push(text.slice(start, at), start, at, word);
      start = isMember ? at : -1;
    }
    at += size;
  }
  if (start >= 0) out.push(text.slice(start), start, text.length, word);
}

function isAsciiMember(code: number, member: RegExp): boolean {
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) return true;
  return member.test(String.fromCodePoint(code));
}
