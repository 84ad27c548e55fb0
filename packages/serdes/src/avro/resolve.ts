import type { JsonValue } from '../json/json-value.ts';
import { aliasesOf, type RenamedBy } from './aliases.ts';
import {
  type AvroEnum,
  type AvroFixed,
  type AvroPrimitive,
  type AvroRecord,
  type AvroSchema,
  type AvroUnion,
  type PrimitiveType,
  typeNameOf,
} from './avro-schema.ts';
import { isSameStructure } from './same-structure.ts';

/** What to do with the bytes of a writer's schema so that a value of the reader's comes out; the end of planning, the start of code. */
export type Plan =
  | { do: 'value'; written: PrimitiveType; wanted: AvroPrimitive; writer: AvroSchema }
  | { do: 'fixed'; wanted: AvroFixed; writer: AvroFixed }
  | { do: 'enum'; name: string; symbols: readonly (string | undefined)[]; written: readonly string[] }
  | { do: 'array'; items: Plan; writer: AvroSchema }
  | { do: 'map'; values: Plan; writer: AvroSchema }
  | RecordPlan
  | { do: 'branches'; branches: readonly Plan[] }
  /** The value of one branch of the reader's union. */
  | { do: 'branch'; union: AvroUnion; branch: AvroSchema; plan: Plan }
  /** Only those who meet it fail: a branch that never comes does no harm. */
  | { do: 'fail'; reason: string };

export interface RecordPlan {
  do: 'record';
  wanted: AvroRecord;
  writer: AvroRecord;
  /** In the order of the bytes. Without a plan the field is passed over. */
  steps: { name: string; writer: AvroSchema; plan: Plan | undefined }[];
  /** Fields of the reader that the writer does not have. */
  defaults: { name: string; schema: AvroSchema; json: JsonValue }[];
  /** What makes every such record unreadable. */
  failure: string | undefined;
}

/**
 * Schema resolution of Avro 1.12 as its reference implementation has it, which differs from the words of the specification in this: record
 * names need not agree, and a record finds its branch of a union by full name, then by structure, best with the same short name.
 */
export function resolve(writer: AvroSchema, reader: AvroSchema): Plan {
  return new Resolution(writer === reader ? undefined : aliasesOf(reader)).plan(writer, reader);
}

class Resolution {
  readonly #renamed: RenamedBy | undefined;
  readonly #records = new Map<AvroRecord, Map<AvroRecord, RecordPlan>>();

  constructor(renamed: RenamedBy | undefined) {
    this.#renamed = renamed;
  }

  plan(writer: AvroSchema, reader: AvroSchema): Plan {
    if (writer.type === 'union') return this.#writerUnion(writer, reader);
    if (reader.type === 'union') return this.#readerUnion(writer, reader);
    switch (reader.type) {
      case 'record':
      case 'error':
        return writer.type === 'record' || writer.type === 'error'
          ? this.#record(writer, reader)
          : clash(writer, reader);
      case 'enum':
        return writer.type === 'enum' ? this.#enum(writer, reader) : clash(writer, reader);
      case 'fixed':
        return writer.type === 'fixed' ? this.#fixed(writer, reader) : clash(writer, reader);
      case 'array':
        if (writer.type !== 'array') return clash(writer, reader);
        return { do: 'array', items: this.plan(writer.items, reader.items), writer: writer.items };
      case 'map':
        if (writer.type !== 'map') return clash(writer, reader);
        return { do: 'map', values: this.plan(writer.values, reader.values), writer: writer.values };
      default:
        if (!isPrimitive(writer) || !isReadAs(writer.type, reader.type)) return clash(writer, reader);
        return { do: 'value', written: writer.type, wanted: reader, writer };
    }
  }

  #fullName(writer: AvroRecord | AvroEnum | AvroFixed): string {
    const name = typeNameOf(writer);
    return this.#renamed?.types.get(name) ?? name;
  }

  #enum(writer: AvroEnum, reader: AvroEnum): Plan {
    if (shortName(this.#fullName(writer)) !== reader.name) return clash(writer, reader);
    const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.defaultSymbol));
    return { do: 'enum', name: typeNameOf(reader), symbols, written: writer.symbols };
  }

  #fixed(writer: AvroFixed, reader: AvroFixed): Plan {
    if (shortName(this.#fullName(writer)) !== reader.name || writer.size !== reader.size) return clash(writer, reader);
    return { do: 'fixed', wanted: reader, writer };
  }

  #record(writer: AvroRecord, reader: AvroRecord): RecordPlan {
    const known = this.#records.get(writer)?.get(reader);
    if (known !== undefined) return known;
    const plan: RecordPlan = { do: 'record', wanted: reader, writer, steps: [], defaults: [], failure: undefined };
    const plans = this.#records.get(writer) ?? new Map<AvroRecord, RecordPlan>();
    // Before the fields, which may refer to it.
    this.#records.set(writer, plans.set(reader, plan));
    const wanted = new Map(reader.fields.map((field) => [field.name, field.schema]));
    const renamed = this.#renamed?.fields.get(this.#fullName(writer));
    const written = new Set(writer.fields.map(({ name }) => name));
    for (const { name, schema } of writer.fields) {
      const alias = renamed?.get(name);
      const target = alias !== undefined && !written.has(alias) ? alias : name;
      const field = wanted.get(target);
      wanted.delete(target);
      plan.steps.push({ name: target, writer: schema, plan: field && this.plan(schema, field) });
    }
    for (const { name, schema, defaultValue } of reader.fields) {
      if (!wanted.has(name)) continue;
      if (defaultValue !== undefined) plan.defaults.push({ name, schema, json: defaultValue });
      else {
        plan.failure ??= `the writer's schema has no field ${name}, and the reader's has no default for it: give it one`;
      }
    }
    return plan;
  }

  #writerUnion(writer: AvroUnion, reader: AvroSchema): Plan {
    // The same union again, but for types in it that changed in a way that does not show in their structure, as their namespace.
    const isSame = isSameStructure(writer, reader, (each) => shortName(this.#fullName(each)), this.#renamed);
    const branches = writer.branches.map((branch, index) => {
      if (!isSame) return this.plan(branch, reader);
      const union = reader as AvroUnion;
      return this.#branch(union, union.branches[index]!, branch);
    });
    return { do: 'branches', branches };
  }

  #branch(union: AvroUnion, branch: AvroSchema, writer: AvroSchema): Plan {
    return { do: 'branch', union, branch, plan: this.plan(writer, branch) };
  }

  #readerUnion(writer: AvroSchema, reader: AvroUnion): Plan {
    const branch = this.#firstMatch(writer, reader.branches);
    return branch === undefined ? clash(writer, reader) : this.#branch(reader, branch, writer);
  }

  #firstMatch(writer: AvroSchema, branches: readonly AvroSchema[]): AvroSchema | undefined {
    let alike: AvroSchema | undefined;
    for (const branch of branches) {
      if (writer.type !== branch.type) continue;
      if (!('name' in writer)) return branch;
      const fullName = this.#fullName(writer);
      if (fullName === typeNameOf(branch)) return branch;
      if (!('fields' in writer && 'fields' in branch) || this.#hasFailure(this.#record(writer, branch))) continue;
      if (alike === undefined || shortName(fullName) === branch.name) alike = branch;
    }
    return alike ?? branches.find((branch) => writer.type !== branch.type && isReadAs(writer.type, branch.type));
  }

  /** Only its own fields are looked at. */
  #hasFailure({ failure, steps }: RecordPlan): boolean {
    return failure !== undefined || steps.some(({ plan }) => plan?.do === 'fail');
  }
}

function isPrimitive(schema: AvroSchema): schema is AvroPrimitive {
  return !('name' in schema) && schema.type !== 'array' && schema.type !== 'map' && schema.type !== 'union';
}

const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

function isReadAs(writer: string, reader: string): boolean {
  return writer === reader || (promotions[writer]?.includes(reader) ?? false);
}

function clash(writer: AvroSchema, reader: AvroSchema): Plan {
  return { do: 'fail', reason: `${described(writer)} was written, and the reader's schema has ${described(reader)}` };
}

function described(schema: AvroSchema): string {
  if (schema.type === 'union') return `the union ${schema.branches.map(typeNameOf).join(', ')}`;
  if (schema.type === 'fixed') return `fixed ${typeNameOf(schema)} of ${schema.size} bytes`;
  return 'name' in schema ? `${schema.type} ${typeNameOf(schema)}` : schema.type;
}

function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}
