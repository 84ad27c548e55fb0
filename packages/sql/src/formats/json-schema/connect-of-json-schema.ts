import {
  type CombinedNode,
  JsonNumber,
  type JsonObject,
  type JsonSchemaNode,
  type ObjectNode,
  parseJson,
} from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import {
  type ConnectField,
  type ConnectKind,
  type ConnectSchema,
  decimalPrecisionDefault,
  logical,
} from '../connect/connect-schema.ts';
import { jsonUnionField } from './json-union.ts';

const numbers: Readonly<Record<string, ConnectKind>> = {
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FLOAT32',
  float64: 'FLOAT64',
  bytes: 'BYTES',
};

/**
 * A JSON Schema as Confluent's JsonSchemaData has it in Connect; undefined for what it has no type for.
 *
 * @throws SqlError HW_SQL_STATEMENT for schemas that refer to themselves
 */
export function connectOfJsonSchema(node: JsonSchemaNode): ConnectSchema | undefined {
  return new Conversion().schema(node);
}

class Conversion {
  readonly #outer = new Set<JsonSchemaNode>();

  schema(node: JsonSchemaNode): ConnectSchema | undefined {
    switch (node.kind) {
      case 'boolean':
        return { kind: 'BOOLEAN' };
      case 'number':
        return numberSchema(node.isInteger === true, annotationsOf(node));
      case 'string':
        return { kind: node.connectType === 'bytes' ? 'BYTES' : 'STRING', ...named(annotationsOf(node)) };
      case 'enum':
      case 'const':
        return { kind: 'STRING' };
      case 'combined':
        return node.criterion === 'allOf' ? this.#allOf(node) : this.#union(node);
      case 'array': {
        const { all } = node;
        if (all === undefined) return undefined;
        if (node.connectType === 'map' && all.kind === 'object') {
          return this.#map(all.properties.get('key'), all.properties.get('value'), true);
        }
        const value = this.schema(all);
        return value && { kind: 'ARRAY', value };
      }
      case 'object':
        if (node.connectType === 'map') {
          const value = node.additional && this.schema(node.additional);
          return value && { kind: 'MAP', key: { kind: 'STRING' }, value };
        }
        return this.#object(node);
      case 'reference':
        return node.target && this.schema(node.target);
      default:
        return undefined;
    }
  }

  #map(
    keyNode: JsonSchemaNode | undefined,
    valueNode: JsonSchemaNode | undefined,
    isEntries: boolean,
  ): ConnectSchema | undefined {
    const key = keyNode && this.schema(keyNode);
    const value = valueNode && this.schema(valueNode);
    return key && value && { kind: 'MAP', key, value, isEntries };
  }

  #object(node: ObjectNode): ConnectSchema {
    return this.#inside(node, () => ({ kind: 'STRUCT', fields: this.#fields(node.properties) }));
  }

  /** In the order of `connect.index`; those without one take the next free place. */
  #fields(properties: ReadonlyMap<string, JsonSchemaNode>): ConnectField[] {
    const byIndex = new Map<number, ConnectField>();
    for (const [name, node] of properties) {
      const schema = this.schema(node);
      if (schema === undefined) continue;
      const given = annotationsOf(node).get('connect.index');
      const index = given instanceof JsonNumber ? Number(given.text) : byIndex.size;
      byIndex.set(index, { name, schema });
    }
    return [...byIndex].sort(([a], [b]) => a - b).map(([, field]) => field);
  }

  #union(node: CombinedNode): ConnectSchema | undefined {
    const members = node.members.filter(({ kind }) => kind !== 'null');
    if (members.length === 1 && node.members.length === 2) return this.schema(members[0]!);
    const fields = members.flatMap((member, index) => {
      const schema = this.schema(member);
      return schema === undefined ? [] : [{ name: `${jsonUnionField}${index}`, schema }];
    });
    return { kind: 'STRUCT', fields };
  }

  /** The members of all objects; else what says most of a scalar. */
  #allOf(node: CombinedNode): ConnectSchema | undefined {
    const properties = new Map<string, JsonSchemaNode>();
    collectProperties(node, properties, new Set());
    if (properties.size > 0) return this.#inside(node, () => ({ kind: 'STRUCT', fields: this.#fields(properties) }));
    const pick = (...kinds: JsonSchemaNode['kind'][]) =>
      kinds.map((kind) => node.members.find((member) => member.kind === kind)).find((member) => member !== undefined);
    const hasNumber = pick('number') !== undefined;
    const hasString = pick('string') !== undefined;
    const chosen =
      pick('combined') ??
      (pick('enum') && hasString ? pick('enum') : hasNumber ? pick('number') : pick('string', 'reference'));
    return chosen && this.schema(chosen);
  }

  #inside(node: JsonSchemaNode, make: () => ConnectSchema): ConnectSchema {
    if (this.#outer.has(node)) {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        'The JSON Schema refers to itself, which the type of a column cannot: name the columns that are wanted in the statement',
      );
    }
    this.#outer.add(node);
    const schema = make();
    this.#outer.delete(node);
    return schema;
  }
}

function collectProperties(
  node: JsonSchemaNode,
  properties: Map<string, JsonSchemaNode>,
  seen: Set<JsonSchemaNode>,
): void {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'combined' && node.criterion === 'allOf') {
    for (const member of node.members) collectProperties(member, properties, seen);
  } else if (node.kind === 'object') {
    for (const [name, property] of node.properties) properties.set(name, property);
  } else if (node.kind === 'reference' && node.target) collectProperties(node.target, properties, seen);
}

function numberSchema(isInteger: boolean, annotations: JsonObject): ConnectSchema {
  const type = annotations.get('connect.type');
  const kind = typeof type === 'string' ? numbers[type] : undefined;
  if (kind !== 'BYTES') return { kind: kind ?? (isInteger ? 'INT64' : 'FLOAT64'), ...named(annotations) };
  const parameters = annotations.get('connect.parameters');
  const parameter = (name: string) => {
    const value = parameters instanceof Map ? parameters.get(name) : undefined;
    return typeof value === 'string' ? Number(value) : undefined;
  };
  const precision = parameter('connect.decimal.precision') ?? decimalPrecisionDefault;
  return { kind, name: logical.decimal, decimal: { precision, scale: parameter('scale') ?? 0 } };
}

function named(annotations: JsonObject): { name?: string } {
  const title = annotations.get('title');
  return typeof title === 'string' ? { name: title } : {};
}

const nothing: JsonObject = new Map();

/** Of a node: a word for its type, and a JSON object with all that does not count for compatibility. */
function annotationsOf({ annotations = '' }: JsonSchemaNode): JsonObject {
  const start = annotations.indexOf('{');
  if (start < 0) return nothing;
  try {
    const json = parseJson(annotations.slice(start));
    return json instanceof Map ? json : nothing;
  } catch {
    // Of several that were joined: nothing that Connect wrote.
    return nothing;
  }
}
