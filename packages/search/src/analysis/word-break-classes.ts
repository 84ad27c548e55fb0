/**
 * Classes of Unicode's word boundaries (UAX #29), with the extra ones that Lucene's StandardTokenizer tells apart.
 *
 * JavaScript has no `\p{Word_Break=…}`, so the classes are derived from the properties that define them; ASCII and Latin-1
 * are written out, other blocks of 256 are computed when a text first needs them.
 */
export const classOther = 0;
export const classLetter = 1;
export const classHangul = 2;
export const classHebrew = 3;
export const classNumeric = 4;
export const classKatakana = 5;
export const classExtendNumLet = 6;
export const classMidLetter = 7;
export const classMidNum = 8;
export const classMidNumLet = 9;
export const classSingleQuote = 10;
export const classDoubleQuote = 11;
/** Extend, Format and ZWJ: they belong to what stands before them. */
export const classExtend = 12;
export const classHan = 13;
export const classHiragana = 14;
export const classSoutheastAsian = 15;
export const classPictographic = 16;
export const classRegionalIndicator = 17;

const midLetters = new Set([0x3a, 0xb7, 0x387, 0x55f, 0x5f4, 0x2027, 0xfe13, 0xfe55, 0xff1a]);
const midNums = new Set([
  0x2c, 0x3b, 0x37e, 0x589, 0x60c, 0x60d, 0x66c, 0x7f8, 0x2044, 0xfe10, 0xfe14, 0xfe50, 0xfe54, 0xff0c, 0xff1b,
]);
const midNumLets = new Set([0x2e, 0x2018, 0x2019, 0x2024, 0xfe52, 0xff07, 0xff0e]);
const extraKatakana = new Set([0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x309b, 0x309c, 0x30a0, 0x30fc, 0xff70]);

const extend = /^[\p{Grapheme_Extend}\p{Mc}\p{Emoji_Modifier}]$/u;
const format = /^\p{Cf}$/u;
const southeastAsian =
  /^(?=[\p{L}\p{M}])[\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}\p{Script=Tai_Viet}\p{Script=Ahom}]$/u;
const hebrew = /^(?=\p{Lo})\p{Script=Hebrew}$/u;
const numeric = /^\p{Nd}$/u;
const katakana = /^\p{Script=Katakana}$/u;
const hiragana = /^\p{Script=Hiragana}$/u;
const hangul = /^(?=\p{Alphabetic})\p{Script=Hangul}$/u;
const alphabetic = /^\p{Alphabetic}$/u;
const ideographic = /^\p{Ideographic}$/u;
const han = /^\p{Script=Han}$/u;
const connector = /^\p{Pc}$/u;
const pictographic = /^\p{Extended_Pictographic}$/u;
const regionalIndicator = /^\p{Regional_Indicator}$/u;

function isExtraLetter(code: number): boolean {
  return (
    (code >= 0x2c2 && code <= 0x2c5) ||
    (code >= 0x2d2 && code <= 0x2d7) ||
    code === 0x2de ||
    code === 0x2df ||
    (code >= 0x2e5 && code <= 0x2eb) ||
    code === 0x2ed ||
    (code >= 0x2ef && code <= 0x2ff) ||
    (code >= 0x55a && code <= 0x55c) ||
    code === 0x55e ||
    code === 0x5f3 ||
    (code >= 0xa708 && code <= 0xa716) ||
    code === 0xa720 ||
    code === 0xa721 ||
    code === 0xa789 ||
    code === 0xa78a ||
    code === 0xab5b
  );
}

function classify(code: number): number {
  if (midLetters.has(code)) return classMidLetter;
  if (midNums.has(code)) return classMidNum;
  if (midNumLets.has(code)) return classMidNumLet;
  if (code === 0x27) return classSingleQuote;
  if (code === 0x22) return classDoubleQuote;
  if (code >= 0xd800 && code <= 0xdfff) return classOther;
  const text = String.fromCodePoint(code);
  if (southeastAsian.test(text)) return classSoutheastAsian;
  if (code === 0x200d || code === 0x200c || extend.test(text)) return classExtend;
  if (code !== 0x200b && format.test(text)) return classExtend;
  if (hebrew.test(text)) return classHebrew;
  if (numeric.test(text) || code === 0x66b) return classNumeric;
  if (extraKatakana.has(code) || katakana.test(text)) return classKatakana;
  if (hiragana.test(text)) return classHiragana;
  if (hangul.test(text)) return classHangul;
  if (isExtraLetter(code) || (alphabetic.test(text) && !ideographic.test(text))) return classLetter;
  if (han.test(text)) return classHan;
  if (code === 0x202f || connector.test(text)) return classExtendNumLet;
  if (regionalIndicator.test(text)) return classRegionalIndicator;
  if (code > 0x7f && pictographic.test(text)) return classPictographic;
  return classOther;
}

const blocks: (Uint8Array | undefined)[] = new Array(0x1100);

function blockOf(index: number): Uint8Array {
  const block = new Uint8Array(256);
  for (let i = 0; i < 256; i++) block[i] = classify((index << 8) | i);
  blocks[index] = block;
  return block;
}

/** The first block, by which most texts are cut. */
export const latinClasses: Uint8Array = blockOf(0);

export function wordBreakClass(code: number): number {
  const index = code >>> 8;
  return (blocks[index] ?? blockOf(index))[code & 0xff]!;
}
