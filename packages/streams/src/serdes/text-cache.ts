import { shortText } from './short-text.ts';
import { asciiEnd, isAsciiWord, partOfWord, viewOf } from './words.ts';

/**
 * Short texts that were read lately, by their bytes. Values from small sets come again and again: the text that is there already costs no memory,
 * and maps have its hash. Bounded: two slots for each hash, the older text of the two goes. What comes for the first time is only noted, and where
 * most are new nothing is looked for: keys that never come again would cost more than they save.
 */
const slotsCount = 1 << 12;
const cachedWords = 8;
const cachedBytesMax = 4 * cachedWords;
/** After so many that were not there it is seen whether it was worth the while; if not, that many are not looked for, twice as many each time. */
const missesMax = 1024;
const skipMin = 1024;
const skipMax = 64 * 1024;

/** Where texts come from that are alike: the keys of a topic, a field. It tells whether looking for them is worth the while. */
export class TextOrigin {
  hits = 0;
  misses = 0;
  /** So many are not looked for. */
  skips = 0;
  private nextSkips = skipMin;

  missed(): void {
    if (++this.misses < missesMax) return;
    if (this.hits >= 2 * this.misses) this.nextSkips = skipMin;
    else {
      this.skips = this.nextSkips;
      this.nextSkips = Math.min(skipMax, this.nextSkips * 2);
    }
    this.hits = 0;
    this.misses = 0;
  }
}

const texts: string[] = new Array<string>(slotsCount).fill('');
const lengths = new Uint8Array(slotsCount);
/** The texts' bytes, four a word; zeros behind the last. */
const words = new Int32Array(slotsCount * cachedWords);

/** By slot: the hash that was not found there last. */
const noted = new Int32Array(slotsCount);

/** The text of data[start, end), which is ASCII. */
export function asciiText(data: Buffer, view: DataView, start: number, end: number, origin: TextOrigin): string {
  const length = end - start;
  if (length > cachedBytesMax || length === 0 || isSkipped(origin)) return shortText(data, view, start, end);
  let hash = length;
  const last = end - 4;
  let at = start;
  for (; at <= last; at += 4) hash = mixed(hash, view.getInt32(at, true));
  if (at < end) hash = mixed(hash, partOfWord(view, at, end - at));
  return found(data, view, start, end, hash, origin);
}

/** UTF-8 text. */
export function textOf(data: Buffer, start: number, end: number, origin: TextOrigin): string {
  const length = end - start;
  if (length > cachedBytesMax || length === 0) return data.toString('utf8', start, end);
  const view = viewOf(data);
  if (isSkipped(origin)) {
    const isAscii = asciiEnd(view, start, end) === end;
    return isAscii ? shortText(data, view, start, end) : data.toString('utf8', start, end);
  }
  let hash = length;
  const last = end - 4;
  let at = start;
  for (; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    if (!isAsciiWord(word)) return data.toString('utf8', start, end);
    hash = mixed(hash, word);
  }
  if (at < end) {
    const word = partOfWord(view, at, end - at);
    if (!isAsciiWord(word)) return data.toString('utf8', start, end);
    hash = mixed(hash, word);
  }
  return found(data, view, start, end, hash, origin);
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e37_79b1);
  return product ^ (product >>> 15);
}

function isSkipped(origin: TextOrigin): boolean {
  if (origin.skips === 0) return false;
  origin.skips--;
  return true;
}

function found(data: Buffer, view: DataView, start: number, end: number, hash: number, origin: TextOrigin): string {
  const slot = hash & (slotsCount - 1);
  origin.hits++;
  if (isThere(slot, view, start, end)) return texts[slot]!;
  const other = slot ^ 1;
  if (isThere(other, view, start, end)) return texts[other]!;
  origin.hits--;
  origin.missed();
  const text = shortText(data, view, start, end);
  if (noted[slot] !== hash) {
    noted[slot] = hash;
    return text;
  }
  texts[other] = texts[slot]!;
  lengths[other] = lengths[slot]!;
  const from = slot * cachedWords;
  const to = other * cachedWords;
  const olderWords = (lengths[slot]! + 3) >> 2;
  for (let index = 0; index < olderWords; index++) words[to + index] = words[from + index]!;
  texts[slot] = text;
  lengths[slot] = end - start;
  let word = from;
  let at = start;
  for (const last = end - 4; at <= last; at += 4) words[word++] = view.getInt32(at, true);
  if (at < end) words[word] = partOfWord(view, at, end - at);
  return text;
}

function isThere(slot: number, view: DataView, start: number, end: number): boolean {
  if (lengths[slot] !== end - start) return false;
  let word = slot * cachedWords;
  let at = start;
  for (const last = end - 4; at <= last; at += 4) if (words[word++] !== view.getInt32(at, true)) return false;
  return at === end || words[word] === partOfWord(view, at, end - at);
}
