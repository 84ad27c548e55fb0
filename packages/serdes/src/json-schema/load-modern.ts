import { type JsonObject, type JsonValue, jsonText, sortedJson } from '../json/json-value.ts';
import { SchemaError } from '../schema-error.ts';
import { definitionsOf, type SchemaDocuments } from './documents.ts';
import { flattened, generatedAll, isGeneratedAll, joined } from './join-nodes.ts';
import {
  below,
  mistake,
  requireBoolean,
  requireList,
  requireMembers,
  requireNumber,
  requireText,
} from './keyword-values.ts';
import { checkPattern } from './pattern.ts';
import {
  arrayNode,
  type Criterion,
  exactText,
  type JsonSchemaNode,
  objectNode,
  type ReferenceNode,
} from './schema-node.ts';

/** Keywords that are no annotations, or annotations that are of no consequence to unknown ones. */
const knownKeywords: ReadonlySet<string> = new Set(
  (
    '$id $anchor $dynamicRef $dynamicAnchor $ref $defs $schema $vocabulary minLength maxLength allOf anyOf oneOf ' +
    'additionalProperties properties patternProperties title description readOnly writeOnly deprecated default enum const ' +
    'type not required maximum minimum exclusiveMaximum exclusiveMinimum multipleOf uniqueItems items prefixItems contains ' +
    'minContains maxContains if then else dependentSchemas dependentRequired unevaluatedItems unevaluatedProperties minItems ' +
    'maxItems minProperties maxProperties propertyNames pattern format true false'
  ).split(' '),
);

/**
 * Drafts 2019-09 and 2020-12, into what compatibility is judged by. As in Confluent's registry both are read by the words of 2020-12:
 * `items` with an array is refused, `additionalItems` and `dependencies` say nothing.
 *
 * @throws SchemaError
 */
export function loadModern(documents: SchemaDocuments): JsonSchemaNode {
  return new ModernLoader(documents).root();
}

interface Place {
  schema: JsonObject;
  base: string;
  where: string;
}

class ModernLoader {
  readonly #documents: SchemaDocuments;
  readonly #targets = new Map<JsonObject, { node?: JsonSchemaNode; waiting: ReferenceNode[] }>();

  constructor(documents: SchemaDocuments) {
    this.#documents = documents;
  }

  root(): JsonSchemaNode {
    const { value, base } = this.#documents.root;
    if (!(value instanceof Map)) return this.#load(value, base, '#');
    return this.#target(value, base, '#', undefined)!;
  }

  #load(schema: JsonValue, inherited: string, where: string): JsonSchemaNode {
    if (schema === true) return { kind: 'empty', annotations: 'true' };
    if (schema === false) return { kind: 'false' };
    if (!(schema instanceof Map)) throw mistake(schema, 'a schema (an object, true or false)', where);
    const place = { schema, base: this.#documents.baseOf(schema, inherited), where };
    const parts: JsonSchemaNode[] = [];
    for (const [keyword, value] of schema) {
      const part = this.#keyword(keyword, value, place, below(where, keyword));
      if (part !== undefined) parts.push(part);
    }
    let node = parts.length === 0 ? generatedAll([]) : parts.reduce(joined);
    for (const more of this.#afterwards(place)) node = joined(node, more);
    const dynamic = schema.get('$dynamicRef');
    const own = this.#annotate(node, place);
    if (typeof dynamic !== 'string') return own;
    return joined(this.#reference(dynamic, place.base, below(where, '$dynamicRef')), own);
  }

  #keyword(keyword: string, value: JsonValue, { schema, base, where }: Place, at: string): JsonSchemaNode | undefined {
    const load = (child: JsonValue) => this.#load(child, base, at);
    const loadAll = (parts: JsonObject) =>
      new Map(Array.from(parts, ([name, part]) => [name, this.#load(part, base, below(at, name))] as const));
    switch (keyword) {
      case '$ref':
        return this.#reference(requireText(value, at), base, at);
      case 'type':
        return typeof value === 'string'
          ? ofType(value, at)
          : combined(
              'anyOf',
              requireList(value, at).map((each) => ofType(requireText(each, at), at)),
              true,
            );
      case 'enum':
        return { kind: 'enum', values: new Set(requireList(value, at).map(exactText)) };
      case 'const':
        return { kind: 'const', value: exactText(value) };
      case 'allOf':
      case 'anyOf':
      case 'oneOf': {
        const members = requireList(value, at).flatMap((each, index) =>
          flattened(this.#load(each, base, below(at, index))),
        );
        return combined(keyword, members, false);
      }
      case 'not':
        return { kind: 'not', schema: load(value) };
      case 'if':
        for (const branch of ['if', 'then', 'else']) {
          const condition = schema.get(branch);
          if (condition !== undefined) this.#load(condition, base, below(where, branch));
        }
        return {
          kind: 'conditional',
          annotations: ['if', 'then', 'else'].map((branch) => textOf(schema.get(branch))).join(' '),
        };
      case 'minLength':
      case 'maxLength':
        return { kind: 'string', [keyword]: integerOf(value, at) };
      case 'pattern':
        checkPattern(requireText(value, at), at);
        return { kind: 'string', pattern: value as string };
      case 'minimum':
      case 'maximum':
      case 'exclusiveMinimum':
      case 'exclusiveMaximum':
      case 'multipleOf':
        return { kind: 'number', [keyword]: requireNumber(value, at) };
      case 'minItems':
      case 'maxItems':
        return { ...arrayNode(), [keyword]: integerOf(value, at) };
      case 'uniqueItems':
        return { ...arrayNode(), ...(requireBoolean(value, at) ? { isUnique: true } : {}) };
      case 'prefixItems':
        return {
          ...arrayNode(),
          items: requireList(value, at).map((each, index) => this.#load(each, base, below(at, index))),
        };
      case 'items': {
        const items = load(value);
        const prefix = schema.get('prefixItems');
        if (items.kind === 'false') return { ...arrayNode(), permitsAdditional: false };
        if (value === true) return arrayNode();
        return Array.isArray(prefix) && prefix.length > 0
          ? { ...arrayNode(), additional: items }
          : { ...arrayNode(), all: items };
      }
      case 'contains': {
        load(value);
        const [least, most] = [schema.get('minContains'), schema.get('maxContains')];
        return {
          ...arrayNode(),
          minContains: least === undefined ? 1 : integerOf(least, below(where, 'minContains')),
          ...(most === undefined ? {} : { maxContains: integerOf(most, below(where, 'maxContains')) }),
          annotations: textOf(value),
        };
      }
      case 'minProperties':
      case 'maxProperties':
        return { ...objectNode(), [keyword]: integerOf(value, at) };
      case 'required':
        return { ...objectNode(), required: textSet(value, at) };
      case 'additionalProperties': {
        const additional = load(value);
        if (additional.kind === 'false') return { ...objectNode(), permitsAdditional: false };
        return value === true ? objectNode() : { ...objectNode(), additional };
      }
      case 'dependentRequired': {
        const lists = Array.from(
          requireMembers(value, at),
          ([name, list]) => [name, textSet(list, below(at, name))] as const,
        );
        return { ...objectNode(), propertyDependencies: new Map(lists.filter(([, names]) => names.size > 0)) };
      }
      case 'dependentSchemas':
        return { ...objectNode(), schemaDependencies: loadAll(requireMembers(value, at)) };
      case 'propertyNames':
        load(value);
        return { ...objectNode(), annotations: textOf(value) };
      case 'format':
        requireText(value, at);
        return generatedAll([]);
      case 'readOnly':
      case 'writeOnly':
        requireBoolean(value, at);
        return generatedAll([]);
      case 'deprecated':
        requireBoolean(value, at);
        return undefined;
      case 'title':
      case 'description':
        requireText(value, at);
        return undefined;
      case '$defs':
        loadAll(requireMembers(value, at));
        return undefined;
      default:
        return undefined;
    }
  }

  /** Keywords that are looked at when all others have been, in this order. */
  #afterwards({ schema, base, where }: Place): JsonSchemaNode[] {
    const parts: JsonSchemaNode[] = [];
    for (const keyword of ['properties', 'patternProperties'] as const) {
      const value = schema.get(keyword);
      if (value === undefined) continue;
      const at = below(where, keyword);
      const members = Array.from(requireMembers(value, at), ([name, part]) => {
        if (keyword === 'patternProperties') checkPattern(name, below(at, name));
        return [name, this.#load(part, base, below(at, name))] as const;
      });
      if (members.length > 0) parts.push({ ...objectNode(), [keyword]: new Map(members) });
    }
    for (const keyword of ['unevaluatedItems', 'unevaluatedProperties']) {
      const value = schema.get(keyword);
      if (value === undefined) continue;
      const unevaluated = this.#load(value, base, below(where, keyword));
      parts.push({ ...(keyword === 'unevaluatedItems' ? arrayNode() : objectNode()), unevaluated });
    }
    if (schema === this.#documents.root.value && schema.has('definitions')) {
      const definitions = definitionsOf(schema);
      if (definitions instanceof Map)
        for (const [name, each] of definitions) this.#load(each, base, below(where, '$defs', name));
    }
    return parts;
  }

  #annotate(node: JsonSchemaNode, { schema }: Place): JsonSchemaNode {
    let own = node;
    if (isGeneratedAll(own)) {
      if (own.members.length === 0) own = { kind: 'empty' };
      else if (own.members.length === 1) own = own.members[0]!;
    }
    const fallback = schema.get('default');
    if (fallback !== undefined && fallback !== null && own.kind !== 'reference') own.hasDefault = true;
    const definitions = schema === this.#documents.root.value ? definitionsOf(schema) : schema.get('$defs');
    const unknown = [...schema.keys()].filter((keyword) => !knownKeywords.has(keyword));
    if (unknown.length > 0 || (definitions instanceof Map && definitions.size > 0)) {
      // The reference keeps these three where unknown keywords are kept, and the latter take their place.
      if (own.kind === 'object' || own.kind === 'array') delete own.unevaluated;
      if (own.kind === 'array') {
        delete own.minContains;
        delete own.maxContains;
      }
      const connectType = schema.get('connect.type');
      if (typeof connectType === 'string') own.connectType = connectType;
    }
    const told = new Map(
      [...schema].filter(([name]) => unknown.includes(name) || /^(title|description|default|\$id)$/.test(name)),
    );
    if (told.size > 0) own.annotations = `${own.annotations ?? ''}${textOf(told)}`;
    return own;
  }

  #reference(ref: string, base: string, at: string): ReferenceNode {
    const reference: ReferenceNode = { kind: 'reference', ref };
    const { value, base: targetBase } = this.#documents.find(ref, base, at);
    const target =
      value instanceof Map ? this.#target(value, targetBase, ref, reference) : this.#load(value, targetBase, ref);
    if (target !== undefined) reference.target = target;
    return reference;
  }

  /** Undefined while it is being loaded: then `waiting` is told later. */
  #target(
    schema: JsonObject,
    base: string,
    where: string,
    waiting: ReferenceNode | undefined,
  ): JsonSchemaNode | undefined {
    const known = this.#targets.get(schema);
    if (known !== undefined) {
      if (known.node === undefined && waiting !== undefined) known.waiting.push(waiting);
      return known.node;
    }
    const target: { node?: JsonSchemaNode; waiting: ReferenceNode[] } = { waiting: [] };
    this.#targets.set(schema, target);
    const node = this.#load(schema, base, where);
    target.node = node;
    for (const each of target.waiting) each.target = node;
    return node;
  }
}

function ofType(type: string, at: string): JsonSchemaNode {
  switch (type) {
    case 'string':
      return { kind: 'string', annotations: 'string' };
    case 'integer':
      return { kind: 'number', isInteger: true };
    case 'number':
      return { kind: 'number', annotations: 'number' };
    case 'boolean':
    case 'null':
      return { kind: type };
    case 'array':
      return { ...arrayNode(), annotations: 'array' };
    case 'object':
      return { ...objectNode(), annotations: 'object' };
    default:
      throw new SchemaError(`There is no type "${type}"`, at);
  }
}

function combined(criterion: Criterion, members: JsonSchemaNode[], isGenerated: boolean): JsonSchemaNode {
  return { kind: 'combined', criterion, members, isGenerated };
}

/** Fractions are cut off, as the reference does. */
function integerOf(value: JsonValue, at: string): number {
  return Math.trunc(Number(requireNumber(value, at)));
}

function textSet(value: JsonValue, at: string): Set<string> {
  return new Set(requireList(value, at).map((each, index) => requireText(each, below(at, index))));
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? '' : jsonText(sortedJson(value));
}
