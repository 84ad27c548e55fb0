import type { CodeTables } from './generate-code.ts';
import { propertyCode } from './generate-decode.ts';
import type { FieldType } from './message-type.ts';

const varintTypes = new Set(['int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64', 'bool', 'enum']);

/** https://protobuf.dev/programming-guides/encoding/#structure */
export function wireType(type: FieldType['type']): number {
  if (varintTypes.has(type)) return 0;
  if (type === 'double' || type.endsWith('fixed64')) return 1;
  if (type === 'float' || type.endsWith('fixed32')) return 5;
  return type === 'group' ? 3 : 2;
}

/** Statements that write one field of `m`. */
export function encodeField(tables: CodeTables, field: FieldType): string {
  const value = `v = ${propertyCode('m', field.property)};`;
  if (field.mapKey !== undefined) return `${value} if (v != null) { ${encodeMap(tables, field)} }`;
  if (field.isRepeated) return `${value} if (v != null) { ${encodeList(tables, field)} }`;
  const write = encodeOne(tables, field, 'v');
  if (field.isRequired) return `${value} if (v == null) fail('The field is required and is not set'); ${write}`;
  return `${value} if (v != null${field.hasPresence ? '' : notZero(field)}) { ${write} }`;
}

/** What was not set and has no presence is zero, and zero is not written. */
function notZero(field: FieldType): string {
  switch (field.type) {
    case 'string':
      return " && v !== ''";
    case 'bytes':
      return ' && v.length !== 0';
    case 'bool':
      return ' && v !== false';
    case 'float':
    case 'double':
      return ' && !Object.is(v, 0)';
    case 'enum':
      return ` && v !== 0 && v !== ${JSON.stringify(field.enum!.zero)}`;
    default:
      return ' && v !== 0 && v !== 0n';
  }
}

function encodeOne(tables: CodeTables, field: FieldType, value: string): string {
  const tag = writeTag(field.number, wireType(field.type));
  return `${tag} ${writeValue(tables, field, value)}`;
}

function writeTag(number: number, wire: number): string {
  const tag = number * 8 + wire;
  return tag < 0x80 ? `w.byte(${tag});` : `w.varint(${tag});`;
}

function writeValue(tables: CodeTables, { type, message, enum: enumType, number }: FieldType, value: string): string {
  if (type === 'message') {
    return `{ const s = beginSized(w); e${tables.message(message!)}(${value}, w); endSized(w, s); }`;
  }
  if (type === 'group') return `e${tables.message(message!)}(${value}, w); ${writeTag(number, 4)}`;
  if (type === 'enum') return `writeEnum(w, ${value}, ${tables.constant(enumType!)});`;
  return `W.${type}(w, ${value});`;
}

function encodeList(tables: CodeTables, field: FieldType): string {
  const check = "if (!Array.isArray(v)) fail(shown(v) + ' is no list');";
  const loop = (body: string) => `for (i = 0; i < v.length; i++) { ${body} } i = -1;`;
  if (!field.isPacked) return `${check} ${loop(encodeOne(tables, field, 'v[i]'))}`;
  const packed = `const s = beginSized(w); ${loop(writeValue(tables, field, 'v[i]'))} endSized(w, s);`;
  return `${check} if (v.length > 0) { ${writeTag(field.number, 2)} ${packed} }`;
}

function encodeMap(tables: CodeTables, field: FieldType): string {
  const key = `${writeTag(1, wireType(field.mapKey!))} W.${field.mapKey!}(w, mapKey(${JSON.stringify(field.mapKey!)}, k));`;
  const value = encodeOne(tables, { ...field, number: 2 }, 'x');
  return `for (const [k, x] of mapEntries(v)) { i = String(k); ${writeTag(field.number, 2)} const s = beginSized(w); ${key} ${value} endSized(w, s); } i = -1;`;
}
