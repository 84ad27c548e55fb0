import {
  type AvroEnum,
  type AvroNamed,
  type AvroRecord,
  type AvroSchema,
  fullNameOf,
  isNamed,
  typeNameOf,
} from '../avro/avro-schema.ts';
import type { ParsedAvroSchema } from '../avro/parsed-avro.ts';
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
        return /[ |]/.test(items) && !items.startsWith('{') ? `(${items})[]` : `${items}[]`;
      }
      case 'map':
        return `{ [key: string]: ${this.typeOf(schema.values)} }`;
      case 'union':
        return this.#union(schema.branches);
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

  /** A branch that its JavaScript kind does not tell from another stands under its name. */
  #union(branches: readonly AvroSchema[]): string {
    if (branches.length === 0) return 'never';
    const kinds = branches.map((branch) => kindOf(branch));
    return branches
      .map((branch, index) => {
        const type = this.typeOf(branch);
        const isAlone = kinds.every((kind, other) => other === index || kind !== kinds[index]);
        return isAlone ? type : `{ ${quoted(typeNameOf(branch))}: ${type} }`;
      })
      .join(' | ');
  }
}

function enumText(schema: AvroEnum, name: string): string {
  const symbols = schema.symbols.map((symbol) => quoted(symbol)).join(' | ');
  return `${tsDoc(schema.doc)}export type ${name} = ${symbols === '' ? 'never' : symbols};\n`;
}

function plainTypeOf(schema: AvroSchema): string {
  const logical = 'properties' in schema ? schema.properties.get('logicalType') : undefined;
  switch (schema.type) {
    case 'null':
    case 'boolean':
    case 'string':
      return schema.type;
    case 'long':
      return logical === 'timestamp-millis' || logical === 'local-timestamp-millis' ? 'number' : 'bigint';
    case 'int':
    case 'float':
    case 'double':
      return 'number';
    default:
      return logical === 'decimal' ? 'serdes.Decimal' : 'Uint8Array';
  }
}

function kindOf(schema: AvroSchema): string {
  switch (schema.type) {
    case 'record':
    case 'error':
    case 'map':
      return 'object';
    case 'array':
      return 'array';
    case 'enum':
      return 'string';
    default:
      return plainTypeOf(schema);
  }
}
