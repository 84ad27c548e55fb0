import { decodeField, emptyMessage, propertyCode } from './generate-decode.ts';
import { encodeField } from './generate-encode.ts';
import type { EnumType, FieldType, MessageType } from './message-type.ts';

/** Numbers the messages and enums that generated code speaks of; names reach it as constants and string literals only. */
export class CodeTables {
  readonly messages: MessageType[] = [];
  readonly constants: unknown[] = [];
  readonly isNumber: boolean;
  readonly #ids = new Map<object, number>();

  constructor(isNumber: boolean) {
    this.isNumber = isNumber;
  }

  message(type: MessageType): number {
    let id = this.#ids.get(type);
    if (id === undefined) {
      id = this.messages.push(type) - 1;
      this.#ids.set(type, id);
    }
    return id;
  }

  constant(value: object): string {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.constants.push(value) - 1;
      this.#ids.set(value, id);
    }
    return `c[${id}]`;
  }

  /** Names by number: an object whose members are the numbers. */
  enumNames(type: EnumType): string {
    let names = this.#names.get(type);
    if (names === undefined) {
      names = Object.assign(Object.create(null), Object.fromEntries(type.names)) as object;
      this.#names.set(type, names);
    }
    return this.constant(names);
  }

  readonly #names = new Map<EnumType, object>();
}

/**
 * The source of an encoder and a decoder: two functions for each message that is reached. It is the body of a function of `rt` (what
 * it calls) and `c` (constants).
 */
export function generateCode(root: MessageType, isNumber: boolean): { source: string; constants: readonly unknown[] } {
  const tables = new CodeTables(isNumber);
  tables.message(root);
  const parts: string[] = [
    "'use strict'; const { fail, inside, shown, beginSized, endSized, mapEntries, mapKey, writeEnum, writers: W, nestingMax } = rt; let depth = 0;",
  ];
  for (let id = 0; id < tables.messages.length; id++) {
    const type = tables.messages[id]!;
    parts.push(encodeMessage(tables, type, id), decodeMessage(tables, type, id));
  }
  parts.push('return { encode(m, w) { depth = 0; e0(m, w); }, decode(r, end) { return d0(r, end, undefined, 0); } };');
  return { source: parts.join('\n'), constants: tables.constants };
}

function encodeMessage(tables: CodeTables, type: MessageType, id: number): string {
  const fields = type.fields.map((field, index) => `at = ${index}; ${encodeField(tables, field)}`);
  const oneofs = Map.groupBy(
    type.fields.filter(({ oneof }) => oneof !== undefined),
    ({ oneof }) => oneof!,
  );
  const checks = Array.from(oneofs, ([name, members]) => oneofCheck(name, members));
  const names = tables.constant(type.fields.map(({ property }) => property));
  return `function e${id}(m, w) {
if (typeof m !== 'object' || m === null) fail(shown(m) + ' is no object: a message ' + ${JSON.stringify(type.fullName)} + ' is needed');
if (++depth > nestingMax) fail('Messages are nested deeper than ' + nestingMax);
let at = -1, i = -1, v;
try {
${[...checks, ...fields].join('\n')}
} catch (error) { throw inside(error, ${names}[at], i); }
depth--;
}`;
}

function oneofCheck(name: string, members: readonly FieldType[]): string {
  if (members.length < 2) return '';
  const counts = members.map(({ property }) => `(${propertyCode('m', property)} == null ? 0 : 1)`).join(' + ');
  const list = members.map(({ property }) => property).join(', ');
  return `if (${counts} > 1) fail(${JSON.stringify(`Of ${list} only one can be set: they are the oneof ${name}`)});`;
}

function decodeMessage(tables: CodeTables, type: MessageType, id: number): string {
  const oneofs = [...new Set(type.fields.flatMap(({ oneof }) => (oneof === undefined ? [] : [oneof])))];
  const members = oneofs.map((name) =>
    tables.constant(type.fields.filter(({ oneof }) => oneof === name).map(({ property }) => property)),
  );
  const cases = type.fields.map((field) =>
    decodeField(tables, field, field.oneof === undefined ? -1 : oneofs.indexOf(field.oneof)),
  );
  const required = type.fields
    .filter(({ isRequired }) => isRequired)
    .map(
      ({ property }) =>
        `if (${propertyCode('m', property)} === undefined) fail(${JSON.stringify(`The field ${property} is required and is not there`)});`,
    );
  const names = tables.constant(new Map(type.fields.map(({ number, property }) => [number, property])));
  return `function d${id}(r, end, given, endTag) {
r.enter(${type.fields.length});
const m = given === undefined ? ${emptyMessage(tables, type)} : given;
${members.map((list, index) => `let o${index} = given === undefined ? undefined : ${list}.find((name) => Object.hasOwn(m, name));`).join('\n')}
const limit = r.limit;
let tag = 0;
try {
if (end > limit) fail('The bytes end within a field');
r.limit = end;
for (;;) {
if (r.at >= end) { if (endTag !== 0) fail('A group does not end'); break; }
tag = r.tag();
if (tag === endTag) break;
switch (tag) {
${cases.join('\n')}
default: r.skip(tag);
}
}
} catch (error) { throw inside(error, ${names}.get(tag >>> 3), -1); }
${required.join('\n')}
r.limit = limit;
r.depth--;
return m;
}`;
}
