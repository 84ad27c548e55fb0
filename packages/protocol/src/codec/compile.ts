import { type FieldPlan, isDefault, type StructPlan, taggedFields } from './plan.ts';
import { readExpression, writeMethod } from './primitives.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export type ReadMessage = (reader: Reader) => unknown;
export type WriteMessage = (writer: Writer, body: unknown) => void;

/**
 * Turns a plan into a function of straight-line JavaScript, as Apache Kafka's own generator does into Java, but when a
 * version is first asked for. All names in the source come from the committed tables, none from the network. The bench
 * in `bench/codec.ts` compares it with the interpreter.
 */
export function compileReader(plan: StructPlan): ReadMessage {
  const source = new Source();
  const root = readStruct(plan, source);
  return source.build(root) as ReadMessage;
}

export function compileWriter(plan: StructPlan): WriteMessage {
  const source = new Source();
  const root = writeStruct(plan, source);
  return source.build(root) as WriteMessage;
}

class Source {
  private readonly functions: string[] = [];
  private readonly constants: unknown[] = [];

  add(parameters: string, lines: readonly string[]): string {
    const name = `f${this.functions.length}`;
    this.functions.push(`function ${name}(${parameters}) {\n${lines.join('\n')}\n}`);
    return name;
  }

  /** A value as an expression: a literal, or a name for what has none. */
  constant(value: unknown): string {
    if (Array.isArray(value)) return '[]';
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    this.constants.push(value);
    return `c[${this.constants.length - 1}]`;
  }

  build(root: string): unknown {
    const body = `'use strict';\n${this.functions.join('\n')}\nreturn ${root};`;
    return new Function('c', 'isDefault', body)(this.constants, isDefault);
  }
}

function readStruct(plan: StructPlan, source: Source): string {
  const lines: string[] = [];
  const names = new Map(plan.fields.map((field, index) => [field, `v${index}`]));
  for (const field of plan.fields) {
    const name = names.get(field)!;
    if (field.isPresent && field.tag === -1) lines.push(`let ${name};`, ...readField(field, name, source));
    else lines.push(`let ${name} = ${source.constant(field.default)};`);
  }
  if (plan.isFlexible) {
    const cases = taggedFields(plan).flatMap((field) => [
      `case ${field.tag}:`,
      ...readField(field, names.get(field)!, source),
      'r.closeTag(e); break;',
    ]);
    if (cases.length === 0) lines.push('r.skipTags();');
    else {
      lines.push('for (let n = r.uvarint(); n > 0; n--) {', 'const t = r.uvarint(); const e = r.tagEnd();');
      lines.push('switch (t) {', ...cases, 'default: r.pos = e;', '}', '}');
    }
  }
  lines.push(`return { ${[...names].map(([field, name]) => `${field.name}: ${name}`).join(', ')} };`);
  return source.add('r', lines);
}

function readField(field: FieldPlan, target: string, source: Source): string[] {
  if (!field.isArray) {
    if (field.struct === null) return [`${target} = ${readExpression(field, false)};`];
    const read = `${readStruct(field.struct, source)}(r)`;
    return [field.isNullable ? `${target} = r.int8() < 0 ? null : ${read};` : `${target} = ${read};`];
  }
  const length = field.isCompact ? 'r.compactLength()' : 'r.int32()';
  const element = field.struct === null ? readExpression(field, true) : `${readStruct(field.struct, source)}(r)`;
  const count = field.isNullable ? 'countOrNull' : 'count';
  return [
    `{ let n = r.${count}(${length}, ${field.minBytes});`,
    field.isNullable ? `if (n < 0) ${target} = null; else {` : '{',
    `${target} = []; for (; n > 0; n--) ${target}.push(${element}); } }`,
  ];
}

function writeStruct(plan: StructPlan, source: Source): string {
  const lines: string[] = [];
  for (const field of plan.fields) {
    if (field.tag !== -1) continue;
    if (field.isPresent) {
      lines.push(`{ let x = o.${field.name};`);
      if (field.isOptional) lines.push(`if (x === undefined) x = ${source.constant(field.default)};`);
      lines.push(...writeField(field, source), '}');
    } else if (!field.isIgnorable) {
      const message = JSON.stringify(`${field.name} is not in this version`);
      lines.push(`if (!isDefault(${source.constant(field)}, o.${field.name})) throw new TypeError(${message});`);
    }
  }
  if (plan.isFlexible) lines.push(...writeTags(taggedFields(plan), source));
  return source.add('w, o', lines);
}

function writeTags(fields: readonly FieldPlan[], source: Source): string[] {
  if (fields.length === 0) return ['w.uvarint(0);'];
  const lines = ['let n = 0;'];
  fields.forEach((field, i) => {
    lines.push(`const d${i} = isDefault(${source.constant(field)}, o.${field.name}); if (!d${i}) n++;`);
  });
  lines.push('w.uvarint(n);');
  fields.forEach((field, i) => {
    lines.push(`if (!d${i}) { const e = w.openTag(${field.tag}); const x = o.${field.name};`);
    lines.push(...writeField(field, source), 'w.closeTag(e); }');
  });
  return lines;
}

function writeField(field: FieldPlan, source: Source): string[] {
  if (!field.isArray) {
    if (field.struct === null) return [`w.${writeMethod(field, false)}(x);`];
    const write = `${writeStruct(field.struct, source)}(w, x);`;
    return [field.isNullable ? `if (x === null) w.int8(-1); else { w.int8(1); ${write} }` : write];
  }
  const element =
    field.struct === null ? `w.${writeMethod(field, true)}(x[i])` : `${writeStruct(field.struct, source)}(w, x[i])`;
  const length = field.isCompact ? 'compactArrayLength' : 'arrayLength';
  const loop = `for (let i = 0, n = w.${length}(x); i < n; i++) ${element};`;
  if (!field.isNullable) return [loop];
  return [`if (x === null) ${field.isCompact ? 'w.uvarint(0)' : 'w.int32(-1)'}; else ${loop}`];
}
