import type { CodeTables } from './generate-code.ts';
import { wireType } from './generate-encode.ts';
import type { FieldType, MessageType } from './message-type.ts';

const wideTypes = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

/** Reads a member of a value, and not what every object inherits. */
export function propertyCode(object: string, property: string): string {
  const member = `${object}[${JSON.stringify(property)}]`;
  return property in Object.prototype
    ? `(Object.hasOwn(${object}, ${JSON.stringify(property)}) ? ${member} : undefined)`
    : member;
}

/** What is there when nothing was read: fields without presence are zero, lists and maps empty. */
export function emptyMessage(tables: CodeTables, type: MessageType): string {
  const members = type.fields.flatMap((field) => {
    const zero = emptyField(tables, field);
    return zero === undefined ? [] : [`[${JSON.stringify(field.property)}]: ${zero}`];
  });
  return `{ ${members.join(', ')} }`;
}

function emptyField(tables: CodeTables, field: FieldType): string | undefined {
  if (field.mapKey !== undefined) return '{}';
  if (field.isRepeated) return field.name.startsWith('[') ? undefined : '[]';
  return field.hasPresence ? undefined : zeroOf(tables, field);
}

function zeroOf(tables: CodeTables, { type, enum: enumType }: Pick<FieldType, 'type' | 'enum'>): string {
  if (type === 'string') return "''";
  if (type === 'bytes') return 'new Uint8Array(0)';
  if (type === 'bool') return 'false';
  if (type === 'enum') return JSON.stringify(enumType!.zero);
  return wideTypes.has(type) && !tables.isNumber ? '0n' : '0';
}

/** The cases of a field in the switch over tags. */
export function decodeField(tables: CodeTables, field: FieldType, oneof: number): string {
  const code = `m[${JSON.stringify(field.property)}]`;
  const tag = field.number * 8;
  const own = `case ${(tag + wireType(field.type)) >>> 0}:`;
  if (field.mapKey !== undefined) return `case ${tag + 2}: { ${decodeMap(tables, field, code)} break; }`;
  if (field.isRepeated) {
    const list = field.name.startsWith('[') ? `(${code} ??= [])` : code;
    const one = `${own} { ${readInto(tables, field, (value) => `${list}.push(${value});`)} break; }`;
    if (wireType(field.type) === 2 || field.type === 'group') return one;
    const many = readInto(tables, field, (value) => `list.push(${value});`);
    return `${one}\ncase ${tag + 2}: { const list = ${list}, e = r.end(), before = r.limit; r.limit = e; while (r.at < e) { ${many} } r.limit = before; break; }`;
  }
  const set = (value: string) => `${oneof < 0 ? '' : chosen(field, oneof)} ${code} = ${value};`;
  if (field.message !== undefined) return `${own} { ${decodeMessage(tables, field, set)} break; }`;
  return `${own} { ${readInto(tables, field, set)} break; }`;
}

/** The last member of a oneof is the one that counts. */
function chosen({ property }: FieldType, oneof: number): string {
  const name = JSON.stringify(property);
  return `if (o${oneof} !== ${name}) { if (o${oneof} !== undefined) delete m[o${oneof}]; o${oneof} = ${name}; }`;
}

/** What is there twice is merged. */
function decodeMessage(tables: CodeTables, field: FieldType, set: (value: string) => string): string {
  const id = tables.message(field.message!);
  const before = propertyCode('m', field.property);
  if (field.type === 'group') return set(`d${id}(r, r.limit, ${before}, ${field.number * 8 + 4})`);
  return `const e = r.end(); ${set(`d${id}(r, e, ${before}, 0)`)}`;
}

/** Reads one value and hands it on; a number that a closed enum does not have is left out. */
function readInto(tables: CodeTables, field: FieldType, to: (value: string) => string): string {
  if (field.message !== undefined) {
    const id = tables.message(field.message);
    if (field.type === 'group') return to(`d${id}(r, r.limit, undefined, ${field.number * 8 + 4})`);
    return `const e = r.end(); ${to(`d${id}(r, e, undefined, 0)`)}`;
  }
  if (field.type !== 'enum') return to(read(tables, field.type));
  const names = tables.enumNames(field.enum!);
  if (field.enum!.isClosed) return `const n = ${names}[r.int32()]; if (n !== undefined) { ${to('n')} }`;
  return `const n = r.int32(); ${to(`${names}[n] ?? n`)}`;
}

function read(tables: CodeTables, type: string): string {
  if (type === 'bytes') return 'r.copy()';
  return wideTypes.has(type) && tables.isNumber ? `r.safe(r.${type}())` : `r.${type}()`;
}

function decodeMap(tables: CodeTables, field: FieldType, code: string): string {
  const keyType = field.mapKey!;
  const isText = keyType === 'string';
  const key = `k = ${isText ? 'r.string()' : `String(r.${keyType}())`};`;
  const zeroKey = isText ? "''" : keyType === 'bool' ? "'false'" : "'0'";
  const value: FieldType = { ...field, mapKey: undefined, number: 2, isRepeated: false };
  const isKnown = field.type === 'enum' && field.enum!.isClosed ? 'known = false; ' : '';
  const readValue = `${isKnown}${readInto(tables, value, (each) => `x = ${each}; ${isKnown === '' ? '' : 'known = true;'}`)}`;
  const zero =
    field.message === undefined ? zeroOf(tables, field) : `d${tables.message(field.message)}(r, r.at, undefined, 0)`;
  return `const end = r.end(), before = r.limit; r.limit = end; let k = ${zeroKey}, x, known = true;
while (r.at < end) { const t = r.tag(); switch (t) {
case ${8 + wireType(keyType as FieldType['type'])}: ${key} break;
case ${16 + wireType(field.type)}: { ${readValue} break; }
default: r.skip(t); } }
if (x === undefined && known) x = ${zero};
r.limit = before;
if (known) { if (k === '__proto__') Object.defineProperty(${code}, k, { value: x, writable: true, enumerable: true, configurable: true }); else ${code}[k] = x; }`;
}
