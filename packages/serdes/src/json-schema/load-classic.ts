import { JsonNumber, type JsonObject, type JsonValue, jsonText, sortedJson } from '../json/json-value.ts';
import { SchemaError } from '../schema-error.ts';
import type { SchemaDocuments } from './documents.ts';
import type { JsonSchemaDraft } from './draft.ts';
import {
  below,
  mistake,
  requireBoolean,
  requireCount,
  requireList,
  requireMembers,
  requireNumber,
  requireText,
} from './keyword-values.ts';
import { checkPattern } from './pattern.ts';
import {
  type ArrayNode,
  arrayNode,
  type CombinedNode,
  type Criterion,
  exactText,
  type JsonSchemaNode,
  type NumberNode,
  type ObjectNode,
  objectNode,
  type ReferenceNode,
  type StringNode,
} from './schema-node.ts';

const numberKeywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
const stringKeywords = ['minLength', 'maxLength', 'pattern', 'format'];
const conditionKeywords = ['if', 'then', 'else'];
const objectKeywords4 = [
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'dependencies',
  'patternProperties',
  'additionalProperties',
];
const arrayKeywords4 = ['items', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'];

/**
 * Drafts 4, 6 and 7, into what compatibility is judged by: keywords of one type make one schema, those that stand beside it an `allOf`.
 * What Confluent's registry refuses when it loads a schema is refused; definitions that nothing refers to are not looked at.
 *
 * @throws SchemaError
 */
export function loadClassic(documents: SchemaDocuments, draft: JsonSchemaDraft): JsonSchemaNode {
  return new ClassicLoader(documents, draft).root();
}

class ClassicLoader {
  readonly #documents: SchemaDocuments;
  readonly #draft: JsonSchemaDraft;
  readonly #objectKeywords: readonly string[];
  readonly #arrayKeywords: readonly string[];
  /** Targets of references, by what they are in their document. */
  readonly #targets = new Map<JsonObject, { node?: JsonSchemaNode; waiting: ReferenceNode[] }>();

  constructor(documents: SchemaDocuments, draft: JsonSchemaDraft) {
    this.#documents = documents;
    this.#draft = draft;
    this.#objectKeywords = draft === 4 ? objectKeywords4 : [...objectKeywords4, 'propertyNames'];
    this.#arrayKeywords = draft === 4 ? arrayKeywords4 : [...arrayKeywords4, 'contains'];
  }

  root(): JsonSchemaNode {
    const { value, base } = this.#documents.root;
    return this.#load(value, base, '#');
  }

  #load(schema: JsonValue, inherited: string, where: string): JsonSchemaNode {
    if (schema === true) return { kind: 'empty', annotations: 'true' };
    if (schema === false) return { kind: 'false' };
    if (!(schema instanceof Map)) throw mistake(schema, 'a schema (an object, true or false)', where);
    const base = this.#documents.baseOf(schema, inherited);
    const ref = schema.get('$ref');
    if (ref !== undefined) return this.#reference(requireText(ref, below(where, '$ref')), schema, base, where);
    const consumed = new Set<string>();
    const parts = this.#parts(schema, consumed, base, where);
    const node: JsonSchemaNode = parts.length === 1 ? parts[0]! : combined('allOf', parts);
    return this.#annotate(parts.length === 0 ? { kind: 'empty' } : node, schema, consumed, where);
  }

  #parts(schema: JsonObject, consumed: Set<string>, base: string, where: string): JsonSchemaNode[] {
    const parts: JsonSchemaNode[] = [];
    const values = schema.get('enum');
    if (values !== undefined) {
      consumed.add('enum');
      parts.push({ kind: 'enum', values: new Set(requireList(values, below(where, 'enum')).map(exactText)) });
    }
    for (const criterion of ['allOf', 'anyOf', 'oneOf'] as const) {
      const list = schema.get(criterion);
      if (list === undefined) continue;
      consumed.add(criterion);
      const at = below(where, criterion);
      parts.push(
        combined(
          criterion,
          requireList(list, at).map((each, index) => this.#load(each, base, below(at, index))),
        ),
      );
    }
    const not = schema.get('not');
    if (not !== undefined) {
      consumed.add('not');
      parts.push({ kind: 'not', schema: this.#load(not, base, below(where, 'not')) });
    }
    const constant = schema.get('const');
    if (constant !== undefined && this.#draft !== 4) {
      consumed.add('const');
      parts.push({ kind: 'const', value: exactText(constant) });
    }
    const type = schema.get('type');
    if (type !== undefined) {
      consumed.add('type');
      parts.push(this.#ofType(type, schema, consumed, base, below(where, 'type'), where));
    }
    return [...parts, ...this.#withoutType(schema, consumed, base, where)];
  }

  #ofType(
    type: JsonValue,
    schema: JsonObject,
    consumed: Set<string>,
    base: string,
    at: string,
    where: string,
  ): JsonSchemaNode {
    if (typeof type === 'string') return this.#ofOneType(type, schema, consumed, base, at, where);
    const members = requireList(type, at).map((each, index) =>
      this.#ofOneType(requireText(each, below(at, index)), schema, consumed, base, below(at, index), where),
    );
    return combined('anyOf', members);
  }

  #ofOneType(
    type: string,
    schema: JsonObject,
    consumed: Set<string>,
    base: string,
    at: string,
    where: string,
  ): JsonSchemaNode {
    switch (type) {
      case 'string':
        return { ...this.#string(schema, consumed, where), annotations: 'string' };
      case 'integer':
        return { ...this.#number(schema, consumed, where), isInteger: true };
      case 'number':
        return { ...this.#number(schema, consumed, where), annotations: 'number' };
      case 'boolean':
      case 'null':
        return { kind: type };
      case 'array':
        return { ...this.#array(schema, consumed, base, where), annotations: 'array' };
      case 'object':
        return { ...this.#object(schema, consumed, base, where), annotations: 'object' };
      default:
        throw new SchemaError(`There is no type "${type}"`, at);
    }
  }

  /** Keywords that say of themselves what type they are about. */
  #withoutType(schema: JsonObject, consumed: Set<string>, base: string, where: string): JsonSchemaNode[] {
    const hasAny = (keywords: readonly string[]) =>
      keywords.some((keyword) => schema.has(keyword) && !consumed.has(keyword));
    const parts: JsonSchemaNode[] = [];
    if (hasAny(this.#arrayKeywords)) parts.push(this.#array(schema, consumed, base, where));
    if (hasAny(this.#objectKeywords)) parts.push(this.#object(schema, consumed, base, where));
    if (hasAny(numberKeywords)) parts.push(this.#number(schema, consumed, where));
    if (hasAny(stringKeywords)) parts.push(this.#string(schema, consumed, where));
    if (this.#draft === 7 && hasAny(conditionKeywords)) {
      for (const keyword of conditionKeywords) {
        consumed.add(keyword);
        const condition = schema.get(keyword);
        if (condition !== undefined) this.#load(condition, base, below(where, keyword));
      }
      const text = conditionKeywords.map((keyword) => textOf(schema.get(keyword))).join(' ');
      parts.push({ kind: 'conditional', annotations: text });
    }
    return parts;
  }

  #string(schema: JsonObject, consumed: Set<string>, where: string): StringNode {
    for (const keyword of stringKeywords) consumed.add(keyword);
    const [minLength, maxLength] = [count(schema, 'minLength', where), count(schema, 'maxLength', where)];
    const pattern = schema.get('pattern');
    const format = schema.get('format');
    if (format !== undefined) requireText(format, below(where, 'format'));
    if (pattern !== undefined) checkPattern(requireText(pattern, below(where, 'pattern')), below(where, 'pattern'));
    return {
      kind: 'string',
      ...(minLength === undefined ? {} : { minLength }),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(pattern === undefined ? {} : { pattern: pattern as string }),
    };
  }

  #number(schema: JsonObject, consumed: Set<string>, where: string): NumberNode {
    const node: NumberNode = { kind: 'number' };
    for (const keyword of numberKeywords) {
      consumed.add(keyword);
      const value = schema.get(keyword);
      if (value === undefined) continue;
      const at = below(where, keyword);
      // In draft 4 these two say of minimum and maximum what kind of limit they are, which is not compared.
      if (this.#draft === 4 && keyword.startsWith('exclusive')) requireBoolean(value, at);
      else node[keyword as 'minimum'] = requireNumber(value, at);
    }
    if (node.multipleOf !== undefined && Number(node.multipleOf) === 0) {
      throw new SchemaError('Nothing is a multiple of 0', below(where, 'multipleOf'));
    }
    return node;
  }

  #object(schema: JsonObject, consumed: Set<string>, base: string, where: string): ObjectNode {
    for (const keyword of this.#objectKeywords) consumed.add(keyword);
    const node = objectNode();
    assignCount(node, 'minProperties', schema, where);
    assignCount(node, 'maxProperties', schema, where);
    const idKeyword = this.#draft === 4 ? 'id' : '$id';
    for (const [name, value] of members(schema, 'properties', where)) {
      // A property may be called as the keyword is; a text there is an id that was put one level too deep.
      if (name === idKeyword && !(value instanceof Map)) continue;
      node.properties.set(name, this.#load(value, base, below(where, 'properties', name)));
    }
    const additional = schema.get('additionalProperties');
    if (typeof additional === 'boolean') node.permitsAdditional = additional;
    else if (additional !== undefined) {
      node.additional = this.#load(additional, base, below(where, 'additionalProperties'));
    }
    const required = schema.get('required');
    if (required !== undefined) {
      const at = below(where, 'required');
      for (const [index, each] of requireList(required, at).entries())
        node.required.add(requireText(each, below(at, index)));
    }
    for (const [pattern, value] of members(schema, 'patternProperties', where)) {
      const at = below(where, 'patternProperties', pattern);
      checkPattern(pattern, at);
      node.patternProperties.set(pattern, this.#load(value, base, at));
    }
    for (const [name, value] of members(schema, 'dependencies', where)) {
      const at = below(where, 'dependencies', name);
      if (!Array.isArray(value)) this.#checkDraft4(value, at);
      if (!Array.isArray(value)) node.schemaDependencies.set(name, this.#load(value, base, at));
      else if (value.length > 0)
        node.propertyDependencies.set(name, new Set(value.map((each, index) => requireText(each, below(at, index)))));
    }
    const names = this.#draft === 4 ? undefined : schema.get('propertyNames');
    if (names !== undefined) {
      this.#load(names, base, below(where, 'propertyNames'));
      node.annotations = textOf(names);
    }
    return node;
  }

  #array(schema: JsonObject, consumed: Set<string>, base: string, where: string): ArrayNode {
    for (const keyword of this.#arrayKeywords) consumed.add(keyword);
    const node = arrayNode();
    assignCount(node, 'minItems', schema, where);
    assignCount(node, 'maxItems', schema, where);
    const unique = schema.get('uniqueItems');
    if (unique !== undefined && requireBoolean(unique, below(where, 'uniqueItems'))) node.isUnique = true;
    const additional = schema.get('additionalItems');
    if (typeof additional === 'boolean') node.permitsAdditional = additional;
    else if (additional !== undefined) node.additional = this.#load(additional, base, below(where, 'additionalItems'));
    const items = schema.get('items');
    const at = below(where, 'items');
    if (Array.isArray(items)) node.items = items.map((each, index) => this.#load(each, base, below(at, index)));
    else if (items !== undefined) {
      this.#checkDraft4(items, at);
      node.all = this.#load(items, base, at);
    }
    const contains = this.#draft === 4 ? undefined : schema.get('contains');
    if (contains !== undefined) {
      this.#load(contains, base, below(where, 'contains'));
      node.annotations = textOf(contains);
    }
    return node;
  }

  /** True and false came with draft 6; here, and only here, the reference minds. */
  #checkDraft4(schema: JsonValue, where: string): void {
    if (this.#draft === 4 && typeof schema === 'boolean') throw mistake(schema, 'an array or an object', where);
  }

  #reference(ref: string, schema: JsonObject, base: string, where: string): ReferenceNode {
    const others = new Map([...schema].filter(([name]) => name !== '$ref'));
    const reference: ReferenceNode = { kind: 'reference', ref, annotations: textOf(others) };
    const { value, base: targetBase } = this.#documents.find(ref, base, below(where, '$ref'));
    if (!(value instanceof Map)) {
      reference.target = this.#load(value, targetBase, ref);
      return reference;
    }
    let target = this.#targets.get(value);
    if (target === undefined) {
      target = { waiting: [] };
      this.#targets.set(value, target);
      target.node = this.#load(value, targetBase, ref);
      for (const each of target.waiting) each.target = target.node;
    }
    if (target.node === undefined) target.waiting.push(reference);
    else reference.target = target.node;
    return reference;
  }

  /** What is told of any schema; what is left over counts where two members of a combination are compared. */
  #annotate(node: JsonSchemaNode, schema: JsonObject, consumed: ReadonlySet<string>, where: string): JsonSchemaNode {
    for (const keyword of ['title', 'description', this.#draft === 4 ? 'id' : '$id']) {
      const value = schema.get(keyword);
      if (value !== undefined) requireText(value, below(where, keyword));
    }
    for (const keyword of this.#draft === 7 ? ['readOnly', 'writeOnly'] : []) {
      const value = schema.get(keyword);
      if (value !== undefined) requireBoolean(value, below(where, keyword));
    }
    const others = new Map([...schema].filter(([name]) => !consumed.has(name)));
    if (others.size > 0) node.annotations = `${node.annotations ?? ''}${textOf(others)}`;
    if (schema.has('default')) node.hasDefault = true;
    const connectType = schema.get('connect.type');
    if (typeof connectType === 'string') node.connectType = connectType;
    if (node.kind === 'array') {
      for (const keyword of ['minContains', 'maxContains'] as const) {
        const value = schema.get(keyword);
        if (value instanceof JsonNumber) node[keyword] = Math.trunc(Number(value.text));
      }
    }
    return node;
  }
}

function combined(criterion: Criterion, members: JsonSchemaNode[]): CombinedNode {
  return { kind: 'combined', criterion, members, isGenerated: false };
}

function count(schema: JsonObject, keyword: string, where: string): number | undefined {
  const value = schema.get(keyword);
  return value === undefined ? undefined : requireCount(value, below(where, keyword));
}

function assignCount<K extends string>(
  node: { [name in K]?: number },
  keyword: K,
  schema: JsonObject,
  where: string,
): void {
  const value = count(schema, keyword, where);
  if (value !== undefined) node[keyword] = value as { [name in K]?: number }[K];
}

function members(schema: JsonObject, keyword: string, where: string): JsonObject {
  const value = schema.get(keyword);
  return value === undefined ? new Map() : requireMembers(value, below(where, keyword));
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? '' : jsonText(sortedJson(value));
}
