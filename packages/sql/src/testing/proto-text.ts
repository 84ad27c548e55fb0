import {
  allFields,
  isGroup,
  isScalar,
  type JsonValue,
  type MessageEntry,
  ParsedProtobufSchema,
  type ProtoField,
  type ProtoNames,
} from '@headwater/serdes';
import { ProtoCursor } from '../formats/protobuf/proto-cursor.ts';
import { doubleText } from '../values/double-text.ts';
import { list, objectOf, textOf } from './test-case.ts';

/** The lines of an answer in Protobuf, with the text format of each row in place of its bytes. */
export function protoLines(body: JsonValue): JsonValue[] {
  let schema: ParsedProtobufSchema | null = null;
  return list(body).map((line): JsonValue => {
    const members = objectOf(line);
    const text = textOf(objectOf(members.get('header')).get('protoSchema'));
    if (text !== null) schema = new ParsedProtobufSchema(text);
    const bytes = textOf(objectOf(members.get('row')).get('protobufBytes'));
    if (bytes === null || schema === null) return line;
    return new Map([['row', protoText(schema, Buffer.from(bytes, 'base64'))]]);
  });
}

/** A message of a schema's first type in Protobuf's text format, as `TextFormat` prints it. */
export function protoText(schema: ParsedProtobufSchema, bytes: Buffer): string {
  const entry = schema.names.type(schema.fullName ?? '');
  if (entry?.kind !== 'message') throw new Error('The schema has no message');
  const cursor = new ProtoCursor();
  cursor.data = bytes;
  cursor.end = bytes.length;
  return messageText(schema.names, entry, cursor, '');
}

function messageText(names: ProtoNames, entry: MessageEntry, cursor: ProtoCursor, indent: string): string {
  const fields = new Map<number, ProtoField>();
  for (const { field } of allFields(entry.message)) if (!isGroup(field)) fields.set(field.number, field);
  const texts = new Map<number, string>();
  while (cursor.at < cursor.end) {
    const tag = cursor.varint();
    const field = fields.get(Math.floor(tag / 8));
    if (field === undefined) cursor.skip(tag);
    else
      texts.set(
        field.number,
        (texts.get(field.number) ?? '') + fieldText(names, entry, field, tag & 7, cursor, indent),
      );
  }
  return [...texts]
    .sort(([one], [other]) => one - other)
    .map(([, text]) => text)
    .join('');
}

function fieldText(
  names: ProtoNames,
  entry: MessageEntry,
  field: ProtoField,
  wireType: number,
  cursor: ProtoCursor,
  indent: string,
): string {
  const { name, type } = field;
  if (isScalar(type)) {
    if (wireType !== 2 || type === 'string' || type === 'bytes') {
      return `${indent}${name}: ${scalarText(type, cursor)}\n`;
    }
    return within(cursor, () => {
      let text = '';
      while (cursor.at < cursor.end) text += `${indent}${name}: ${scalarText(type, cursor)}\n`;
      return text;
    });
  }
  const found = names.resolveType(type, entry.fullName);
  if (found?.kind !== 'message') return `${indent}${name}: ${scalarText('int32', cursor)}\n`;
  const text = within(cursor, () => messageText(names, found, cursor, `${indent}  `));
  return `${indent}${name} {\n${text}${indent}}\n`;
}

function within<Result>(cursor: ProtoCursor, read: () => Result): Result {
  const size = cursor.varint();
  const { end } = cursor;
  cursor.end = cursor.at + size;
  try {
    return read();
  } finally {
    cursor.at = cursor.end;
    cursor.end = end;
  }
}

function scalarText(type: string, cursor: ProtoCursor): string {
  const { data } = cursor;
  switch (type) {
    case 'string':
    case 'bytes': {
      const size = cursor.varint();
      const start = cursor.take(size);
      return `"${escaped(data.subarray(start, start + size))}"`;
    }
    case 'double':
      return doubleText(data.readDoubleLE(cursor.take(8)));
    case 'bool':
      return String(cursor.bits() !== 0n);
    case 'int32':
      return String(cursor.int32());
    case 'int64':
      return String(BigInt.asIntN(64, cursor.bits()));
    default:
      throw new Error(`No text for ${type}`);
  }
}

const escapes: Readonly<Record<number, string>> = { 10: '\\n', 13: '\\r', 9: '\\t', 34: '\\"', 39: "\\'", 92: '\\\\' };

/** What is no plain letter is written in octal digits, byte by byte. */
function escaped(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f;
    text += escapes[byte] ?? (isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`);
  }
  return text;
}
