import { JsonError } from './json-error.ts';

export const tokenEnd = 0;
export const tokenObjectStart = 1;
export const tokenObjectEnd = 2;
export const tokenArrayStart = 3;
export const tokenArrayEnd = 4;
export const tokenKey = 5;
export const tokenString = 6;
export const tokenInteger = 7;
export const tokenDecimal = 8;
export const tokenTrue = 9;
export const tokenFalse = 10;
export const tokenNull = 11;

/** Token names as the imitated system prints them in its errors. */
export const tokenNames: readonly string[] = [
  'null',
  'START_OBJECT',
  'END_OBJECT',
  'START_ARRAY',
  'END_ARRAY',
  'FIELD_NAME',
  'VALUE_STRING',
  'VALUE_NUMBER',
  'VALUE_NUMBER',
  'VALUE_BOOLEAN',
  'VALUE_BOOLEAN',
  'VALUE_NULL',
];

const expectValue = 0;
const expectKeyOrClose = 1;
const expectKey = 2;
const expectCommaOrClose = 3;
const expectValueOrClose = 4;
const expectNothing = 5;

export const nestingDepthMax = 1000;

/**
 * A pull scanner over JSON bytes: one token a call, nothing allocated until somebody asks for a text.
 *
 * It exists because documents are stored and indexed from their bytes: 64-bit integers stay exact, `1.0` stays a decimal,
 * and `JSON.parse` (which can return a wrong key, see the package README) never sees foreign data.
 */
export class JsonScanner {
  readonly bytes: Buffer;
  readonly end: number;
  token: number = tokenEnd;
  /** Where the current token begins; of a string or key, its opening quote. */
  tokenStart = 0;
  /** Just past the current token. */
  tokenStop = 0;
  /** True when the current string has escapes. */
  isEscaped = false;
  depth = 0;
  #position: number;
  #state = expectValue;
  #isAscii = true;
  /** 1 = object, by depth. */
  #containers = new Uint8Array(16);

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#position = start;
    this.end = end;
    this.tokenStart = start;
    this.tokenStop = start;
  }

  /** Moves to the next token and returns it; `tokenEnd` when the value is complete and only white space follows. */
  next(): number {
    const { bytes, end } = this;
    let position = this.#position;
    let byte = -1;
    while (position < end) {
      byte = bytes[position]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      position++;
      byte = -1;
    }
    if (this.#state === expectCommaOrClose) {
      if (byte === 0x2c) {
        this.#state = this.#containers[this.depth] === 1 ? expectKey : expectValue;
        position++;
        byte = -1;
        while (position < end) {
          byte = bytes[position]!;
          if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
          position++;
          byte = -1;
        }
      } else if (byte !== 0x7d && byte !== 0x5d) {
        if (byte === -1) throw this.#unexpectedEnd(position);
        const kind = this.#containers[this.depth] === 1 ? 'Object' : 'Array';
        throw this.#unexpected(position, `was expecting comma to separate ${kind} entries`);
      }
    }
    this.tokenStart = position;
    if (byte === -1) {
      if (this.#state === expectNothing) {
        this.#position = position;
        this.tokenStop = position;
        return (this.token = tokenEnd);
      }
      if (this.depth === 0) {
        this.#position = position;
        this.tokenStop = position;
        return (this.token = tokenEnd);
      }
      throw this.#unexpectedEnd(position);
    }
    switch (this.#state) {
      case expectKeyOrClose:
        if (byte === 0x7d) return this.#close(position);
        return this.#key(position, byte);
      case expectKey:
        return this.#key(position, byte);
      case expectCommaOrClose: {
        const isObject = this.#containers[this.depth] === 1;
        if ((byte === 0x7d) !== isObject) {
          const [found, wanted] = isObject ? [']', '}'] : ['}', ']'];
          throw new JsonError(
            `Unexpected close marker '${found}': expected '${wanted}' (for ${isObject ? 'Object' : 'Array'})`,
            position,
            bytes,
          );
        }
        return this.#close(position);
      }
      case expectValueOrClose:
        if (byte === 0x5d) return this.#close(position);
        return this.#value(position, byte);
      default:
        return this.#value(position, byte);
    }
  }

  /** The text of the current string or key, unescaped. */
  text(): string {
    const start = this.tokenStart + 1;
    const stop = this.tokenStop - 1;
    if (this.isEscaped) return unescapeJson(this.bytes, start, stop);
    return this.#isAscii ? this.bytes.toString('latin1', start, stop) : this.bytes.toString('utf8', start, stop);
  }

  /** The bytes of the current token as they were sent. */
  raw(): string {
    return this.bytes.toString('latin1', this.tokenStart, this.tokenStop);
  }

  /** From a start token to past its matching end token; other tokens are passed at once. */
  skipValue(): void {
    if (this.token !== tokenObjectStart && this.token !== tokenArrayStart) return;
    const depth = this.depth;
    while (this.depth >= depth) this.next();
  }

  #close(position: number): number {
    const isObject = this.#containers[this.depth] === 1;
    this.depth--;
    this.#position = this.tokenStop = position + 1;
    this.#state = this.depth === 0 ? expectNothing : expectCommaOrClose;
    return (this.token = isObject ? tokenObjectEnd : tokenArrayEnd);
  }

  #open(position: number, isObject: boolean): number {
    const depth = ++this.depth;
    if (depth > nestingDepthMax) {
      throw new JsonError(
        `Document nesting depth (${depth}) exceeds the maximum allowed (${nestingDepthMax})`,
        position,
        this.bytes,
      );
    }
    if (depth >= this.#containers.length) {
      const larger = new Uint8Array(this.#containers.length * 4);
      larger.set(this.#containers);
      this.#containers = larger;
    }
    this.#containers[depth] = isObject ? 1 : 0;
    this.#position = this.tokenStop = position + 1;
    this.#state = isObject ? expectKeyOrClose : expectValueOrClose;
    return (this.token = isObject ? tokenObjectStart : tokenArrayStart);
  }

  #key(position: number, byte: number): number {
    if (byte !== 0x22) throw this.#unexpected(position, 'was expecting double-quote to start property name');
    this.#string(position);
    let next = this.#position;
    const { bytes, end } = this;
    while (next < end) {
      const white = bytes[next]!;
      if (white !== 0x20 && white !== 0x0a && white !== 0x0d && white !== 0x09) break;
      next++;
    }
    if (next >= end) throw this.#unexpectedEnd(next);
    if (bytes[next] !== 0x3a) throw this.#unexpected(next, 'was expecting a colon to separate property name and value');
    this.#position = next + 1;
    this.#state = expectValue;
    return (this.token = tokenKey);
  }

  #value(position: number, byte: number): number {
    if (this.#state === expectNothing && this.depth === 0) {
      // A second value after the first: let the caller see its first token and say what it thinks.
      this.#state = expectValue;
    }
    if (byte === 0x22) {
      this.#string(position);
      this.token = tokenString;
    } else if (byte === 0x7b) return this.#open(position, true);
    else if (byte === 0x5b) return this.#open(position, false);
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.#number(position, byte);
    else if (byte === 0x74 && this.#isWord(position, 'true')) this.token = tokenTrue;
    else if (byte === 0x66 && this.#isWord(position, 'false')) this.token = tokenFalse;
    else if (byte === 0x6e && this.#isWord(position, 'null')) this.token = tokenNull;
    else throw this.#strange(position, byte);
    this.#state = this.depth === 0 ? expectNothing : expectCommaOrClose;
    return this.token;
  }

  #isWord(position: number, word: string): boolean {
    const { bytes } = this;
    const stop = position + word.length;
    if (stop > this.end) return false;
    for (let i = 1; i < word.length; i++) if (bytes[position + i] !== word.charCodeAt(i)) return false;
    if (stop < this.end && isIdentifierByte(bytes[stop]!)) return false;
    this.#position = this.tokenStop = stop;
    return true;
  }

  #string(position: number): void {
    const { bytes, end } = this;
    let isEscaped = false;
    let union = 0;
    let next = position + 1;
    for (;;) {
      if (next >= end) {
        const what =
          this.#state === expectValue || this.#state === expectValueOrClose ? 'in VALUE_STRING' : 'in field name';
        throw new JsonError(`Unexpected end-of-input ${what}`, end, bytes, 'unexpected_end_of_input_exception');
      }
      const byte = bytes[next]!;
      if (byte === 0x22) break;
      union |= byte;
      if (byte === 0x5c) {
        isEscaped = true;
        next = this.#escape(next);
      } else if (byte < 0x20) {
        throw new JsonError(
          `Illegal unquoted character ((CTRL-CHAR, code ${byte})): has to be escaped using backslash to be included in string value`,
          next,
          bytes,
        );
      } else next++;
    }
    this.isEscaped = isEscaped;
    this.#isAscii = union < 0x80;
    this.#position = this.tokenStop = next + 1;
  }

  /** Checks the escape at `position`, returns the position after it. */
  #escape(position: number): number {
    const { bytes, end } = this;
    if (position + 1 >= end) {
      throw new JsonError('Unexpected end-of-input in VALUE_STRING', end, bytes, 'unexpected_end_of_input_exception');
    }
    const byte = bytes[position + 1]!;
    switch (byte) {
      case 0x22:
      case 0x5c:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return position + 2;
      case 0x75:
        for (let i = 2; i < 6; i++) {
          if (position + i >= end) {
            throw new JsonError(
              'Unexpected end-of-input in character escape sequence',
              end,
              bytes,
              'unexpected_end_of_input_exception',
            );
          }
          if (hexValue(bytes[position + i]!) < 0) {
            throw this.#unexpected(position + i, 'expected a hex-digit for character escape sequence');
          }
        }
        return position + 6;
      default:
        throw new JsonError(`Unrecognized character escape ${describe(byte)}`, position + 1, bytes);
    }
  }

  #number(position: number, first: number): void {
    const { bytes, end } = this;
    let next = position;
    let isDecimal = false;
    if (first === 0x2d) {
      next++;
      if (next >= end || !isDigit(bytes[next]!)) {
        throw new JsonError('No digit following minus sign', next, bytes);
      }
    }
    if (bytes[next] === 0x30 && next + 1 < end && isDigit(bytes[next + 1]!)) {
      throw new JsonError('Invalid numeric value: Leading zeroes not allowed', next + 1, bytes);
    }
    while (next < end && isDigit(bytes[next]!)) next++;
    if (next < end && bytes[next] === 0x2e) {
      isDecimal = true;
      next++;
      if (next >= end || !isDigit(bytes[next]!)) throw this.#unexpected(next, 'Decimal point not followed by a digit');
      while (next < end && isDigit(bytes[next]!)) next++;
    }
    if (next < end && (bytes[next] === 0x65 || bytes[next] === 0x45)) {
      isDecimal = true;
      next++;
      if (next < end && (bytes[next] === 0x2b || bytes[next] === 0x2d)) next++;
      if (next >= end || !isDigit(bytes[next]!)) {
        throw this.#unexpected(next, 'Exponent indicator not followed by a digit');
      }
      while (next < end && isDigit(bytes[next]!)) next++;
    }
    if (next < end && isIdentifierByte(bytes[next]!)) {
      throw this.#unexpected(next, 'Expected space separating root-level values');
    }
    if (next - position > 1000) {
      throw new JsonError(`Number value length (${next - position}) exceeds the maximum allowed (1000)`, next, bytes);
    }
    this.token = isDecimal ? tokenDecimal : tokenInteger;
    this.#position = this.tokenStop = next;
  }

  #strange(position: number, byte: number): JsonError {
    if (isIdentifierByte(byte)) {
      let stop = position;
      while (stop < this.end && stop - position < 50 && isIdentifierByte(this.bytes[stop]!)) stop++;
      const word = this.bytes.toString('utf8', position, stop);
      return new JsonError(
        `Unrecognized token '${word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
        position,
        this.bytes,
      );
    }
    return this.#unexpected(
      position,
      "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
    );
  }

  #unexpected(position: number, expected: string): JsonError {
    if (position >= this.end) return this.#unexpectedEnd(position);
    return new JsonError(
      `Unexpected character (${describe(codePointAt(this.bytes, position))}): ${expected}`,
      position,
      this.bytes,
    );
  }

  #unexpectedEnd(position: number): JsonError {
    const kind = this.#containers[this.depth] === 1 ? 'Object' : 'Array';
    const text =
      this.#state === expectCommaOrClose || this.#state === expectKeyOrClose || this.#state === expectValueOrClose
        ? `Unexpected end-of-input: expected close marker for ${kind}`
        : `Unexpected end-of-input within/between ${kind} entries`;
    return new JsonError(text, position, this.bytes, 'unexpected_end_of_input_exception');
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isIdentifierByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || isDigit(byte) || byte === 0x5f || byte >= 0x80
  );
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x61 + 10;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x41 + 10;
  return -1;
}

function codePointAt(bytes: Buffer, position: number): number {
  return bytes.toString('utf8', position, Math.min(bytes.length, position + 4)).codePointAt(0) ?? 0xfffd;
}

function describe(code: number): string {
  return code < 0x20 ? `(CTRL-CHAR, code ${code})` : `'${String.fromCodePoint(code)}' (code ${code})`;
}

function unescapeJson(bytes: Buffer, start: number, stop: number): string {
  let text = '';
  let from = start;
  let position = start;
  while (position < stop) {
    if (bytes[position] !== 0x5c) {
      position++;
      continue;
    }
    if (position > from) text += bytes.toString('utf8', from, position);
    const byte = bytes[position + 1]!;
    position += 2;
    if (byte === 0x75) {
      let code = 0;
      for (let i = 0; i < 4; i++) code = (code << 4) | hexValue(bytes[position + i]!);
      text += String.fromCharCode(code);
      position += 4;
    } else if (byte === 0x6e) text += '\n';
    else if (byte === 0x74) text += '\t';
    else if (byte === 0x72) text += '\r';
    else if (byte === 0x62) text += '\b';
    else if (byte === 0x66) text += '\f';
    else text += String.fromCharCode(byte);
    from = position;
  }
  return stop > from ? text + bytes.toString('utf8', from, stop) : text;
}
