import { asciiText, plainEnd, type TextOrigin, textEnd, viewOf } from '@headwater/streams';
import { SqlError } from '../../sql-error.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const minus = 0x2d;
const point = 0x2e;
/** Of objects and arrays within each other. */
const depthMax = 500;
const nothing: Buffer = Buffer.alloc(0);
const noView = new DataView(new ArrayBuffer(0));

/** A place in JSON text in memory. What reads a value begins at `at` and leaves it behind the value. One text at a time: not re-entrant. */
export class JsonCursor {
  data: Buffer = nothing;
  /** On the same bytes. */
  view: DataView = noView;
  at = 0;
  end = 0;
  /** Of the number that was read last: its digits as a number when there are 15 or fewer and no exponent; else NaN. */
  digits = 0;
  /** How many of `digits` stand behind the point. */
  fraction = 0;
  isNegative = false;

  /** Begins at the text that fills data[start, end). */
  open(data: Buffer, start: number, end: number): void {
    this.data = data;
    this.view = viewOf(data);
    this.at = start;
    this.end = end;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.data = nothing;
    this.view = noView;
  }

  /** The first byte of the next value; 0 at the end. */
  first(): number {
    const { data, end } = this;
    let { at } = this;
    while (at < end && isBlank(data[at]!)) at++;
    this.at = at;
    return at < end ? data[at]! : 0;
  }

  /** Whether the byte is next, which is then passed, with white space before it. */
  take(byte: number): boolean {
    if (this.first() !== byte) return false;
    this.at++;
    return true;
  }

  /** Between members, behind one: true when there is another. `close` is the byte that ends them. */
  hasMore(close: number): boolean {
    const next = this.first();
    this.at++;
    if (next === comma) return true;
    if (next === close) return false;
    this.at--;
    throw this.mistake('a comma or a closing bracket is missing');
  }

  expectColon(): void {
    if (!this.take(colon)) throw this.mistake('a colon is missing');
  }

  expectEnd(): void {
    if (this.first() !== 0 || this.at < this.end) throw this.mistake('there is more after the value');
  }

  word(text: 'true' | 'false' | 'null'): void {
    const { data, at } = this;
    for (let index = 0; index < text.length; index++) {
      if (data[at + index] !== text.charCodeAt(index) || at + index >= this.end)
        throw this.mistake('a value is missing');
    }
    this.at = at + text.length;
  }

  /** A text, from its opening quote on. `origin`: where such texts come from that are likely to come again. */
  text(origin: TextOrigin | null = null): string {
    const { data, end, view } = this;
    const start = this.at + 1;
    const at = plainEnd(view, start, end);
    if (at < end && view.getUint8(at) === quote) {
      this.at = at + 1;
      return origin === null ? data.toString('latin1', start, at) : asciiText(data, view, start, at, origin);
    }
    const behind = textEnd(view, at, end);
    if (behind >= end) throw this.mistake('the end of a text is missing');
    if (view.getUint8(behind) !== quote) return this.#textWithEscapes(start);
    this.at = behind + 1;
    return data.toString('utf8', start, behind);
  }

  #textWithEscapes(start: number): string {
    const { data } = this;
    this.skipText();
    const text = data.toString('utf8', start, this.at - 1);
    return text.replace(/\\(u.{4}|.)/gs, (_escape: string, code: string) =>
      code[0] === 'u' ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (shortEscapes[code] ?? code),
    );
  }

  /** Passes a number and keeps what it is in `digits`, `fraction` and `isNegative`. */
  number(): void {
    const { data, end } = this;
    const start = this.at;
    let at = start;
    this.isNegative = data[at] === minus;
    if (this.isNegative) at++;
    const whole = at;
    let digits = 0;
    for (; at < end; at++) {
      const digit = data[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    if (at === whole || (data[whole] === 0x30 && at > whole + 1)) throw this.mistake('a value is missing');
    let count = at - whole;
    this.fraction = 0;
    if (at < end && data[at] === point) {
      const behind = ++at;
      for (; at < end; at++) {
        const digit = data[at]! - 0x30;
        if (digit < 0 || digit > 9) break;
        digits = digits * 10 + digit;
      }
      if (at === behind) throw this.mistake('a digit is missing');
      this.fraction = at - behind;
      count += this.fraction;
    }
    if (at < end && (data[at] === 0x65 || data[at] === 0x45)) {
      at++;
      if (at < end && (data[at] === minus || data[at] === 0x2b)) at++;
      const exponent = at;
      while (at < end && data[at]! >= 0x30 && data[at]! <= 0x39) at++;
      if (at === exponent) throw this.mistake('a digit is missing');
      count = 16;
    }
    this.digits = count <= 15 ? digits : NaN;
    this.at = at;
  }

  /** The bytes from `start` to here. */
  textSince(start: number): string {
    return this.data.toString('latin1', start, this.at);
  }

  /** Passes a value, which is checked against JSON's grammar. */
  skip(depth = 0): void {
    if (depth > depthMax) throw this.mistake(`more than ${depthMax} levels`);
    switch (this.first()) {
      case quote:
        this.skipText();
        break;
      case openBrace:
        this.#skipObject(depth + 1);
        break;
      case openBracket:
        this.at++;
        if (this.take(closeBracket)) break;
        do this.skip(depth + 1);
        while (this.hasMore(closeBracket));
        break;
      case 0x74:
        this.word('true');
        break;
      case 0x66:
        this.word('false');
        break;
      case 0x6e:
        this.word('null');
        break;
      default:
        this.number();
    }
  }

  #skipObject(depth: number): void {
    this.at++;
    if (this.take(closeBrace)) return;
    do {
      if (this.first() !== quote) throw this.mistake('a key in quotes is missing');
      this.skipText();
      this.expectColon();
      this.skip(depth);
    } while (this.hasMore(closeBrace));
  }

  /** Passes a text, from its opening quote on. */
  skipText(): void {
    const { end, view } = this;
    for (let at = textEnd(view, this.at + 1, end); at < end; at = textEnd(view, at, end)) {
      const byte = view.getUint8(at);
      if (byte === quote) {
        this.at = at + 1;
        return;
      }
      if (byte < 0x20) throw this.mistake('a control character in a text');
      at = this.#escapeEnd(at);
    }
    throw this.mistake('the end of a text is missing');
  }

  /** From a backslash to behind what belongs to it. */
  #escapeEnd(start: number): number {
    const { data, end } = this;
    const letter = start + 1 < end ? data[start + 1]! : 0;
    if (letter !== 0x75) {
      if (!isEscape(letter)) throw this.mistake('an escape that JSON does not know');
      return start + 2;
    }
    for (let at = start + 2; at < start + 6; at++) {
      if (at >= end || !isHexDigit(data[at]!)) throw this.mistake('four hexadecimal digits are missing');
    }
    return start + 6;
  }

  mistake(what: string): SqlError {
    return new SqlError('HW_SQL_FORMAT', `It is no JSON: ${what} at byte ${this.at}`);
  }
}

const shortEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isEscape(letter: number): boolean {
  return '"\\/bfnrt'.includes(String.fromCharCode(letter)) && letter !== 0;
}
