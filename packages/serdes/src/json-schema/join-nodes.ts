import type { ArrayNode, CombinedNode, JsonSchemaNode, NumberNode, ObjectNode, StringNode } from './schema-node.ts';

/**
 * Two keywords of one schema made one: limits of a type go together, what is of another type stands beside it in a generated `allOf`.
 * The order counts, as it does in Confluent's translation of 2019-09 and 2020-12.
 */
export function joined(a: JsonSchemaNode, b: JsonSchemaNode): JsonSchemaNode {
  const merged = mergedNodes(a, b);
  if (merged !== undefined) return merged;
  if (isGeneratedAny(a) && hasKind(a, b)) return { ...a, members: accumulated(a.members, b) };
  if (isGeneratedAny(b) && hasKind(b, a)) return { ...b, members: accumulated(b.members, a) };
  return generatedAll([...flattened(a), ...flattened(b)].reduce(accumulated, []));
}

export function generatedAll(members: JsonSchemaNode[]): CombinedNode {
  return { kind: 'combined', criterion: 'allOf', members, isGenerated: true };
}

export function isGeneratedAll(node: JsonSchemaNode): node is CombinedNode {
  return node.kind === 'combined' && node.criterion === 'allOf' && node.isGenerated;
}

/** Members of a generated `allOf` are those of what it stands in. */
export function flattened(node: JsonSchemaNode): JsonSchemaNode[] {
  return isGeneratedAll(node) ? node.members : [node];
}

function isGeneratedAny(node: JsonSchemaNode): node is CombinedNode {
  return node.kind === 'combined' && node.criterion === 'anyOf' && node.isGenerated;
}

function hasKind(combined: CombinedNode, node: JsonSchemaNode): boolean {
  return combined.members.some(({ kind }) => kind === node.kind);
}

function accumulated(members: readonly JsonSchemaNode[], next: JsonSchemaNode): JsonSchemaNode[] {
  for (const [index, member] of members.entries()) {
    const merged = mergedNodes(member, next);
    if (merged !== undefined) return members.with(index, merged);
  }
  return [...members, next];
}

function mergedNodes(a: JsonSchemaNode, b: JsonSchemaNode): JsonSchemaNode | undefined {
  if (a.kind === 'object' && b.kind === 'object') return mergedObjects(a, b);
  if (a.kind === 'array' && b.kind === 'array') return mergedArrays(a, b);
  if ((a.kind === 'string' && b.kind === 'string') || (a.kind === 'number' && b.kind === 'number')) {
    return { ...a, ...b, ...annotationsOf(a, b) } as StringNode | NumberNode;
  }
  return undefined;
}

function mergedObjects(a: ObjectNode, b: ObjectNode): ObjectNode {
  return {
    ...a,
    ...b,
    ...annotationsOf(a, b),
    properties: new Map([...a.properties, ...b.properties]),
    required: new Set([...a.required, ...b.required]),
    patternProperties: new Map([...a.patternProperties, ...b.patternProperties]),
    permitsAdditional: a.permitsAdditional && b.permitsAdditional,
    propertyDependencies: new Map([...a.propertyDependencies, ...b.propertyDependencies]),
    schemaDependencies: new Map([...a.schemaDependencies, ...b.schemaDependencies]),
  };
}

function mergedArrays(a: ArrayNode, b: ArrayNode): ArrayNode {
  return {
    ...a,
    ...b,
    ...annotationsOf(a, b),
    items: [...a.items, ...b.items],
    permitsAdditional: a.permitsAdditional && b.permitsAdditional,
  };
}

function annotationsOf(a: JsonSchemaNode, b: JsonSchemaNode): { annotations?: string } {
  const annotations = `${a.annotations ?? ''}${b.annotations ?? ''}`;
  return annotations === '' ? {} : { annotations };
}
