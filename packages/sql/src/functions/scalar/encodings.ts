import { bytesOfBase64 } from '../../types/cast.ts';
import { sqlTypes } from '../../types/sql-type.ts';
import { longOf } from '../../values/long.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';

const { string, integer, bigint, double, bytes } = sqlTypes;

type Encoding = 'hex' | 'utf8' | 'ascii' | 'base64';

function encodingOf(name: string): Encoding {
  const lower = name.toLowerCase();
  if (lower === 'hex' || lower === 'utf8' || lower === 'ascii' || lower === 'base64') return lower;
  throw new RangeError(`Unknown encoding type '${name}'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.`);
}

/** `AB12`, `0xAB12` or `X'AB12'`; one digit that is missing after 0x is a 0. */
function hexDigits(text: string): string {
  if (text.startsWith('0x')) return text.length % 2 === 0 ? text.slice(2) : `0${text.slice(2)}`;
  return /^[xX]'.*'$/s.test(text) ? text.slice(2, -1) : text;
}

function bytesOf(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'hex': {
      const digits = hexDigits(text);
      if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new RangeError(`"${text}" is no text of hexadecimal digits`);
      return Buffer.from(digits, 'hex');
    }
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'ascii':
      return Buffer.from(text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\u0080-\uffff]/g, '?'), 'latin1');
    case 'base64':
      return bytesOfBase64(text);
  }
}

function textOf(value: Buffer, encoding: Encoding, isHexUpper: boolean): string {
  switch (encoding) {
    case 'hex': {
      const hex = value.toString('hex');
      return isHexUpper ? hex.toUpperCase() : hex;
    }
    case 'utf8':
      return value.toString('utf8');
    case 'ascii':
      return value.toString('latin1').replace(/[\u0080-\u00ff]/g, '\ufffd');
    case 'base64':
      return value.toString('base64');
  }
}

const encodingText = "'hex', 'utf8', 'ascii' or 'base64'.";
const order = parameter('byteOrder', string, "'BIG_ENDIAN' (the default) or 'LITTLE_ENDIAN'.");
const value = parameter('value', bytes, 'The bytes.');

function isLittle(name: string): boolean {
  switch (name.toUpperCase()) {
    case 'BIG_ENDIAN':
      return false;
    case 'LITTLE_ENDIAN':
      return true;
    default:
      throw new RangeError('Byte order must be BIG_ENDIAN or LITTLE_ENDIAN');
  }
}

function numberFromBytes(
  name: string,
  size: number,
  type: typeof integer | typeof bigint | typeof double,
  read: (bytes: Buffer, isLittle: boolean) => unknown,
): ScalarFunction {
  const run = (given: Buffer, isLittleEndian: boolean): unknown => {
    if (given.length !== size)
      throw new RangeError(`Number of bytes must be equal to ${size}, but found ${given.length}`);
    return read(given, isLittleEndian);
  };
  const about = {
    category: 'CONVERSIONS',
    description: `The ${type.kind} that ${size} bytes hold.`,
    example: `${name}(TO_BYTES('${'00'.repeat(size - 1)}${type.kind === 'DOUBLE' ? '00' : '2a'}', 'hex')) → ${type.kind === 'DOUBLE' ? '0.0' : '42'}`,
  };
  return scalar(
    name,
    about,
    variant([value], type, (given: Buffer) => run(given, false)),
    variant([value, order], type, (given: Buffer, byteOrder: string) => run(given, isLittle(byteOrder))),
  );
}

export const encodingFunctions: readonly ScalarFunction[] = [
  scalar(
    'ENCODE',
    {
      category: 'STRING',
      description: 'Writes a text that is in one encoding in another one.',
      example: "ENCODE('4578', 'hex', 'utf8') → 'Ex'",
    },
    variant(
      [
        parameter('string', string, 'The text.'),
        parameter('inputEncoding', string, encodingText),
        parameter('outputEncoding', string, encodingText),
      ],
      string,
      (text: string, from: string, to: string) => {
        const [one, other] = [encodingOf(from), encodingOf(to)];
        if (one === other) throw new RangeError(`${from} is the encoding already; give two different ones`);
        // ksqlDB's ENCODE passes over what is no character of base64, its TO_BYTES does not.
        return textOf(one === 'base64' ? Buffer.from(text, 'base64') : bytesOf(text, one), other, false);
      },
    ),
  ),
  scalar(
    'TO_BYTES',
    {
      category: 'STRING',
      description: 'The bytes of a text in an encoding.',
      example: "TO_BYTES('21', 'hex') → 'IQ=='",
    },
    variant(
      [parameter('string', string, 'The text.'), parameter('encoding', string, encodingText)],
      bytes,
      (text: string, encoding: string) => bytesOf(text, encodingOf(encoding)),
    ),
  ),
  scalar(
    'FROM_BYTES',
    {
      category: 'STRING',
      description: 'Bytes as a text in an encoding.',
      example: "FROM_BYTES(TO_BYTES('!', 'utf8'), 'hex') → '21'",
    },
    variant([value, parameter('encoding', string, encodingText)], string, (given: Buffer, encoding: string) =>
      textOf(given, encodingOf(encoding), true),
    ),
  ),
  numberFromBytes('INT_FROM_BYTES', 4, integer, (given, isLittleEndian) =>
    isLittleEndian ? given.readInt32LE() : given.readInt32BE(),
  ),
  numberFromBytes('BIGINT_FROM_BYTES', 8, bigint, (given, isLittleEndian) =>
    longOf(isLittleEndian ? given.readBigInt64LE() : given.readBigInt64BE()),
  ),
  numberFromBytes('DOUBLE_FROM_BYTES', 8, double, (given, isLittleEndian) =>
    isLittleEndian ? given.readDoubleLE() : given.readDoubleBE(),
  ),
];
