import { JsonNumber, type JsonObject, type JsonValue, jsonText, sortedJson } from '../json/json-value.ts';
import { type AvroField, type AvroNamed, type AvroSchema, fullNameOf, isNamed, primitiveTypes } from './avro-schema.ts';

/**
 * The schema as compact JSON, attributes in the order in which Avro's own implementation writes them. Named types of `known` are written
 * by name; any other is written out where it comes first.
 */
export function avroText(schema: AvroSchema, known: Iterable<AvroNamed> = []): string {
  return jsonText(avroJson(schema, '', new Set(known)));
}

function avroJson(schema: AvroSchema, namespace: string, written: Set<AvroNamed>): JsonValue {
  if (schema.type === 'union') return schema.branches.map((branch) => avroJson(branch, namespace, written));
  if (!isNamed(schema)) return plainJson(schema, namespace, written);
  if (written.has(schema)) return referenceTo(schema, namespace);
  written.add(schema);
  const json: JsonObject = new Map<string, JsonValue>([
    ['type', schema.type],
    ['name', schema.name],
  ]);
  if (schema.namespace !== namespace) json.set('namespace', schema.namespace);
  if (schema.doc !== undefined) json.set('doc', schema.doc);
  addDefinition(json, schema, (field) => fieldJson(field, schema.namespace, written));
  addAll(json, schema.properties);
  if (schema.aliases.length > 0) {
    json.set(
      'aliases',
      schema.aliases.map((alias) => withoutNamespace(alias, schema.namespace)),
    );
  }
  return json;
}

function plainJson(
  schema: Exclude<AvroSchema, AvroNamed | { type: 'union' }>,
  namespace: string,
  written: Set<AvroNamed>,
): JsonValue {
  const isPrimitive = schema.type !== 'array' && schema.type !== 'map';
  if (isPrimitive && schema.properties.size === 0) return schema.type;
  const json: JsonObject = new Map<string, JsonValue>([['type', schema.type]]);
  if (schema.type === 'array') json.set('items', avroJson(schema.items, namespace, written));
  else if (schema.type === 'map') json.set('values', avroJson(schema.values, namespace, written));
  addAll(json, schema.properties);
  return json;
}

function fieldJson(field: AvroField, namespace: string, written: Set<AvroNamed>): JsonObject {
  const json: JsonObject = new Map<string, JsonValue>([
    ['name', field.name],
    ['type', avroJson(field.schema, namespace, written)],
  ]);
  if (field.doc !== undefined) json.set('doc', field.doc);
  if (field.defaultValue !== undefined) json.set('default', field.defaultValue);
  if (field.order !== 'ascending') json.set('order', field.order);
  if (field.aliases.length > 0) json.set('aliases', [...field.aliases]);
  addAll(json, field.properties);
  return json;
}

/** Full names everywhere, attributes in one order: equal for all ways to write the same schema. */
export function normalizedAvroText(schema: AvroSchema): string {
  return jsonText(normalizedJson(schema, new Set()));
}

function normalizedJson(schema: AvroSchema, written: Set<AvroNamed>): JsonValue {
  if (schema.type === 'union') return schema.branches.map((branch) => normalizedJson(branch, written));
  const json: JsonObject = new Map();
  if (!isNamed(schema)) {
    if (schema.properties.size === 0 && schema.type !== 'array' && schema.type !== 'map') return schema.type;
    json.set('type', schema.type);
    if (schema.type === 'array') json.set('items', normalizedJson(schema.items, written));
    else if (schema.type === 'map') json.set('values', normalizedJson(schema.values, written));
    addAll(json, sortedJson(schema.properties) as JsonObject);
    return json;
  }
  if (written.has(schema)) return fullNameOf(schema);
  written.add(schema);
  json.set('name', fullNameOf(schema));
  json.set('type', schema.type);
  addDefinition(json, schema, (field) => normalizedField(field, written));
  if (schema.doc !== undefined) json.set('doc', schema.doc);
  if (schema.aliases.length > 0) json.set('aliases', [...schema.aliases].sort());
  addAll(json, sortedJson(schema.properties) as JsonObject);
  return json;
}

function normalizedField(field: AvroField, written: Set<AvroNamed>): JsonObject {
  const json: JsonObject = new Map<string, JsonValue>([
    ['name', field.name],
    ['type', normalizedJson(field.schema, written)],
  ]);
  if (field.defaultValue !== undefined) json.set('default', sortedJson(field.defaultValue));
  if (field.doc !== undefined) json.set('doc', field.doc);
  if (field.order !== 'ascending') json.set('order', field.order);
  if (field.aliases.length > 0) json.set('aliases', [...field.aliases].sort());
  addAll(json, sortedJson(field.properties) as JsonObject);
  return json;
}

/** What makes the named type what it is. */
function addDefinition(json: JsonObject, schema: AvroNamed, fieldOf: (field: AvroField) => JsonValue): void {
  if (schema.type === 'enum') {
    json.set('symbols', [...schema.symbols]);
    if (schema.defaultSymbol !== undefined) json.set('default', schema.defaultSymbol);
  } else if (schema.type === 'fixed') json.set('size', new JsonNumber(String(schema.size)));
  else json.set('fields', schema.fields.map(fieldOf));
}

function addAll(json: JsonObject, properties: JsonObject): void {
  for (const [name, value] of properties) json.set(name, value);
}

/** A type that is called as a primitive needs its namespace even inside of it. */
function referenceTo(schema: AvroNamed, namespace: string): string {
  const isAmbiguous = (primitiveTypes as readonly string[]).includes(schema.name);
  return schema.namespace === namespace && !isAmbiguous ? schema.name : fullNameOf(schema);
}

function withoutNamespace(fullName: string, namespace: string): string {
  return namespace !== '' && fullName.startsWith(`${namespace}.`) && !fullName.slice(namespace.length + 1).includes('.')
    ? fullName.slice(namespace.length + 1)
    : fullName;
}
