import { isUtf8 } from 'node:buffer';

/** The first place where bytes are not JSON. Line and column count from 1, the column in characters. */
export interface JsonMistake {
  message: string;
  position: number;
  line: number;
  column: number;
}

const depthMax = 1_000;

/**
 * Checks that bytes are one JSON text (RFC 8259) without building anything from it: what the log stores are the bytes
 * themselves, so 64-bit numbers, spacing and repeated names stay as they were sent. `JSON.parse` is not asked: it takes bytes that
 * are not UTF-8, and in Node 24 an object with the name `\\` leaves it in a state in which it reads later objects wrongly.
 *
 * @example
 * checkJson(Buffer.from('{"a":1,}')); // { message: 'a name in double quotes is expected, not "}"', line: 1, column: 8, … }
 */
export function checkJson(bytes: Buffer): JsonMistake | undefined {
  if (!isUtf8(bytes)) return mistakeAt(bytes, firstInvalidUtf8(bytes), 'the bytes are not UTF-8');
  const scanner = new Scanner(bytes);
  if (scanner.run()) return undefined;
  return mistakeAt(bytes, scanner.position, scanner.message);
}

/** Whether bytes are one JSON text. */
export function isJson(bytes: Buffer): boolean {
  return isUtf8(bytes) && new Scanner(bytes).run();
}

class Scanner {
  position = 0;
  message = '';
  readonly #bytes: Buffer;
  /** The open containers, innermost last: true for an object. */
  readonly #open: boolean[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): boolean {
    const open = this.#open;
    let expectsValue = true;
    for (;;) {
      if (expectsValue) {
        this.#space();
        const byte = this.#bytes[this.position];
        if (byte === 0x7b || byte === 0x5b) {
          const isObject = byte === 0x7b;
          if (open.length === depthMax) return this.#fail(`the nesting is deeper than ${depthMax}`);
          open.push(isObject);
          this.position++;
          this.#space();
          if (this.#bytes[this.position] === (isObject ? 0x7d : 0x5d)) {
            this.position++;
            open.pop();
          } else {
            if (isObject && !this.#name()) return false;
            continue;
          }
        } else if (!this.#scalar(byte)) return false;
      }
      this.#space();
      const byte = this.#bytes[this.position];
      const isObject = open.at(-1);
      if (isObject === undefined)
        return this.position === this.#bytes.length || this.#fail(`nothing may follow the value, not ${this.#found()}`);
      if (byte === 0x2c) {
        this.position++;
        if (isObject) {
          this.#space();
          if (!this.#name()) return false;
        }
        expectsValue = true;
      } else if (byte === (isObject ? 0x7d : 0x5d)) {
        this.position++;
        open.pop();
        expectsValue = false;
      } else return this.#fail(`"," or "${isObject ? '}' : ']'}" is expected, not ${this.#found()}`);
    }
  }

  #space(): void {
    const bytes = this.#bytes;
    let at = this.position;
    for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) byte = bytes[++at];
    this.position = at;
  }

  /** A member's name and its colon. */
  #name(): boolean {
    if (this.#bytes[this.position] !== 0x22)
      return this.#fail(`a name in double quotes is expected, not ${this.#found()}`);
    if (!this.#string()) return false;
    this.#space();
    if (this.#bytes[this.position] !== 0x3a) return this.#fail(`":" is expected after the name, not ${this.#found()}`);
    this.position++;
    return true;
  }

  #scalar(byte: number | undefined): boolean {
    if (byte === 0x22) return this.#string();
    if (byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) return this.#number();
    if (byte === 0x74) return this.#word('true');
    if (byte === 0x66) return this.#word('false');
    if (byte === 0x6e) return this.#word('null');
    return this.#fail(`a value is expected, not ${this.#found()}`);
  }

  #word(word: string): boolean {
    for (let i = 0; i < word.length; i++)
      if (this.#bytes[this.position + i] !== word.charCodeAt(i))
        return this.#fail(`a value is expected (did you mean ${word}?)`);
    this.position += word.length;
    return true;
  }

  #string(): boolean {
    const bytes = this.#bytes;
    const start = this.position;
    let at = start + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === 0x22) break;
      if (byte === undefined) {
        this.position = start;
        return this.#fail('the string that begins here has no end');
      }
      if (byte < 0x20) {
        this.position = at;
        return this.#fail('a control character in a string must be written as an escape, a line break as \\n');
      }
      if (byte === 0x5c) {
        const escaped = bytes[at + 1];
        if (escaped === 0x75) {
          for (let i = 2; i < 6; i++) {
            if (isHex(bytes[at + i])) continue;
            this.position = at;
            return this.#fail('"\\u" needs four hexadecimal digits');
          }
          at += 6;
        } else if (escaped !== undefined && '"\\/bfnrt'.includes(String.fromCharCode(escaped))) at += 2;
        else {
          this.position = at;
          return this.#fail('this escape does not exist in JSON');
        }
      } else at++;
    }
    this.position = at + 1;
    return true;
  }

  #number(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.position] === 0x2d) this.position++;
    if (bytes[this.position] === 0x30) {
      this.position++;
      if (isDigit(bytes[this.position])) return this.#fail('a number must not begin with 0');
    } else if (!this.#digits()) return false;
    if (bytes[this.position] === 0x2e) {
      this.position++;
      if (!this.#digits()) return false;
    }
    const exponent = bytes[this.position];
    if (exponent === 0x65 || exponent === 0x45) {
      this.position++;
      const sign = bytes[this.position];
      if (sign === 0x2b || sign === 0x2d) this.position++;
      if (!this.#digits()) return false;
    }
    return true;
  }

  #digits(): boolean {
    const bytes = this.#bytes;
    if (!isDigit(bytes[this.position])) return this.#fail(`a digit is expected, not ${this.#found()}`);
    let at = this.position + 1;
    while (isDigit(bytes[at])) at++;
    this.position = at;
    return true;
  }

  /** What stands at the position, for a message. */
  #found(): string {
    if (this.position >= this.#bytes.length) return 'the end';
    const text = this.#bytes.toString('utf8', this.position, this.position + 4);
    const [char] = text;
    return char! < ' ' ? 'a control character' : `"${char}"`;
  }

  #fail(message: string): boolean {
    this.message = message;
    return false;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && ((byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)));
}

function mistakeAt(bytes: Buffer, position: number, message: string): JsonMistake {
  let line = 1;
  let lineStart = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1 && at < position; at = bytes.indexOf(0x0a, at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { message, position, line, column: [...bytes.toString('utf8', lineStart, position)].length + 1 };
}

/** The longest prefix that is UTF-8 ends here: found by halving, as each question is answered natively. */
function firstInvalidUtf8(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    // A cut within a character is no mistake: look at whole characters only.
    let end = middle;
    while (end > good && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
    if (isUtf8(bytes.subarray(0, end))) good = middle;
    else bad = middle - 1;
  }
  while (good > 0 && (bytes[good]! & 0xc0) === 0x80) good--;
  return good;
}
