import type { ByteWriter } from '../byte-writer.ts';
import { Decimal } from '../decimal.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroUnion } from './avro-schema.ts';
import { fieldNames, fullNameOf } from './avro-schema.ts';
import { Code, FunctionCode, quoted } from './code.ts';
import { nodesInCycles, partsOf } from './cycles.ts';
import { valueOfJson } from './json-to-value.ts';
import { literal } from './literal.ts';
import { within } from './path-error.ts';
import { cursor, enter } from './read-bytes.ts';
import { type AvroValueOptions, decimalOf, isUuidFixed, type UnionForm, unionForm } from './value-form.ts';
import * as write from './write-bytes.ts';

export type EncodeFunction = (value: unknown, writer: ByteWriter) => void;

/**
 * Compiles the encoder of a schema. One function for each record and one for what is around them; the position is a local variable, and
 * room is made once for all the values in a row whose size has a bound.
 */
export function compileEncode(schema: AvroSchema, options: AvroValueOptions): EncodeFunction {
  return new EncodeCode(options).compile(schema);
}

class EncodeCode {
  readonly #options: AvroValueOptions;
  readonly #code = new Code({ ...write, within, enter, cursor, Decimal });
  readonly #records = new Map<AvroRecord, string>();
  #recursive: ReadonlySet<AvroSchema> = new Set();
  #body!: FunctionCode;
  /** The line that makes room for the values in a row, and for how many bytes; undefined when none is open. */
  #row: { line: number; bytes: number } | undefined;

  constructor(options: AvroValueOptions) {
    this.#options = options;
  }

  compile(schema: AvroSchema): EncodeFunction {
    this.#recursive = nodesInCycles(schema, partsOf);
    const name = this.#function('x, w', () => this.#value(schema, 'x'));
    return this.#code.compile(name);
  }

  #function(parameters: string, write: () => void, isRecursive = false, name = this.#code.fresh('f')): string {
    const outer = this.#body;
    const row = this.#row;
    this.#body = new FunctionCode(this.#code);
    this.#row = undefined;
    write();
    const before = `${isRecursive ? 'enter();' : ''}let b = w.buffer, p = w.length;`;
    this.#code.add(this.#body.text(name, parameters, before, `w.length = p;${isRecursive ? 'cursor.depth--;' : ''}`));
    this.#body = outer;
    this.#row = row;
    return name;
  }

  #line(text: string): void {
    this.#body.line(text);
  }

  /** What comes next needs so many bytes at most. */
  #need(bytes: number): void {
    if (this.#row === undefined) {
      this.#row = { line: this.#body.lines.length, bytes: 0 };
      this.#line('');
    }
    this.#row.bytes += bytes;
    this.#body.lines[this.#row.line] = `if (p + ${this.#row.bytes} > b.length) b = room(w, p, ${this.#row.bytes});`;
  }

  #endRow(): void {
    this.#row = undefined;
  }

  /** A value that makes its own room: all rows end before it. */
  #sized(call: string): void {
    this.#endRow();
    this.#line(`p = ${call}; b = w.buffer;`);
  }

  #value(schema: AvroSchema, x: string): void {
    switch (schema.type) {
      case 'null':
        this.#line(`if (${x} !== null && ${x} !== undefined) misfit('null', ${x});`);
        return;
      case 'boolean':
        this.#need(1);
        this.#line(`p = writeBoolean(b, p, ${x});`);
        return;
      case 'int':
        this.#need(5);
        this.#line(`p = writeInt(b, p, ${x});`);
        return;
      case 'long':
        this.#need(10);
        this.#line(`p = writeLong(b, p, ${x});`);
        return;
      case 'float':
        this.#need(4);
        this.#line(`p = writeFloat(b, p, ${x});`);
        return;
      case 'double':
        this.#need(8);
        this.#line(`p = writeDouble(b, p, ${x});`);
        return;
      case 'enum': {
        const places = this.#code.constant(new Map(schema.symbols.map((symbol, place) => [symbol, place])));
        this.#need(5);
        this.#line(`p = writeSymbol(b, p, ${x}, ${places});`);
        return;
      }
      case 'string':
        this.#sized(`writeText(w, p, ${x})`);
        return;
      case 'bytes':
      case 'fixed': {
        const size = schema.type === 'fixed' ? schema.size : -1;
        const decimal = decimalOf(schema);
        if (decimal) this.#sized(`writeDecimal(w, p, ${x}, ${this.#code.constant(decimal)}, ${size})`);
        else if (isUuidFixed(schema)) this.#sized(`writeUuid(w, p, ${x})`);
        else this.#sized(size < 0 ? `writeBytes(w, p, ${x})` : `writeFixed(w, p, ${x}, ${size})`);
        return;
      }
      case 'array':
        this.#array(schema.items, x);
        return;
      case 'map':
        this.#map(schema.values, x);
        return;
      case 'union':
        this.#union(schema, x);
        return;
      default:
        this.#endRow();
        this.#line(`w.length = p; ${this.#record(schema)}(${x}, w); p = w.length; b = w.buffer;`);
    }
  }

  #array(items: AvroSchema, x: string): void {
    const size = this.#body.local();
    const index = this.#body.variable('0');
    this.#need(10);
    this.#line(`const ${size} = listSize(${x}); if (${size} > 0) {p = writeLong(b, p, ${size});`);
    this.#endRow();
    this.#line(`for (${index.name} = 0; ${index.name} < ${size}; ${index.name}++) {`);
    this.#body.inside(index.part, () => this.#loopValue(items, `${x}[${index.name}]`));
    this.#line('}}');
    this.#endRow();
    this.#need(1);
    this.#line('b[p++] = 0;');
  }

  #map(values: AvroSchema, x: string): void {
    const names = this.#body.local();
    const place = this.#body.local('i');
    const name = this.#body.variable("''");
    this.#need(10);
    this.#line(`const ${names} = memberNames(${x}); if (${names}.length > 0) {p = writeLong(b, p, ${names}.length);`);
    this.#endRow();
    this.#line(`for (let ${place} = 0; ${place} < ${names}.length; ${place}++) {${name.name} = ${names}[${place}];`);
    this.#body.inside(name.part, () => {
      this.#sized(`writeText(w, p, ${name.name})`);
      this.#loopValue(values, `${x}[${name.name}]`);
    });
    this.#line('}}');
    this.#endRow();
    this.#need(1);
    this.#line('b[p++] = 0;');
  }

  #loopValue(schema: AvroSchema, x: string): void {
    const value = this.#body.local();
    this.#line(`const ${value} = ${x};`);
    this.#value(schema, value);
    this.#endRow();
  }

  #union(union: AvroUnion, x: string): void {
    const form = unionForm(union, this.#options);
    const table = write.unionTable(form, (branch) => fieldNames(union.branches[branch]!));
    const branch = this.#body.local();
    const value = this.#body.local();
    const tests = quickTests(form, x).map(([test, place]) => `${test} ? ${place} : `);
    this.#line(`let ${branch} = ${tests.join('')}pickBranch(${x}, ${this.#code.constant(table)}), ${value} = ${x};`);
    this.#line(`if (${branch} < 0) {${branch} = ~${branch}; ${value} = unwrapped.value;}`);
    this.#need(5);
    this.#line(union.branches.length <= 64 ? `b[p++] = ${branch} * 2;` : `p = writeInt(b, p, ${branch});`);
    this.#line(`switch (${branch}) {`);
    const row = this.#row;
    union.branches.forEach((schema, place) => {
      this.#line(`case ${place}: {`);
      this.#row = hasBound(schema) ? row : undefined;
      this.#value(schema, value);
      this.#line('break;}');
    });
    this.#line('}');
    this.#row = union.branches.every(hasBound) ? row : undefined;
  }

  #record(schema: AvroRecord): string {
    const known = this.#records.get(schema);
    if (known !== undefined) return known;
    const name = this.#code.fresh('f');
    this.#records.set(schema, name);
    this.#function(
      'x, w',
      () => {
        this.#line(
          `if (typeof x !== 'object' || x === null || Array.isArray(x)) checkRecord(x, ${quoted(fullNameOf(schema))});`,
        );
        for (const field of schema.fields) this.#body.inside(field.name, () => this.#field(field));
      },
      this.#recursive.has(schema),
      name,
    );
    return name;
  }

  #field(field: AvroField): void {
    const value = this.#body.local();
    const member = `x[${quoted(field.name)}]`;
    // What every object inherits is no field.
    const own =
      field.name in Object.prototype ? `Object.hasOwn(x, ${quoted(field.name)}) ? ${member} : undefined` : member;
    this.#line(`let ${value} = ${own};`);
    if (field.defaultValue !== undefined) {
      const filled = literal(valueOfJson(field.schema, field.defaultValue, this.#options, 'default'));
      this.#line(`if (${value} === undefined) ${value} = ${filled};`);
    }
    this.#value(field.schema, value);
  }
}

/** Tests for the kinds that `typeof` tells, without a call. */
function quickTests({ kinds, wrapped }: UnionForm, x: string): [test: string, branch: number][] {
  const tests = kinds.map((kind, branch): [string, number] | undefined => {
    if (kind === 'null') return [`${x} === null`, branch];
    if (wrapped[branch] || !['string', 'number', 'bigint', 'boolean'].includes(kind)) return undefined;
    return [`typeof ${x} === '${kind}'`, branch];
  });
  return tests.filter((test) => test !== undefined);
}

/** Whether it is written into room that is made before. */
function hasBound({ type }: AvroSchema): boolean {
  return ['null', 'boolean', 'int', 'long', 'float', 'double', 'enum'].includes(type);
}
