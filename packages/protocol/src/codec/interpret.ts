/**
 * The plain reading of a plan, field by field, keeping the path of the field that it is at. It says where a message is
 * wrong when the compiled codec failed on it, stands in where code generation is switched off
 * (`--disallow-code-generation-from-strings`), and is what the compiled codec is tested against.
 */
import { ProtocolError } from '../protocol-error.ts';
import { type FieldPlan, isDefault, type StructPlan, taggedFields } from './plan.ts';
import { writeMethod } from './primitives.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

type Struct = Record<string, unknown>;

export function interpretRead(plan: StructPlan, reader: Reader, path: string[]): Struct {
  const struct: Struct = {};
  for (const field of plan.fields) {
    const isOrdinary = field.isPresent && field.tag === -1;
    struct[field.name] = isOrdinary ? readField(field, reader, path) : copyDefault(field);
  }
  if (!plan.isFlexible) return struct;
  const tagged = taggedFields(plan);
  for (let n = reader.uvarint(); n > 0; n--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    const field = tagged.find((candidate) => candidate.tag === tag);
    if (field === undefined) reader.pos = end;
    else {
      struct[field.name] = readField(field, reader, path);
      reader.closeTag(end);
    }
  }
  return struct;
}

function copyDefault(field: FieldPlan): unknown {
  return Array.isArray(field.default) ? [] : field.default;
}

function readField(field: FieldPlan, reader: Reader, path: string[]): unknown {
  path.push(field.name);
  const value = field.isArray ? readArray(field, reader, path) : readOne(field, reader, path, field.isNullable);
  path.pop();
  return value;
}

function readArray(field: FieldPlan, reader: Reader, path: string[]): unknown[] | null {
  const length = field.isCompact ? reader.compactLength() : reader.int32();
  const n = field.isNullable ? reader.countOrNull(length, field.minBytes) : reader.count(length, field.minBytes);
  if (n < 0) return null;
  const values: unknown[] = [];
  for (let i = 0; i < n; i++) {
    path.push(`[${i}]`);
    values.push(readOne(field, reader, path, false));
    path.pop();
  }
  return values;
}

function readOne(field: FieldPlan, reader: Reader, path: string[], isNullable: boolean): unknown {
  switch (field.type) {
    case 'struct':
      if (isNullable && reader.int8() < 0) return null;
      return interpretRead(field.struct!, reader, path);
    case 'string': {
      const length = field.isCompact ? reader.compactLength() : reader.int16();
      return isNullable ? reader.textOrNull(length) : reader.text(length);
    }
    case 'bytes':
    case 'records': {
      const length = field.isCompact ? reader.compactLength() : reader.int32();
      return isNullable ? reader.bytesOrNull(length) : reader.bytes(length);
    }
    default:
      return reader[field.type]();
  }
}

export function interpretWrite(plan: StructPlan, writer: Writer, value: unknown, path: string[]): void {
  if (value === null || typeof value !== 'object') {
    throw new ProtocolError('HW_PROTOCOL_INVALID_VALUE', `${String(value)} is not an object`);
  }
  const struct = value as Struct;
  for (const field of plan.fields) {
    if (field.tag !== -1) continue;
    if (field.isPresent) {
      const given = struct[field.name];
      writeField(field, writer, given === undefined && field.isOptional ? field.default : given, path);
    } else if (!field.isIgnorable && !isDefault(field, struct[field.name])) {
      path.push(field.name);
      throw new ProtocolError('HW_PROTOCOL_INVALID_VALUE', 'the field is not in this version: use a newer one');
    }
  }
  if (!plan.isFlexible) return;
  const tagged = taggedFields(plan).filter((field) => !isDefault(field, struct[field.name]));
  writer.uvarint(tagged.length);
  for (const field of tagged) {
    const start = writer.openTag(field.tag);
    writeField(field, writer, struct[field.name], path);
    writer.closeTag(start);
  }
}

function writeField(field: FieldPlan, writer: Writer, value: unknown, path: string[]): void {
  path.push(field.name);
  if (!field.isArray) writeOne(field, writer, value, path, field.isNullable);
  else if (value === null && field.isNullable) {
    if (field.isCompact) writer.uvarint(0);
    else writer.int32(-1);
  } else {
    const values = value as readonly unknown[];
    const n = field.isCompact ? writer.compactArrayLength(values) : writer.arrayLength(values);
    for (let i = 0; i < n; i++) {
      path.push(`[${i}]`);
      writeOne(field, writer, values[i], path, false);
      path.pop();
    }
  }
  path.pop();
}

function writeOne(field: FieldPlan, writer: Writer, value: unknown, path: string[], isNullable: boolean): void {
  if (field.struct === null) {
    const method = writeMethod(field, !isNullable) as 'string';
    writer[method](value as string);
    return;
  }
  if (isNullable) {
    writer.int8(value === null ? -1 : 1);
    if (value === null) return;
  }
  interpretWrite(field.struct, writer, value, path);
}
