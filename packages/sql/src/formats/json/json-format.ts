import { SqlError } from '../../sql-error.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { formatError, within } from '../format-fault.ts';
import type { SchemaRows } from '../registry/registry-codec.ts';
import { JsonBytes } from './json-bytes.ts';
import { JsonCursor } from './json-cursor.ts';
import { type JsonForm, jsonReader } from './json-readers.ts';
import { JsonStructReader } from './json-struct-reader.ts';
import { jsonStyle } from './json-style.ts';
import { jsonObjectWriter, jsonWriter, type WriteForm } from './json-writers.ts';

const openBrace = 0x7b;

/**
 * Rows as JSON objects with a member for each column, or one column as a bare value. Members are found by their exact name, else by their
 * name in upper case; numbers keep all their digits; the text is read to its end, and only wanted columns are made.
 */
export function jsonCodec(spec: CodecSpec): RowCodec {
  const { decode } = jsonRows(spec, 'plain');
  const write = jsonRowWriter(spec, 'plain');
  const json = new JsonBytes();
  return {
    isNull: spec.isWrapped ? () => false : (row) => row[0] === null,
    encode(row) {
      json.reset();
      write(row, json);
      return json.finish();
    },
    write(row, target, start, limit) {
      json.resetIn(target, start, limit);
      write(row, json);
      return json.finishIn(target);
    },
    decode,
  };
}

/** Appends a row: an object, or the one bare column. */
export function jsonRowWriter(spec: CodecSpec, form: WriteForm): (row: readonly unknown[], json: JsonBytes) => void {
  const style = jsonStyle(spec.format);
  if (spec.isWrapped) return jsonObjectWriter(spec.columns, form, style);
  const write = jsonWriter(spec.columns[0]!.type, form, style);
  return (row, json) => write(row[0], json);
}

/** What reads rows from JSON that fills data[start, end). */
export function jsonRows(spec: CodecSpec, form: JsonForm): SchemaRows {
  const read = spec.isWrapped ? wrappedReader(spec, form) : bareReader(spec, form);
  const cursor = new JsonCursor();
  return {
    decode(data, start, end) {
      cursor.open(data, start, end);
      try {
        const row = read(cursor);
        cursor.expectEnd();
        return row;
      } catch (error) {
        throw formatError(error);
      } finally {
        cursor.close();
      }
    },
  };
}

function wrappedReader({ columns, wanted }: CodecSpec, form: JsonForm): (cursor: JsonCursor) => unknown[] {
  const isWanted = (index: number) => wanted === undefined || wanted.includes(index);
  const reader = new JsonStructReader(
    columns.map(({ name, type }, index) => ({ name, read: isWanted(index) ? jsonReader(type, form) : null })),
  );
  return (cursor) => {
    if (cursor.first() === openBrace) return reader.read(cursor);
    cursor.skip();
    throw new SqlError('HW_SQL_FORMAT', 'A row is a JSON object; this is JSON of another kind, path: $');
  };
}

function bareReader({ columns }: CodecSpec, form: JsonForm): (cursor: JsonCursor) => unknown[] {
  const { name, type } = columns[0]!;
  const read = jsonReader(type, form);
  return (cursor) => {
    try {
      return [read(cursor)];
    } catch (error) {
      throw within(error, `.${name}`);
    }
  };
}
