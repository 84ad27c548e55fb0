import type { Decimal } from '@headwater/serdes';
import type { SqlType } from '../../types/sql-type.ts';
import { fitDecimal, parseDecimal } from '../../values/big-decimal.ts';
import { doubleText, parseDouble } from '../../values/double-text.ts';
import { longOf } from '../../values/long.ts';
import { base64Text, bytesOfBase64 } from '../base64.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { FormatFault, formatError, within } from '../format-fault.ts';
import { csvField, readCsvLine } from './csv-line.ts';
import { parseDelimiter } from './delimiter.ts';

const longPattern = /^[+-]?\d{1,30}$/;
const dayMs = 86_400_000;

/** Rows as lines of values with a delimiter between them. An empty field is null. */
export function delimitedCodec({ columns, wanted, format, topic }: CodecSpec): RowCodec {
  const delimiter = parseDelimiter(format.properties.get('delimiter') ?? ',');
  const parsers = columns.map(({ type }, index) =>
    wanted === undefined || wanted.includes(index) ? fieldParser(type) : undefined,
  );
  const texts = columns.map(({ type }) => fieldText(type));
  return {
    isNull: () => false,
    encode(row) {
      let line = '';
      for (let index = 0; index < texts.length; index++) {
        const value = row[index];
        if (index > 0) line += delimiter;
        if (value !== null) line += csvField(texts[index]!(value), delimiter, index === 0);
      }
      return line;
    },
    decode(data, start, end) {
      let at = -1;
      try {
        const fields = readCsvLine(data.toString('utf8', start, end), delimiter);
        if (fields === undefined) throw new FormatFault('No fields in record');
        if (fields.length !== columns.length) {
          throw new FormatFault(
            `Column count mismatch on deserialization. topic: ${topic}, expected: ${columns.length}, got: ${fields.length}`,
          );
        }
        const row: unknown[] = fields;
        for (at = 0; at < parsers.length; at++) {
          const parse = parsers[at];
          row[at] = fields[at] === '' || parse === undefined ? null : parse(fields[at]!);
        }
        return row;
      } catch (error) {
        throw formatError(at < 0 ? error : within(error, `.${columns[at]?.name}`));
      }
    },
  };
}

function fieldParser(type: SqlType): (text: string) => unknown {
  switch (type.kind) {
    case 'BOOLEAN':
      return (text) => text.toLowerCase() === 'true';
    case 'INTEGER':
    case 'DATE':
      return (text) => Number(wholeNumber(text, 32));
    case 'BIGINT':
      return (text) => longOf(wholeNumber(text, 64));
    case 'TIMESTAMP':
      return (text) => Number(wholeNumber(text, 64));
    case 'TIME':
      return (text) => {
        const value = Number(wholeNumber(text, 64));
        if (value >= 0 && value <= dayMs) return value;
        throw new FormatFault(`Time values must use number of milliseconds greater than 0 and less than ${dayMs}.`);
      };
    case 'DOUBLE':
      return (text) => {
        const value = parseDouble(text);
        if (value === undefined) throw new FormatFault(`"${text.slice(0, 100)}" is no number`);
        return value;
      };
    case 'DECIMAL':
      return (text) => fitDecimal(parseDecimal(text), type.precision, type.scale);
    case 'BYTES':
      return bytesOfBase64;
    default:
      return (text) => text;
  }
}

function wholeNumber(text: string, bits: 32 | 64): bigint {
  if (!longPattern.test(text)) throw new FormatFault(`"${text.slice(0, 100)}" is no whole number`);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (BigInt.asIntN(bits, value) !== value) throw new FormatFault(`${text} does not fit into ${bits} bits`);
  return value;
}

function fieldText(type: SqlType): (value: unknown) => string {
  switch (type.kind) {
    case 'DOUBLE':
      return (value) => doubleText(value as number);
    case 'DECIMAL':
      return (value) => (value as Decimal).toString();
    case 'BYTES':
      return (value) => base64Text(value as Uint8Array);
    default:
      return String;
  }
}
