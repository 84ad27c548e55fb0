import { createHash, randomUUID } from 'node:crypto';
import { sqlTypes } from '../../types/sql-type.ts';
import { limitedText, textMax } from '../../values/size-limits.ts';
import { parameter, scalar, variadic, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer, bytes } = sqlTypes;
const category = 'STRING';
const nulls = { isNullTaken: true };
const text = parameter('input', string, 'The text.');
const data = parameter('input', bytes, 'The bytes.');
const length = parameter('length', integer, 'How long the result is; what is longer is cut.');

function padSize(length: number, padding: { length: number }): boolean {
  if (length > textMax) throw new RangeError(`A text is padded to at most ${textMax} characters`);
  return length >= 0 && padding.length > 0;
}

function filling(padding: string, size: number): string {
  return padding.repeat(Math.ceil(size / padding.length)).slice(0, size);
}

function fillingBytes(padding: Buffer, size: number): Buffer {
  return Buffer.alloc(size, padding);
}

function textsWith(separator: string, parts: readonly string[]): string {
  let out = '';
  for (const [at, part] of parts.entries()) out = limitedText(at === 0 ? part : out + separator + part);
  return out;
}

function joinedBytes(parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  if (size > textMax) throw new RangeError(`BYTES are at most ${textMax} long, not ${size}`);
  return Buffer.concat(parts, size);
}

function isPresent<T>(value: T | null): value is T {
  return value !== null;
}

const padText = parameter('padding', string, 'What is put there, again and again. Empty: the result is null.');
const padBytes = parameter('padding', bytes, 'What is put there, again and again. Empty: the result is null.');

function chrOfEscape(text: string): string | null {
  if (text.length < 6 || !text.startsWith('\\u')) return null;
  return text.replace(/\\u+([0-9a-fA-F]{4})?/g, (whole: string, digits: string | undefined) => {
    if (digits === undefined) throw new RangeError(`${whole} needs four hexadecimal digits`);
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

function uuidOfBytes(value: Buffer): string | null {
  if (value.length !== 16) return null;
  const hex = value.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const joinAndPadFunctions: readonly ScalarFunction[] = [
  scalar(
    'CONCAT',
    {
      category,
      description: 'Puts texts, or bytes, behind each other; nulls are left out.',
      example: "CONCAT('a', NULL, 'b') → 'ab'",
    },
    variant(
      [variadic('inputs', string, 'The texts.')],
      string,
      (...parts: (string | null)[]) => {
        let out = '';
        for (const part of parts) if (part !== null) out = limitedText(out + part);
        return out;
      },
      nulls,
    ),
    variant(
      [variadic('inputs', bytes, 'The bytes.')],
      bytes,
      (...parts: (Buffer | null)[]) => joinedBytes(parts.filter(isPresent)),
      nulls,
    ),
  ),
  scalar(
    'CONCAT_WS',
    {
      category,
      description: 'Puts texts, or bytes, behind each other with a separator between them; nulls are left out.',
      example: "CONCAT_WS(', ', 'a', NULL, 'b') → 'a, b'",
    },
    variant(
      [parameter('separator', string, 'Null: the result is null.'), variadic('inputs', string, 'The texts.')],
      string,
      (separator: string | null, ...parts: (string | null)[]) =>
        separator === null ? null : textsWith(separator, parts.filter(isPresent)),
      nulls,
    ),
    variant(
      [parameter('separator', bytes, 'Null: the result is null.'), variadic('inputs', bytes, 'The bytes.')],
      bytes,
      (separator: Buffer | null, ...parts: (Buffer | null)[]) =>
        separator === null
          ? null
          : joinedBytes(parts.filter(isPresent).flatMap((part, at) => (at === 0 ? [part] : [separator, part]))),
      nulls,
    ),
  ),
  scalar(
    'LPAD',
    { category, description: 'Fills a text or bytes up at the front.', example: "LPAD('7', 3, '0') → '007'" },
    variant([text, length, padText], string, (value: string, size: number, padding: string) => {
      if (!padSize(size, padding)) return null;
      return filling(padding, Math.max(size - value.length, 0)) + value.slice(0, size);
    }),
    variant([data, length, padBytes], bytes, (value: Buffer, size: number, padding: Buffer) => {
      if (!padSize(size, padding)) return null;
      return Buffer.concat([fillingBytes(padding, Math.max(size - value.length, 0)), value.subarray(0, size)]);
    }),
  ),
  scalar(
    'RPAD',
    { category, description: 'Fills a text or bytes up at the end.', example: "RPAD('ab', 4, '.') → 'ab..'" },
    variant([text, length, padText], string, (value: string, size: number, padding: string) => {
      if (!padSize(size, padding)) return null;
      return value.slice(0, size) + filling(padding, Math.max(size - value.length, 0));
    }),
    variant([data, length, padBytes], bytes, (value: Buffer, size: number, padding: Buffer) => {
      if (!padSize(size, padding)) return null;
      return Buffer.concat([value.subarray(0, size), fillingBytes(padding, Math.max(size - value.length, 0))]);
    }),
  ),
  scalar(
    'CHR',
    {
      category,
      description: 'The character of a code point, or of an escape as Java has it.',
      example: "CHR(75) → 'K'",
    },
    variant([parameter('decimalCode', integer, 'The code point.')], string, (code: number) =>
      code < 0 || code > 0x10ffff ? null : String.fromCodePoint(code),
    ),
    variant([parameter('utf16Code', string, 'Such as \\u004b.')], string, chrOfEscape),
  ),
  scalar(
    'MD5',
    {
      category,
      description: 'The MD5 hash of a text in UTF-8, in hexadecimal digits.',
      example: "MD5('') → 'd41d8cd98f00b204e9800998ecf8427e'",
    },
    variant([text], string, (value: string) => createHash('md5').update(value).digest('hex')),
  ),
  scalar(
    'UUID',
    { category, description: 'A new random UUID, or the text of one that is given as 16 bytes.', example: 'UUID()' },
    variant([], string, () => randomUUID()),
    variant([parameter('bytes', bytes, 'Just 16; else the result is null.')], string, uuidOfBytes),
  ),
];
