import { Decimal } from '../decimal.ts';
import { type AvroSchema, fullNameOf } from './avro-schema.ts';
import { bytesMin } from './bytes-min.ts';
import { Code, FunctionCode, memberName, quoted } from './code.ts';
import { nodesInCycles } from './cycles.ts';
import { valueOfJson } from './json-to-value.ts';
import { literal } from './literal.ts';
import { Misfit, within } from './path-error.ts';
import * as read from './read-bytes.ts';
import type { Plan, RecordPlan } from './resolve.ts';
import { SkipCode } from './skip-code.ts';
import { type AvroValueOptions, decimalOf, isLongNumber, isUuidFixed, unionForm } from './value-form.ts';

/** Reads a value at a position; where it ends is `cursor.at`. */
export type DecodeFunction = (bytes: Uint8Array, p: number) => unknown;

function fail(reason: string): never {
  throw new Misfit(reason);
}

function noSymbol(place: number, name: string, written: readonly string[]): never {
  const symbol = written[place];
  throw new Misfit(
    symbol === undefined
      ? `${place} is the number of no symbol of ${name}, which has ${written.length}`
      : `the reader's ${name} has no symbol ${symbol}, and no default`,
  );
}

function noBranch(place: number, count: number): never {
  throw new Misfit(`${place} is the number of no branch of a union of ${count}`);
}

const { cursor, ...functions } = read;
const runtime = { ...functions, cursor, within, fail, noSymbol, noBranch, Decimal };

/** Compiles what `resolve` planned. One function for each record and one for what is around them; the position is a local variable. */
export function compileDecode(plan: Plan, options: AvroValueOptions): DecodeFunction {
  return new DecodeCode(options).compile(plan);
}

class DecodeCode {
  readonly #options: AvroValueOptions;
  readonly #code = new Code(runtime);
  readonly #skip = new SkipCode(this.#code);
  readonly #records = new Map<RecordPlan, string>();
  #recursive: ReadonlySet<Plan> = new Set();
  #body!: FunctionCode;

  constructor(options: AvroValueOptions) {
    this.#options = options;
  }

  compile(plan: Plan): DecodeFunction {
    this.#recursive = nodesInCycles(plan, partsOfPlan);
    const name = this.#code.fresh('f');
    this.#function(name, () => {
      this.#line('let x;');
      this.#value(plan, 'x');
      this.#line('cursor.at = p; return x;');
    });
    return this.#code.compile(name);
  }

  #function(name: string, write: () => void, isRecursive = false): void {
    const outer = this.#body;
    this.#body = new FunctionCode(this.#code);
    write();
    this.#code.add(this.#body.text(name, 'b, p', isRecursive ? 'enter();' : '', ''));
    this.#body = outer;
  }

  #line(text: string): void {
    this.#body.line(text);
  }

  /** The variable x gets the value. */
  #value(plan: Plan, x: string): void {
    switch (plan.do) {
      case 'value':
        this.#line(this.#primitive(plan, x));
        return;
      case 'fixed': {
        const { size } = plan.wanted;
        const decimal = decimalOf(plan.wanted);
        if (decimal) {
          const { scale } = decimalOf(plan.writer) ?? decimal;
          this.#line(`${x} = readFixedDecimal(b, p, ${size}, ${scale}); p = cursor.at;`);
        } else if (isUuidFixed(plan.wanted)) this.#line(`${x} = readUuid(b, p); p = cursor.at;`);
        else this.#line(`${x} = readFixed(b, p, ${size}); p = cursor.at;`);
        return;
      }
      case 'enum': {
        const place = this.#body.local();
        const symbols = this.#code.constant(plan.symbols);
        this.#line(`const ${place} = readInt(b, p); p = cursor.at; ${x} = ${symbols}[${place}];`);
        const written = this.#code.constant(plan.written);
        this.#line(`if (${x} === undefined) noSymbol(${place}, ${quoted(plan.name)}, ${written});`);
        return;
      }
      case 'array':
        this.#array(plan.items, plan.writer, x);
        return;
      case 'map':
        this.#map(plan.values, plan.writer, x);
        return;
      case 'branches': {
        const place = this.#body.local();
        this.#line(`const ${place} = readInt(b, p); p = cursor.at; switch (${place}) {`);
        plan.branches.forEach((branch, index) => {
          this.#line(`case ${index}: {`);
          this.#value(branch, x);
          this.#line('break;}');
        });
        this.#line(`default: noBranch(${place}, ${plan.branches.length});}`);
        return;
      }
      case 'branch': {
        const { wrapped, names } = unionForm(plan.union, this.#options);
        const branch = plan.union.branches.indexOf(plan.branch);
        this.#value(plan.plan, x);
        if (wrapped[branch]) this.#line(`${x} = {${memberName(names[branch]!)}: ${x}};`);
        return;
      }
      case 'fail':
        this.#line(`fail(${quoted(plan.reason)});`);
        return;
      case 'record':
        this.#line(`${x} = ${this.#record(plan)}(b, p); p = cursor.at;`);
    }
  }

  #primitive({ written, wanted, writer }: Extract<Plan, { do: 'value' }>, x: string): string {
    const call = (name: string) => `${x} = ${name}(b, p); p = cursor.at;`;
    switch (wanted.type) {
      case 'null':
        return `${x} = null;`;
      case 'boolean':
        return call('readBoolean');
      case 'int':
        return call('readInt');
      case 'long': {
        const isNumber = isLongNumber(wanted, this.#options);
        if (written === 'int') return `${call('readInt')}${isNumber ? '' : `${x} = BigInt(${x});`}`;
        return call(isNumber ? 'readLongNumber' : 'readLong');
      }
      case 'float':
        if (written === 'int') return `${call('readInt')}${x} = Math.fround(${x});`;
        return call(written === 'long' ? 'readLongAsFloat' : 'readFloat');
      case 'double':
        if (written === 'int') return call('readInt');
        if (written === 'long') return call('readLongAsDouble');
        return call(written === 'float' ? 'readFloat' : 'readDouble');
      case 'bytes': {
        const decimal = decimalOf(wanted);
        if (!decimal) return call('readBytes');
        // A decimal of another scale is still the number that was written.
        const { scale } = decimalOf(writer) ?? decimal;
        return `${x} = readDecimal(b, p, ${scale}); p = cursor.at;`;
      }
      default:
        return call('readText');
    }
  }

  #array(items: Plan, writer: AvroSchema, x: string): void {
    const list = this.#body.local();
    const left = this.#body.local('n');
    const value = this.#body.local();
    const index = this.#body.variable('0');
    this.#line(`const ${list} = []; ${index.name} = 0;`);
    this.#blocks(left, writer, () => {
      this.#line(`let ${value};`);
      this.#body.inside(index.part, () => this.#value(items, value));
      this.#line(`${list}.push(${value}); ${index.name}++;`);
    });
    this.#line(`${x} = ${list};`);
  }

  #map(values: Plan, writer: AvroSchema, x: string): void {
    const map = this.#body.local();
    const left = this.#body.local('n');
    const value = this.#body.local();
    const name = this.#body.variable("''");
    this.#line(`const ${map} = {};`);
    this.#blocks(
      left,
      writer,
      () => {
        this.#line(`${name.name} = readText(b, p); p = cursor.at; let ${value};`);
        this.#body.inside(name.part, () => this.#value(values, value));
        this.#line(`setMember(${map}, ${name.name}, ${value});`);
      },
      1,
    );
    this.#line(`${x} = ${map};`);
  }

  #blocks(left: string, item: AvroSchema, write: () => void, nameBytes = 0): void {
    const block = `readBlock(b, p, ${nameBytes + bytesMin(item)})`;
    this.#line(`for (let ${left} = ${block}; ${left} > 0; ${left} = ${block}) {p = cursor.at; do {`);
    write();
    this.#line(`} while (--${left} > 0);} p = cursor.at;`);
  }

  #record(plan: RecordPlan): string {
    const known = this.#records.get(plan);
    if (known !== undefined) return known;
    const name = this.#code.fresh('f');
    this.#records.set(plan, name);
    const isRecursive = this.#recursive.has(plan);
    this.#function(
      name,
      () => {
        if (plan.failure !== undefined) {
          this.#line(`fail(${quoted(`${fullNameOf(plan.wanted)}: ${plan.failure}`)});`);
          return;
        }
        if (bytesMin(plan.writer) === 0) this.#line('countEmpty();');
        const values = new Map<string, string>();
        for (const step of plan.steps) {
          this.#body.inside(step.name, () => {
            if (step.plan === undefined) {
              this.#skip.value(step.writer, this.#body);
              return;
            }
            const value = this.#body.local();
            values.set(step.name, value);
            this.#line(`let ${value};`);
            this.#value(step.plan, value);
          });
        }
        for (const { name: field, schema, json } of plan.defaults) {
          values.set(field, literal(valueOfJson(schema, json, this.#options, 'default')));
        }
        const members = plan.wanted.fields.map((field) => `${memberName(field.name)}: ${values.get(field.name)}`);
        this.#line(`cursor.at = p; ${isRecursive ? 'cursor.depth--;' : ''}return {${members.join(', ')}};`);
      },
      isRecursive,
    );
    return name;
  }
}

function partsOfPlan(plan: Plan): readonly Plan[] {
  switch (plan.do) {
    case 'array':
      return [plan.items];
    case 'map':
      return [plan.values];
    case 'branches':
      return plan.branches;
    case 'branch':
      return [plan.plan];
    case 'record':
      return plan.steps.flatMap((step) => step.plan ?? []);
    default:
      return [];
  }
}
