import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { type Located, SchemaDocuments } from '../json-schema/documents.ts';
import type { ParsedJsonSchema } from '../json-schema/parsed-json-schema.ts';
import { propertyName, quoted, type TypeDeclarations, TypeNames, tsDoc } from './declarations.ts';

/**
 * TypeScript for the values of a JSON Schema, as `jsonSchemaCodec` takes and gives them. Types say what TypeScript can say: not limits,
 * patterns, `not` or `if`. An object is open only where `additionalProperties` or `patternProperties` say so in so many words: a typing
 * mistake is found in all others.
 *
 * @example
 * typesOfJsonSchema(parsed, 'Order').declarations; // export interface Order { … }
 */
export function typesOfJsonSchema(parsed: ParsedJsonSchema, rootName: string): TypeDeclarations {
  const writer = new Writer(parsed);
  return { name: writer.root(parsed.fullName ?? rootName), declarations: writer.declarations() };
}

/** Where a schema stands: what relative references start from, what it may be called, and which types it is a direct part of. */
interface Place {
  base: string;
  hint: string;
  /** A type that is a direct part of itself says nothing, and is an error in TypeScript. */
  within: ReadonlySet<JsonObject>;
}

const outside: ReadonlySet<JsonObject> = new Set();
const anything = 'unknown';

class Writer {
  readonly #documents: SchemaDocuments;
  readonly #isModern: boolean;
  readonly #names = new TypeNames();
  readonly #nameOf = new Map<JsonObject, string>();
  readonly #texts: string[] = [];

  constructor({ json, references, draft }: ParsedJsonSchema) {
    this.#documents = new SchemaDocuments(json, references, draft);
    this.#isModern = draft >= 2019;
  }

  declarations(): string {
    return this.#texts.filter((text) => text !== '').join('\n');
  }

  root(name: string): string {
    const { value, base } = this.#documents.root;
    return this.#typeOf(value, { base, hint: name, within: outside }, true);
  }

  /** An expression; objects and what has a name of its own are declared. */
  #typeOf(schema: JsonValue, place: Place, isNamed = false): string {
    if (schema === false) return 'never';
    if (!(schema instanceof Map)) return anything;
    const base = this.#documents.baseOf(schema, place.base);
    const isReferredTo = this.#nameOf.has(schema);
    const isObject = isPlainObject(schema);
    if (!isReferredTo && !isObject && (!isNamed || isSimple(schema)))
      return this.#expression(schema, { ...place, base });
    return this.#declared(schema, { ...place, base }, isObject);
  }

  #declared(schema: JsonObject, place: Place, isObject: boolean): string {
    const known = this.#nameOf.get(schema);
    if (known !== undefined) return place.within.has(schema) ? anything : known;
    const title = schema.get('title');
    const wishes = typeof title === 'string' && title.trim() !== '' ? [title, place.hint] : [place.hint];
    const name = this.#names.give(...wishes.map(typeName));
    this.#nameOf.set(schema, name);
    // What refers to itself finds its name; the place keeps the order of the schema.
    const at = this.#texts.push('') - 1;
    const inner = { ...place, hint: name };
    this.#texts[at] = isObject
      ? `${docOf(schema)}export interface ${name} {\n${this.#members(schema, inner)}}\n`
      : `${docOf(schema)}export type ${name} = ${this.#expression(schema, { ...inner, within: new Set([...place.within, schema]) })};\n`;
    return name;
  }

  #expression(schema: JsonObject, place: Place): string {
    const parts: string[] = [];
    const ref = schema.get('$ref');
    if (typeof ref === 'string') {
      const target = this.#referred(this.#documents.find(ref, place.base, ref), ref, place);
      if (!this.#isModern) return target;
      parts.push(target);
    }
    const own = this.#ownType(schema, place);
    if (own !== anything) parts.push(own);
    for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
      const members = schema.get(keyword);
      if (!Array.isArray(members)) continue;
      const types = members.map((each, index) => this.#typeOf(each, { ...place, hint: `${place.hint}${index + 1}` }));
      parts.push(keyword === 'allOf' ? intersection(types) : union(types));
    }
    return intersection(parts);
  }

  #referred(target: Located, ref: string, place: Place): string {
    const { value, base } = target;
    if (!(value instanceof Map)) return this.#typeOf(value, place);
    if (place.within.has(value)) return anything;
    const hint = nameOfReference(ref) || place.hint;
    if (isSimple(value) && !value.has('title')) return this.#typeOf(value, { ...place, base, hint });
    return this.#declared(value, { ...place, base, hint }, isPlainObject(value));
  }

  #ownType(schema: JsonObject, place: Place): string {
    if (schema.has('const')) return literal(schema.get('const')!);
    const values = schema.get('enum');
    if (Array.isArray(values)) return union(values.map(literal));
    const type = schema.get('type');
    if (Array.isArray(type)) return union(type.map((each) => this.#ofType(String(each), schema, place)));
    if (typeof type === 'string') return this.#ofType(type, schema, place);
    if (saysObject(schema)) return this.#ofType('object', schema, place);
    return schema.has('prefixItems') || schema.has('items') ? this.#ofType('array', schema, place) : anything;
  }

  #ofType(type: string, schema: JsonObject, place: Place): string {
    switch (type) {
      case 'string':
      case 'boolean':
      case 'null':
      case 'number':
        return type;
      case 'integer':
        return mayBeLarge(schema) ? 'number | bigint' : 'number';
      case 'array':
        return this.#array(schema, { ...place, within: outside });
      case 'object':
        return this.#objectExpression(schema, { ...place, within: outside });
      default:
        return anything;
    }
  }

  #array(schema: JsonObject, place: Place): string {
    const items = schema.get('items');
    const first = this.#isModern ? schema.get('prefixItems') : items;
    const item = (each: JsonValue, hint: string) => this.#typeOf(each, { ...place, hint: `${place.hint}${hint}` });
    if (!Array.isArray(first)) return items === undefined ? 'unknown[]' : listOf(item(items, 'Item'));
    const needed =
      schema.get('minItems') instanceof JsonNumber ? Number((schema.get('minItems') as JsonNumber).text) : 0;
    const parts = first.map((each, index) => optional(item(each, `Item${index + 1}`), index < needed));
    const rest = this.#isModern ? items : schema.get('additionalItems');
    if (rest !== false) parts.push(`...${rest === undefined ? 'unknown[]' : listOf(item(rest, 'Rest'))}`);
    return `[${parts.join(', ')}]`;
  }

  /** An object that stands in a union or beside other keywords: declared when it has properties. */
  #objectExpression(schema: JsonObject, place: Place): string {
    const properties = schema.get('properties');
    if (properties instanceof Map && properties.size > 0) {
      const name = this.#names.give(typeName(place.hint), typeName(`${place.hint}Object`));
      const at = this.#texts.push('') - 1;
      this.#texts[at] = `export interface ${name} {\n${this.#members(schema, { ...place, hint: name })}}\n`;
      return name;
    }
    const others = this.#others(schema, place);
    return `{ [name: string]: ${others.length === 0 ? anything : union(others)} }`;
  }

  #members(schema: JsonObject, place: Place): string {
    const required = schema.get('required');
    const names = new Set(Array.isArray(required) ? required : []);
    const inner = { ...place, within: outside };
    const properties = schema.get('properties');
    const lines: string[] = [];
    for (const [name, each] of properties instanceof Map ? properties : []) {
      const type = this.#typeOf(each, { ...inner, hint: `${place.hint}${typeName(name)}` });
      const mark = names.has(name) ? '' : '?';
      lines.push(`${docOf(each, '  ')}  ${propertyName(name)}${mark}: ${type};\n`);
      names.delete(name);
    }
    for (const name of names) if (typeof name === 'string') lines.push(`  ${propertyName(name)}: unknown;\n`);
    // Properties of any type stand beside it: nothing narrower would be true of all.
    if (this.#others(schema, place).length > 0) lines.push('  [name: string]: unknown;\n');
    return lines.join('');
  }

  /** Types of properties that the schema does not name, where it says that there may be some. */
  #others(schema: JsonObject, place: Place): string[] {
    const inner = { ...place, within: outside, hint: `${place.hint}Value` };
    const patterns = schema.get('patternProperties');
    const types = Array.from(patterns instanceof Map ? patterns.values() : [], (each) => this.#typeOf(each, inner));
    const additional = schema.get('additionalProperties');
    return additional === undefined || additional === false ? types : [...types, this.#typeOf(additional, inner)];
  }
}

/** An object and nothing beside it: an interface. */
function isPlainObject(schema: JsonObject): boolean {
  const hasOther = ['$ref', 'const', 'enum', 'anyOf', 'oneOf', 'allOf'].some((keyword) => schema.has(keyword));
  if (hasOther) return false;
  const type = schema.get('type');
  const properties = schema.get('properties');
  const hasMembers = (properties instanceof Map && properties.size > 0) || Array.isArray(schema.get('required'));
  return hasMembers && (type === 'object' || type === undefined);
}

function saysObject(schema: JsonObject): boolean {
  return ['properties', 'patternProperties', 'additionalProperties', 'required'].some((keyword) => schema.has(keyword));
}

/** What is written in a word or two needs no name. */
function isSimple(schema: JsonObject): boolean {
  const type = schema.get('type');
  if (
    ['$ref', 'enum', 'anyOf', 'oneOf', 'allOf', 'properties', 'items', 'prefixItems'].some((keyword) =>
      schema.has(keyword),
    )
  ) {
    return false;
  }
  return typeof type === 'string' ? type !== 'object' && type !== 'array' : type === undefined && !saysObject(schema);
}

/** Integers that may be beyond 2^53: `jsonSchemaCodec` gives a bigint for those. */
function mayBeLarge(schema: JsonObject): boolean {
  if (schema.get('format') === 'int64' || schema.get('connect.type') === 'int64') return true;
  return ['maximum', 'minimum'].some((keyword) => {
    const limit = schema.get(keyword);
    return limit instanceof JsonNumber && !Number.isSafeInteger(Math.trunc(Number(limit.text)));
  });
}

function literal(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof JsonNumber) {
    const number = Number(value.text);
    if (Number.isFinite(number))
      return value.isInteger && !Number.isSafeInteger(number) ? `${value.text}n` : String(number);
    return 'number';
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (!(value instanceof Map)) return String(value);
  return `{ ${Array.from(value, ([name, member]) => `${propertyName(name)}: ${literal(member)}`).join('; ')} }`;
}

function union(types: readonly string[]): string {
  if (types.includes(anything)) return anything;
  const distinct = [...new Set(types.filter((type) => type !== 'never'))];
  return distinct.length === 0 ? 'never' : distinct.join(' | ');
}

function intersection(types: readonly string[]): string {
  const distinct = [...new Set(types.filter((type) => type !== anything))];
  if (distinct.length < 2) return distinct[0] ?? anything;
  return distinct.map((type) => (type.includes(' | ') ? `(${type})` : type)).join(' & ');
}

function listOf(type: string): string {
  return / [|&] /.test(type) ? `(${type})[]` : `${type}[]`;
}

function optional(type: string, isNeeded: boolean): string {
  if (isNeeded) return type;
  return / [|&] /.test(type) ? `(${type})?` : `${type}?`;
}

/** `#/definitions/postal-address` is `PostalAddress`; `https://example.com/address.json` is `Address`. */
function nameOfReference(ref: string): string {
  const [document = '', fragment = ''] = ref.split('#');
  const last = (fragment === '' ? document : fragment).split('/').findLast((part) => part !== '') ?? '';
  return typeName(last.replace(/(?:\.schema)?\.json$/, ''));
}

function typeName(text: string): string {
  const parts = text.split(/[^\p{L}\p{N}_$]+/u).filter((part) => part !== '');
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
}

function docOf(schema: JsonValue, indent = ''): string {
  if (!(schema instanceof Map)) return '';
  const description = schema.get('description');
  const lines = typeof description === 'string' ? [description] : [];
  if (schema.get('deprecated') === true) lines.push('@deprecated');
  return tsDoc(lines.join('\n\n'), indent);
}
