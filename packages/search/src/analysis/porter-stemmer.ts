/**
 * Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", 1980), with the two departures that the author's later
 * versions and Lucene have: `bli` → `ble` and `logi` → `log`.
 */
export function porterStem(word: string): string {
  if (word.length < 3) return word;
  let w = step1a(word);
  w = step1b(w);
  w = step1c(w);
  w = suffixes(w, step2Suffixes, 0);
  w = suffixes(w, step3Suffixes, 0);
  w = step4(w);
  return step5(w);
}

function isConsonant(w: string, i: number): boolean {
  switch (w[i]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
      return false;
    case 'y':
      return i === 0 || !isConsonant(w, i - 1);
    default:
      return true;
  }
}

/** How often a vowel run is followed by a consonant run in the first `end` letters. */
function measure(w: string, end: number): number {
  let count = 0;
  let wasVowel = false;
  for (let i = 0; i < end; i++) {
    const isVowel = !isConsonant(w, i);
    if (!isVowel && wasVowel) count++;
    wasVowel = isVowel;
  }
  return count;
}

function hasVowel(w: string, end: number): boolean {
  for (let i = 0; i < end; i++) if (!isConsonant(w, i)) return true;
  return false;
}

function endsWithDouble(w: string): boolean {
  const i = w.length - 1;
  return i > 0 && w[i] === w[i - 1] && isConsonant(w, i);
}

/** Consonant, vowel, consonant other than w, x, y before `end`: `hop`, not `snow`. */
function endsCvc(w: string, end: number): boolean {
  const i = end - 1;
  if (i < 2 || !isConsonant(w, i) || isConsonant(w, i - 1) || !isConsonant(w, i - 2)) return false;
  return w[i] !== 'w' && w[i] !== 'x' && w[i] !== 'y';
}

function step1a(w: string): string {
  if (!w.endsWith('s')) return w;
  if (w.endsWith('sses')) return w.slice(0, -2);
  if (w.endsWith('ies')) return w.slice(0, -2);
  return w.endsWith('ss') ? w : w.slice(0, -1);
}

function step1b(w: string): string {
  if (w.endsWith('eed')) return measure(w, w.length - 3) > 0 ? w.slice(0, -1) : w;
  let stem: string;
  if (w.endsWith('ed') && hasVowel(w, w.length - 2)) stem = w.slice(0, -2);
  else if (w.endsWith('ing') && hasVowel(w, w.length - 3)) stem = w.slice(0, -3);
  else return w;
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`;
  if (endsWithDouble(stem)) {
    const last = stem[stem.length - 1]!;
    return last === 'l' || last === 's' || last === 'z' ? stem : stem.slice(0, -1);
  }
  return measure(stem, stem.length) === 1 && endsCvc(stem, stem.length) ? `${stem}e` : stem;
}

function step1c(w: string): string {
  return w.endsWith('y') && hasVowel(w, w.length - 1) ? `${w.slice(0, -1)}i` : w;
}

const step2Suffixes: readonly (readonly [string, string])[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['logi', 'log'],
];

const step3Suffixes: readonly (readonly [string, string])[] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];

function suffixes(w: string, table: readonly (readonly [string, string])[], measureMin: number): string {
  for (const [suffix, replacement] of table) {
    if (!w.endsWith(suffix)) continue;
    const end = w.length - suffix.length;
    return measure(w, end) > measureMin ? w.slice(0, end) + replacement : w;
  }
  return w;
}

const step4Suffixes: readonly string[] =
  'al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize'.split(' ');

function step4(w: string): string {
  for (const suffix of step4Suffixes) {
    if (!w.endsWith(suffix)) continue;
    const end = w.length - suffix.length;
    if (suffix === 'ion' && (end < 1 || (w[end - 1] !== 's' && w[end - 1] !== 't'))) continue;
    return measure(w, end) > 1 ? w.slice(0, end) : w;
  }
  return w;
}

function step5(w: string): string {
  let stem = w;
  if (stem.endsWith('e')) {
    const end = stem.length - 1;
    const count = measure(stem, end);
    if (count > 1 || (count === 1 && !endsCvc(stem, end))) stem = stem.slice(0, -1);
  }
  if (stem.endsWith('ll') && measure(stem, stem.length) > 1) stem = stem.slice(0, -1);
  return stem;
}
