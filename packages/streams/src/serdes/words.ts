/**
 * Bytes looked at four at a time. A word has the first byte in its lowest bits, whatever the machine. The tests for several bytes at once are the
 * usual ones: a subtraction borrows from the high bit of a byte that is too small; what it borrows may mark bytes after that one too, so only the
 * first mark counts.
 */
const ones = 0x01010101;
const blanks = 0x20202020;
const quotes = 0x22222222;
const backslashes = 0x5c5c5c5c;
/** The high bit of each byte. */
const highs = -0x7f7f7f80;

let lastData: Buffer | null = null;
let lastView: DataView = new DataView(new ArrayBuffer(0));

/** A view on the same bytes. The last one is kept, since records of one batch come one after the other. */
export function viewOf(data: Buffer): DataView {
  if (data !== lastData) {
    lastView = new DataView(data.buffer, data.byteOffset, data.length);
    lastData = data;
  }
  return lastView;
}

/** `bytes` (1 to 4) from `at` on as a word, with zeros behind them. */
export function partOfWord(view: DataView, at: number, bytes: number): number {
  if (at + 4 <= view.byteLength) return view.getInt32(at, true) & (-1 >>> (32 - 8 * bytes));
  let word = 0;
  for (let index = 0; index < bytes; index++) word |= view.getUint8(at + index) << (8 * index);
  return word;
}

export function isAsciiWord(word: number): boolean {
  return (word & highs) === 0;
}

/** Where the first byte is, or shortly before it, that is above 0x7f; `end` when there is none. */
export function asciiEnd(view: DataView, start: number, end: number): number {
  let at = start;
  for (; at + 4 <= end; at += 4) if (!isAsciiWord(view.getInt32(at, true))) return at;
  for (; at < end; at++) if (view.getUint8(at) > 0x7f) return at;
  return end;
}

/** Where the first byte is that is a quote, a backslash, below 0x20 or above 0x7f; `end` when there is none. */
export function plainEnd(view: DataView, start: number, end: number): number {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    const q = word ^ quotes;
    const b = word ^ backslashes;
    const marks = (((q - ones) & ~q) | ((b - ones) & ~b) | ((word - blanks) & ~word) | word) & highs;
    if (marks !== 0) return at + ((31 - Math.clz32(marks & -marks)) >> 3);
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === 0x22 || byte === 0x5c || byte < 0x20 || byte > 0x7f) return at;
  }
  return end;
}

/** Where the first byte is that is a quote, a backslash or below 0x20; `end` when there is none. */
export function textEnd(view: DataView, start: number, end: number): number {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    const q = word ^ quotes;
    const b = word ^ backslashes;
    const marks = (((q - ones) & ~q) | ((b - ones) & ~b) | ((word - blanks) & ~word)) & highs;
    if (marks !== 0) return at + ((31 - Math.clz32(marks & -marks)) >> 3);
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === 0x22 || byte === 0x5c || byte < 0x20) return at;
  }
  return end;
}
