import { SqlError } from '../../sql-error.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { formatError, within } from '../format-fault.ts';
import { JsonCursor } from './json-cursor.ts';
import { jsonReader } from './json-readers.ts';
import { JsonStructReader } from './json-struct-reader.ts';
import { jsonObjectWriter, jsonWriter } from './json-writers.ts';

const openBrace = 0x7b;
const nothing = Buffer.alloc(0);

/**
 * Rows as JSON objects with a member for each column, or one column as a bare value. Members are found by their exact name, else by their
 * name in upper case; numbers keep all their digits; the text is read to its end, and only wanted columns are made.
 */
export function jsonCodec(spec: CodecSpec): RowCodec {
  return spec.isWrapped ? wrappedCodec(spec) : bareCodec(spec);
}

function wrappedCodec({ columns, wanted }: CodecSpec): RowCodec {
  const isWanted = (index: number) => wanted === undefined || wanted.includes(index);
  const reader = new JsonStructReader(
    columns.map(({ name, type }, index) => ({ name, read: isWanted(index) ? jsonReader(type) : null })),
  );
  const write = jsonObjectWriter(columns);
  const cursor = new JsonCursor();
  return {
    isNull: () => false,
    encode: (row) => write(row),
    decode(data, start, end) {
      cursor.data = data;
      cursor.at = start;
      cursor.end = end;
      try {
        if (cursor.first() !== openBrace) {
          cursor.skip();
          throw new SqlError('HW_SQL_FORMAT', 'A row is a JSON object; this is JSON of another kind, path: $');
        }
        const row = reader.read(cursor);
        cursor.expectEnd();
        return row;
      } catch (error) {
        throw formatError(error);
      } finally {
        // Lets go of the batch.
        cursor.data = nothing;
      }
    },
  };
}

function bareCodec({ columns }: CodecSpec): RowCodec {
  const { name, type } = columns[0]!;
  const read = jsonReader(type);
  const write = jsonWriter(type);
  const cursor = new JsonCursor();
  return {
    isNull: (row) => row[0] === null,
    encode: (row) => write(row[0]),
    decode(data, start, end) {
      cursor.data = data;
      cursor.at = start;
      cursor.end = end;
      try {
        const value = read(cursor);
        cursor.expectEnd();
        return [value];
      } catch (error) {
        throw formatError(within(error, `.${name}`));
      } finally {
        cursor.data = nothing;
      }
    },
  };
}
