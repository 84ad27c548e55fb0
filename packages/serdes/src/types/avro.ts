import {
  type AvroEnum,
  type AvroNamed,
  type AvroRecord,
  type AvroSchema,
  type AvroUnion,
  fullNameOf,
  isNamed,
} from '../avro/avro-schema.ts';
import type { ParsedAvroSchema } from '../avro/parsed-avro.ts';
import { kindOf, unionForm } from '../avro/value-form.ts';
import { propertyName, quoted, type TypeDeclarations, TypeNames, tsDoc } from './declarations.ts';

/**
 * TypeScript for the values of an Avro schema, as `avroCodec` takes and gives them.
 *
 * @example
 * typesOfAvro(parsed, 'Tweet').declarations; // export interface Tweet { … }
 */
export function typesOfAvro({ schema }: ParsedAvroSchema, rootName: string): TypeDeclarations {
  const writer = new Writer();
  const name = isNamed(schema) ? writer.typeOf(schema) : writer.alias(schema, rootName);
  return { name, declarations: writer.declarations() };
}

class Writer {
  readonly #names = new TypeNames();
  readonly #nameOf = new Map<AvroNamed, string>();
  readonly #texts: string[] = [];

  declarations(): string {
    return this.#texts.join('\n');
  }

  /** A name for what has none of its own; a plain one needs none. */
  alias(schema: AvroSchema, name: string): string {
    if (schema.type !== 'union' && schema.type !== 'array' && schema.type !== 'map') return this.typeOf(schema);
    const given = this.#names.give(name);
    const at = this.#texts.push('') - 1;
    this.#texts[at] = `export type ${given} = ${this.typeOf(schema)};\n`;
    return given;
  }

  typeOf(schema: AvroSchema): string {
    switch (schema.type) {
      case 'record':
      case 'error':
        return this.#declared(schema, (name) => this.#record(schema, name));
      case 'enum':
        return this.#declared(schema, (name) => enumText(schema, name));
      case 'array': {
        const items = this.typeOf(schema.items);
        return schema.items.type === 'union' ? `(${items})[]` : `${items}[]`;
      }
      case 'map':
        return `{ [key: string]: ${this.typeOf(schema.values)} }`;
      case 'union':
        return this.#union(schema);
      default:
        return plainTypeOf(schema);
    }
  }

  #declared(schema: AvroRecord | AvroEnum, text: (name: string) => string): string {
    const known = this.#nameOf.get(schema);
    if (known !== undefined) return known;
    const name = this.#names.give(schema.name, fullNameOf(schema));
    this.#nameOf.set(schema, name);
    // What refers to itself finds its name; the place keeps the order of the schema.
    const at = this.#texts.push('') - 1;
    this.#texts[at] = text(name);
    return name;
  }

  #record(record: AvroRecord, name: string): string {
    const fields = record.fields.map((field) => {
      const type = this.typeOf(field.schema);
      return `${tsDoc(field.doc, '  ')}  ${propertyName(field.name)}: ${type};\n`;
    });
    return `${tsDoc(record.doc)}export interface ${name} {\n${fields.join('')}}\n`;
  }

  #union(union: AvroUnion): string {
    const { wrapped, names } = unionForm(union, {});
    const branches = union.branches.map((branch, index) => {
      const type = this.typeOf(branch);
      return wrapped[index] ? `{ ${quoted(names[index]!)}: ${type} }` : type;
    });
    return branches.length === 0 ? 'never' : branches.join(' | ');
  }
}

function enumText(schema: AvroEnum, name: string): string {
  const symbols = schema.symbols.map((symbol) => quoted(symbol)).join(' | ');
  return `${tsDoc(schema.doc)}export type ${name} = ${symbols === '' ? 'never' : symbols};\n`;
}

function plainTypeOf(schema: AvroSchema): string {
  switch (kindOf(schema, {})) {
    case 'bytes':
      return 'Uint8Array';
    case 'decimal':
      return 'serdes.Decimal';
    default:
      return kindOf(schema, {});
  }
}
