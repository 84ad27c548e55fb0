/** Where a parameter stands in a template. */
export const wildcard = '<*>';

/** A token with its parameters taken out: `/10.0.0.1:2181` is `/<*>:<*>` and ['10.0.0.1', '2181']. */
export interface MaskedToken {
  text: string;
  parameters: readonly string[];
}

const none: readonly string[] = [];

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code > 127;
const isHexLetter = (code: number): boolean => (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
const slash = 47;
const dot = 46;
const dash = 45;
const colon = 58;

/** Whether nothing in the token can be masked: no digit, dot or slash is in it. */
export function isPlain(token: string): boolean {
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    if (isDigit(code) || code === dot || code === slash) return false;
  }
  return true;
}

/**
 * Takes out what varies by nature, by rules that know no data set: numbers (with sign, decimals, units), IPv4 and IPv6 addresses, host names with
 * their numbers, identifiers in hexadecimal (UUIDs, hashes, `0x…`), dates and times, paths of two names or more. Digits within a word
 * (`jk2_init`, `sha256`) belong to the word.
 */
export function maskToken(token: string): MaskedToken {
  const length = token.length;
  let hasDigit = false;
  let slashes = 0;
  let dots = 0;
  for (let i = 0; i < length; i++) {
    const code = token.charCodeAt(i);
    if (isDigit(code)) hasDigit = true;
    else if (code === slash) slashes++;
    else if (code === dot) dots++;
  }
  const host = dots > 0 && length <= domainTokenLengthMax ? domain.exec(token) : null;
  if (!hasDigit && slashes < 2 && host === null) return { text: token, parameters: none };
  const parameters: string[] = [];
  let text = '';
  let done = 0;
  const take = (from: number, to: number): void => {
    text += token.slice(done, from) + wildcard;
    parameters.push(token.slice(from, to));
    done = to;
  };
  let at = 0;
  if (host !== null && /[a-z]/i.test(host[2]!)) {
    at = host[1]!.length + host[2]!.length;
    take(host[1]!.length, at);
  }
  while (at < length) {
    const code = token.charCodeAt(at);
    if (code === slash && slashes >= 2) {
      const stop = pathEnd(token, at);
      if (stop !== -1) {
        take(at, stop);
        at = stop;
        continue;
      }
    }
    if (!isDigit(code) && !isLetter(code)) {
      at++;
      continue;
    }
    // A word: letters and digits, with what joins them inside an address, a UUID or a number.
    const stop = wordEnd(token, at);
    if (hasDigit) {
      const end = valueEnd(token, at, stop);
      if (end !== -1) {
        const from = at > 0 && isSign(token, at) ? at - 1 : at;
        take(Math.max(from, done), end);
        at = end;
        continue;
      }
    }
    at = stop;
  }
  if (parameters.length === 0) return { text: token, parameters: none };
  return { text: text + token.slice(done), parameters };
}

/** A domain name whose top level is one, alone in the token but for a `key=` and signs around it. */
const domain =
  /^((?:[\w.-]*=)?[([{<"']*)((?:[a-z0-9_-]+\.)+(?:com|net|org|edu|gov|mil|int|info|biz|local|internal|lan)|(?:[a-z0-9_-]+\.){2,}[a-z]{2})[)\]}>"',;:.]*$/i;
const domainTokenLengthMax = 128;

function wordEnd(token: string, from: number): number {
  let at = from;
  while (at < token.length) {
    const code = token.charCodeAt(at);
    if (!isDigit(code) && !isLetter(code)) break;
    at++;
  }
  return at;
}

/** A sign before a number, where it joins nothing: `-1`, `(+5`, `=-3`. */
function isSign(token: string, at: number): boolean {
  const sign = token.charCodeAt(at - 1);
  if (sign !== dash && sign !== 43) return false;
  if (at === 1) return true;
  const before = token.charCodeAt(at - 2);
  return before === 61 || before === 40 || before === 58 || before === 91 || before === 44;
}

/** `/a/b.c`: at least two names, each at least a character. -1 when it is none. */
function pathEnd(token: string, from: number): number {
  if (from > 0) {
    const before = token.charCodeAt(from - 1);
    if (isDigit(before) || isLetter(before) || before === dot || before === colon) return -1;
  }
  let names = 0;
  let at = from;
  while (at < token.length && token.charCodeAt(at) === slash) {
    let stop = at + 1;
    for (; stop < token.length; stop++) {
      const code = token.charCodeAt(stop);
      const isName =
        isDigit(code) ||
        isLetter(code) ||
        code === dot ||
        code === dash ||
        code === 95 ||
        code === 37 ||
        code === 43 ||
        code === 126 ||
        code === 64 ||
        code === 36;
      if (!isName) break;
    }
    if (stop > at + 1) names++;
    at = stop;
  }
  if (names < 2) return -1;
  // The full stop at a sentence's end is not the file's.
  while (at > from && token.charCodeAt(at - 1) === dot) at--;
  return at;
}

/** The end of a value that starts at `from` with a word that ends at `stop`; -1 when the word is only a word. */
function valueEnd(token: string, from: number, stop: number): number {
  if (from > 0) {
    const before = token.charCodeAt(from - 1);
    // The rest of a name: `jk2_3`, where the underscore joins; but `blk_123` is a name and its number.
    if (before === 95 && from > 1 && isDigit(token.charCodeAt(from - 2))) return -1;
  }
  let digits = 0;
  let hexLetters = 0;
  for (let i = from; i < stop; i++) {
    const code = token.charCodeAt(i);
    if (isDigit(code)) digits++;
    else if (isHexLetter(code)) hexLetters++;
  }
  const length = stop - from;
  if (token.charCodeAt(from) === 48 && (token.charCodeAt(from + 1) | 32) === 120 && length > 2) return stop;
  const isHex = digits + hexLetters === length;
  // UUIDs, and anything hexadecimal joined by dashes that is long enough.
  if (isHex && length >= 8 && token.charCodeAt(stop) === dash) {
    let at = stop;
    let groups = 1;
    while (token.charCodeAt(at) === dash) {
      const end = wordEnd(token, at + 1);
      if (end - at - 1 < 4 || !isHexRun(token, at + 1, end)) break;
      groups++;
      at = end;
    }
    if (groups === 5) return at;
  }
  if (isHex && token.charCodeAt(stop) === colon) {
    const end = colonHexEnd(token, from);
    if (end !== -1) return end;
  }
  if (digits === length) return numberEnd(token, stop);
  if (isHex && digits > 0 && length >= 8) return stop;
  // A number with its unit: 15ms, 3.5GB is read by numberEnd.
  if (isDigit(token.charCodeAt(from)) && digits < length) {
    let i = from;
    while (isDigit(token.charCodeAt(i))) i++;
    let letters = i;
    while (letters < stop && isLetter(token.charCodeAt(letters))) letters++;
    if (letters === stop && stop - i <= 3) return i;
    return stop;
  }
  return -1;
}

function isHexRun(token: string, from: number, to: number): boolean {
  if (from === to) return false;
  for (let i = from; i < to; i++) {
    const code = token.charCodeAt(i);
    if (!isDigit(code) && !isHexLetter(code)) return false;
  }
  return true;
}

/** IPv6 addresses and MAC addresses: at least five groups. */
function colonHexEnd(token: string, from: number): number {
  let at = from;
  let groups = 0;
  let hasDigit = false;
  for (;;) {
    let end = at;
    while (
      end < token.length &&
      end - at < 4 &&
      (isDigit(token.charCodeAt(end)) || isHexLetter(token.charCodeAt(end)))
    ) {
      if (isDigit(token.charCodeAt(end))) hasDigit = true;
      end++;
    }
    if (end > at) groups++;
    if (token.charCodeAt(end) !== colon || groups > 8) {
      return groups >= 5 && hasDigit && !isLetter(token.charCodeAt(end)) ? end : -1;
    }
    at = end + 1;
  }
}

/** After a run of digits: what goes on with dots, and with dashes or colons between digits, as numbers, addresses, dates and times do. */
function numberEnd(token: string, from: number): number {
  let at = from;
  for (;;) {
    const code = token.charCodeAt(at);
    const next = token.charCodeAt(at + 1);
    if (code !== dot || !isDigit(next)) return at;
    const end = wordEnd(token, at + 1);
    let isNumber = true;
    for (let i = at + 1; i < end; i++) if (!isDigit(token.charCodeAt(i))) isNumber = false;
    if (!isNumber) {
      let i = at + 1;
      while (isDigit(token.charCodeAt(i))) i++;
      return end - i <= 3 ? i : end;
    }
    at = end;
  }
}

const dateWords = new Set(
  'Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'
    .split(' ')
    .flatMap((word) => [word, `${word},`]),
);
/** What follows the word `user` and is no name. */
const notNames = new Set(
  'a an and are as at by can cannot could does for from has have id in is login may must name not of on or space the to unknown was who will with'.split(
    ' ',
  ),
);

/** Whether a whole token varies because of what stands beside it: days and months before a number, the name after `user`. */
export function isNamed(tokens: readonly string[], at: number): boolean {
  const token = tokens[at]!;
  if (token.length <= 4 && dateWords.has(token)) {
    const next = tokens[at + 1];
    return next !== undefined && (isDigit(next.charCodeAt(0)) || dateWords.has(next));
  }
  if (at === 0 || tokens[at - 1] !== 'user') return false;
  return /^[a-z_][a-z0-9._-]*$/i.test(token) && !notNames.has(token.toLowerCase());
}
