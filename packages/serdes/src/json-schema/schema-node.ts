import { type JsonValue, jsonText, sortedJson } from '../json/json-value.ts';

/**
 * A JSON Schema as the rules of compatibility see it: a schema of one type, or several combined. `{"type":["string","null"]}` is an
 * `anyOf` of two; `{"type":"string","enum":["a"]}` is an `allOf` of two.
 */
export type JsonSchemaNode =
  | PlainNode
  | StringNode
  | NumberNode
  | ObjectNode
  | ArrayNode
  | EnumNode
  | ConstNode
  | NotNode
  | ConditionalNode
  | CombinedNode
  | ReferenceNode;

interface NodeCommon {
  hasDefault?: boolean;
  /** `connect.type`, which converters of Kafka Connect write. */
  connectType?: string;
  /** All that is not compared, as JSON: two members of a combination are the same one only when it is the same too. */
  annotations?: string;
}

/** `empty` fits everything, `false` nothing. */
export interface PlainNode extends NodeCommon {
  kind: 'empty' | 'false' | 'boolean' | 'null';
}

export interface StringNode extends NodeCommon {
  kind: 'string';
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}

/** Limits are texts: digits beyond a double's count for `multipleOf`. */
export interface NumberNode extends NodeCommon {
  kind: 'number';
  isInteger?: boolean;
  minimum?: string;
  maximum?: string;
  exclusiveMinimum?: string;
  exclusiveMaximum?: string;
  multipleOf?: string;
}

export interface ObjectNode extends NodeCommon {
  kind: 'object';
  properties: Map<string, JsonSchemaNode>;
  required: Set<string>;
  patternProperties: Map<string, JsonSchemaNode>;
  /** False: the content model is closed. */
  permitsAdditional: boolean;
  additional?: JsonSchemaNode;
  unevaluated?: JsonSchemaNode;
  minProperties?: number;
  maxProperties?: number;
  propertyDependencies: Map<string, Set<string>>;
  schemaDependencies: Map<string, JsonSchemaNode>;
}

export interface ArrayNode extends NodeCommon {
  kind: 'array';
  /** Of every item. */
  all?: JsonSchemaNode;
  /** Of the first items, one each. */
  items: JsonSchemaNode[];
  permitsAdditional: boolean;
  additional?: JsonSchemaNode;
  unevaluated?: JsonSchemaNode;
  minItems?: number;
  maxItems?: number;
  minContains?: number;
  maxContains?: number;
  isUnique?: boolean;
}

export interface EnumNode extends NodeCommon {
  kind: 'enum';
  /** Each value as JSON text, members sorted. */
  values: ReadonlySet<string>;
}

export interface ConstNode extends NodeCommon {
  kind: 'const';
  value: string;
}

export interface NotNode extends NodeCommon {
  kind: 'not';
  schema: JsonSchemaNode;
}

/** `if`, `then` and `else` are kept for what they forbid, and not compared. */
export interface ConditionalNode extends NodeCommon {
  kind: 'conditional';
}

export type Criterion = 'allOf' | 'anyOf' | 'oneOf';

export interface CombinedNode extends NodeCommon {
  kind: 'combined';
  criterion: Criterion;
  members: JsonSchemaNode[];
  /** Made of keywords that stand side by side, not written as a combination. */
  isGenerated: boolean;
}

export interface ReferenceNode extends NodeCommon {
  kind: 'reference';
  ref: string;
  /** Set once what is referred to is known; schemas may refer to themselves. */
  target?: JsonSchemaNode;
}

export function objectNode(): ObjectNode {
  return {
    kind: 'object',
    properties: new Map(),
    required: new Set(),
    patternProperties: new Map(),
    permitsAdditional: true,
    propertyDependencies: new Map(),
    schemaDependencies: new Map(),
  };
}

export function arrayNode(): ArrayNode {
  return { kind: 'array', items: [], permitsAdditional: true };
}

/** What two values have in common exactly when they are the same: 1 and 1.0 are not. */
export function exactText(value: JsonValue): string {
  return jsonText(sortedJson(value));
}

/** Equal for members of a combination that count as one: what asks for nothing is the same, of whatever type it would be. */
export function nodeText(node: JsonSchemaNode): string {
  if (asksForNothing(node)) return '{}';
  return JSON.stringify(node, (key, value: unknown) => {
    if (key === 'target') return undefined;
    if (value instanceof Map) return Array.from(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return value instanceof Set ? Array.from(value) : value;
  });
}

function asksForNothing(node: JsonSchemaNode): boolean {
  const isTyped = node.kind === 'string' || node.kind === 'number' || node.kind === 'array' || node.kind === 'object';
  if (!isTyped && node.kind !== 'empty') return false;
  return Object.entries(node).every(([key, value]: [string, unknown]) => {
    if (key === 'kind') return true;
    if (key === 'permitsAdditional') return value === true;
    if (value instanceof Map || value instanceof Set) return value.size === 0;
    return Array.isArray(value) ? value.length === 0 : value === undefined;
  });
}
