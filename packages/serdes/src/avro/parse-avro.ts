import { JsonNumber, type JsonObject, type JsonValue, jsonText } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import { SchemaError } from '../schema-error.ts';
import {
  type AvroEnum,
  type AvroField,
  type AvroFixed,
  type AvroName,
  type AvroNamed,
  type AvroRecord,
  type AvroSchema,
  fullNameOf,
  type PrimitiveType,
  primitiveTypes,
  typeNameOf,
} from './avro-schema.ts';
import { isDefaultFor } from './default-value.ts';

const schemaWords = new Set('doc,fields,items,name,namespace,size,symbols,values,type,aliases'.split(','));
const enumWords = new Set([...schemaWords, 'default']);
const fieldWords = new Set(['default', 'doc', 'name', 'order', 'type', 'aliases']);
const namePattern = /^[\p{L}_][\p{L}\p{N}_]*$/u;

export interface ParsedAvro {
  schema: AvroSchema;
  /** The named types of what was referred to. */
  referenced: readonly AvroNamed[];
}

/**
 * Understands a schema as the reference implementation does: attributes that nobody knows are kept, names and defaults are checked.
 *
 * @param referenced texts of schemas whose named types it may use, dependencies first
 * @throws SchemaError with the path of what is wrong
 */
export function parseAvro(text: string, referenced: Iterable<string> = []): ParsedAvro {
  const names = new Map<string, AvroNamed>();
  for (const other of referenced) new Reader(names).read(jsonOf(other), '', '');
  const ofReferences = [...names.values()];
  return { schema: new Reader(names).read(jsonOf(text), '', ''), referenced: ofReferences };
}

/** A bare name, without quotes, is taken for a schema as well. */
function jsonOf(text: string): JsonValue {
  const trimmed = text.trim();
  if ((primitiveTypes as readonly string[]).includes(trimmed)) return trimmed;
  return parseJson(text);
}

class Reader {
  readonly #names: Map<string, AvroNamed>;

  constructor(names: Map<string, AvroNamed>) {
    this.#names = names;
  }

  read(json: JsonValue, namespace: string, where: string): AvroSchema {
    if (typeof json === 'string') return this.#byName(json, namespace, new Map(), where);
    if (Array.isArray(json)) return this.#union(json, namespace, where);
    if (!(json instanceof Map)) {
      throw new SchemaError(`A schema is a name, an object or a list, not ${jsonText(json)}`, where);
    }
    const type = json.get('type');
    if (typeof type !== 'string') throw new SchemaError('No type: a schema needs "type" with a name', where);
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(json, type, namespace, where);
      case 'enum':
        return this.#enum(json, namespace, where);
      case 'fixed':
        return this.#fixed(json, namespace, where);
      case 'array': {
        const items = this.#inner(json, 'items', namespace, where);
        return { type, items, properties: rest(json, schemaWords) };
      }
      case 'map': {
        const values = this.#inner(json, 'values', namespace, where);
        return { type, values, properties: rest(json, schemaWords) };
      }
      default:
        return this.#byName(type, namespace, rest(json, schemaWords), where);
    }
  }

  #byName(name: string, namespace: string, properties: JsonObject, where: string): AvroSchema {
    if ((primitiveTypes as readonly string[]).includes(name)) return { type: name as PrimitiveType, properties };
    const inNamespace = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
    const known = this.#names.get(inNamespace) ?? this.#names.get(name);
    if (known !== undefined) return known;
    throw new SchemaError(
      `"${inNamespace}" is not a defined name; define it before it is used, or refer to its subject`,
      where,
    );
  }

  #inner(json: JsonObject, member: 'items' | 'values', namespace: string, where: string): AvroSchema {
    const inner = json.get(member);
    if (inner === undefined) throw new SchemaError(`"${member}" is missing`, where);
    return this.read(inner, namespace, join(where, member));
  }

  #union(json: readonly JsonValue[], namespace: string, where: string): AvroSchema {
    const branches = json.map((branch, index) => this.read(branch, namespace, `${where}[${index}]`));
    const seen = new Set<string>();
    for (const branch of branches) {
      if (branch.type === 'union') throw new SchemaError('Nested union: a union may not be directly in a union', where);
      const name = typeNameOf(branch);
      if (seen.has(name)) throw new SchemaError(`Duplicate in union: ${name}`, where);
      seen.add(name);
    }
    return { type: 'union', branches };
  }

  #record(json: JsonObject, type: 'record' | 'error', namespace: string, where: string): AvroRecord {
    const record: AvroRecord = {
      type,
      ...this.#name(json, namespace, where),
      fields: [],
      properties: rest(json, schemaWords),
    };
    this.#define(record, where);
    const fields = json.get('fields');
    if (!Array.isArray(fields)) throw new SchemaError('Record has no fields: "fields" must be a list', where);
    const seen = new Set<string>();
    record.fields = fields.map((each, index) => {
      const field = this.#field(each, record.namespace, `${join(where, 'fields')}[${index}]`);
      if (seen.has(field.name)) throw new SchemaError(`Duplicate field ${field.name} in ${fullNameOf(record)}`, where);
      seen.add(field.name);
      return field;
    });
    return record;
  }

  #field(json: JsonValue, namespace: string, where: string): AvroField {
    if (!(json instanceof Map)) throw new SchemaError('A field is an object', where);
    const name = json.get('name');
    if (typeof name !== 'string') throw new SchemaError('No field name', where);
    checkName(name, where);
    const type = json.get('type');
    if (type === undefined) throw new SchemaError(`No field type: ${name}`, where);
    const schema = this.read(type, namespace, join(where, 'type'));
    const defaultValue = json.get('default');
    if (defaultValue !== undefined && !isDefaultFor(schema, defaultValue)) {
      const is = `${jsonText(defaultValue)} is no ${schema.type === 'union' ? 'value of a branch' : typeNameOf(schema)}`;
      throw new SchemaError(`Invalid default for field ${name}: ${is}`, where);
    }
    const order = json.get('order') ?? 'ascending';
    if (order !== 'ascending' && order !== 'descending' && order !== 'ignore') {
      throw new SchemaError('"order" is ascending, descending or ignore', where);
    }
    const doc = textOf(json.get('doc'));
    const aliases = aliasesOf(json, where);
    return { name, schema, doc, defaultValue, order, aliases, properties: rest(json, fieldWords) };
  }

  #enum(json: JsonObject, namespace: string, where: string): AvroEnum {
    const symbols = json.get('symbols');
    if (!Array.isArray(symbols)) throw new SchemaError('Enum has no symbols: "symbols" must be a list', where);
    const seen = new Set<string>();
    for (const symbol of symbols) {
      if (typeof symbol !== 'string') throw new SchemaError('A symbol is a text', where);
      checkName(symbol, where);
      if (seen.has(symbol)) throw new SchemaError(`Duplicate enum symbol: ${symbol}`, where);
      seen.add(symbol);
    }
    const defaultSymbol = textOf(json.get('default'));
    if (defaultSymbol !== undefined && !seen.has(defaultSymbol)) {
      throw new SchemaError(`The enum default ${defaultSymbol} is not one of its symbols`, where);
    }
    const name = this.#name(json, namespace, where);
    const properties = rest(json, enumWords);
    return this.#define({ type: 'enum', ...name, symbols: [...seen], defaultSymbol, properties }, where);
  }

  #fixed(json: JsonObject, namespace: string, where: string): AvroFixed {
    const size = json.get('size');
    const sizeBytes = size instanceof JsonNumber && size.isInteger ? Number(size.text) : -1;
    if (!(sizeBytes >= 0 && sizeBytes <= 0x7fff_ffff)) throw new SchemaError('Invalid or no size', where);
    const name = this.#name(json, namespace, where);
    return this.#define({ type: 'fixed', ...name, size: sizeBytes, properties: rest(json, schemaWords) }, where);
  }

  #name(json: JsonObject, enclosing: string, where: string): AvroName {
    const given = json.get('name');
    if (typeof given !== 'string')
      throw new SchemaError(`No name in schema of type ${String(json.get('type'))}`, where);
    const dot = given.lastIndexOf('.');
    const namespace = dot >= 0 ? given.slice(0, dot) : (textOf(json.get('namespace')) ?? enclosing);
    const name = given.slice(dot + 1);
    checkName(name, where);
    if (namespace !== '') for (const part of namespace.split('.')) checkName(part, where);
    const aliases = aliasesOf(json, where).map((alias) =>
      alias.includes('.') || namespace === '' ? alias : `${namespace}.${alias}`,
    );
    return { name, namespace, aliases, doc: textOf(json.get('doc')) };
  }

  #define<T extends AvroNamed>(schema: T, where: string): T {
    const fullName = fullNameOf(schema);
    if (schema.namespace === '' && (primitiveTypes as readonly string[]).includes(fullName)) {
      throw new SchemaError(`Schemas may not be named after primitives: ${fullName}`, where);
    }
    if (this.#names.has(fullName)) throw new SchemaError(`Can't redefine: ${fullName}`, where);
    this.#names.set(fullName, schema);
    return schema;
  }
}

function rest(json: JsonObject, known: ReadonlySet<string>): JsonObject {
  return new Map([...json].filter(([name]) => !known.has(name)));
}

function textOf(json: JsonValue | undefined): string | undefined {
  return typeof json === 'string' ? json : undefined;
}

function aliasesOf(json: JsonObject, where: string): string[] {
  const aliases = json.get('aliases');
  if (aliases === undefined || aliases === null) return [];
  if (!Array.isArray(aliases)) throw new SchemaError('"aliases" must be a list', where);
  return aliases.map((alias) => {
    if (typeof alias !== 'string') throw new SchemaError('An alias is a text', where);
    return alias;
  });
}

function checkName(name: string, where: string): void {
  if (namePattern.test(name)) return;
  throw new SchemaError(`Illegal name "${name}": a letter or _ first, then letters, digits and _`, where);
}

function join(where: string, member: string): string {
  return where === '' ? member : `${where}.${member}`;
}
