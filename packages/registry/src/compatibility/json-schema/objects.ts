import type { JsonSchemaNode, ObjectNode } from '@headwater/serdes';
import type { Comparison } from './comparison.ts';
import { compareUnevaluated } from './content-model.ts';
import { matchesPattern } from './match-pattern.ts';
import { step } from './path.ts';
import { compareLeast, compareMost } from './scalars.ts';

export function compareObjects(comparison: Comparison, original: ObjectNode, update: ObjectNode, path: string): void {
  compareRequired(comparison, original, update, `${path}/required`);
  compareProperties(comparison, original, update, `${path}/properties`);
  compareDependencies(comparison, original, update, `${path}/dependencies`);
  compareAdditional(comparison, original, update, `${path}/additionalProperties`);
  compareUnevaluated(
    comparison,
    'PROPERTIES',
    original.unevaluated,
    update.unevaluated,
    `${path}/unevaluatedProperties`,
  );
  compareMost(comparison, 'MAX_PROPERTIES', original.maxProperties, update.maxProperties, `${path}/maxProperties`);
  compareLeast(comparison, 'MIN_PROPERTIES', original.minProperties, update.minProperties, `${path}/minProperties`);
}

/** Only of properties that are in both; the others are judged where they come. */
function compareRequired(comparison: Comparison, original: ObjectNode, update: ObjectNode, path: string): void {
  for (const name of original.properties.keys()) {
    const now = update.properties.get(name);
    if (now === undefined || original.required.has(name) || !update.required.has(name)) continue;
    if (now.hasDefault !== true) comparison.add('REQUIRED_ATTRIBUTE_ADDED', step(path, name));
  }
}

function compareProperties(comparison: Comparison, original: ObjectNode, update: ObjectNode, path: string): void {
  for (const [name, before] of original.properties) {
    const now = update.properties.get(name);
    if (now !== undefined) comparison.compare(before, now, step(path, name));
    else compareRemoved(comparison, before, name, update, step(path, name));
  }
  for (const [name, now] of update.properties) {
    if (!original.properties.has(name)) compareAdded(comparison, now, name, original, update, step(path, name));
  }
}

/** Data still has the property: what the schema says now of properties that it does not name decides. */
function compareRemoved(
  comparison: Comparison,
  before: JsonSchemaNode,
  name: string,
  update: ObjectNode,
  path: string,
): void {
  if (isOpen(update)) return;
  const covering = coveringSchema(update, name);
  if (covering !== undefined) {
    const found = comparison.differences(before, covering, path);
    comparison.addAll(found);
    if (found.length > 0) comparison.add('PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path);
  } else if (before.kind !== 'false') comparison.add('PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL', path);
}

/** Data may have had the property with any value that the schema let pass then. */
function compareAdded(
  comparison: Comparison,
  now: JsonSchemaNode,
  name: string,
  original: ObjectNode,
  update: ObjectNode,
  path: string,
): void {
  const isRequired = update.required.has(name);
  if (isOpen(original)) {
    if (now.kind === 'empty') return;
    if (!isRequired) comparison.add('OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL', path);
    else if (now.hasDefault === true) {
      comparison.add('REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL', path);
    } else comparison.add('REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL', path);
    return;
  }
  const covering = coveringSchema(original, name);
  if (covering !== undefined) {
    const found = comparison.differences(covering, now, path);
    comparison.addAll(found);
    if (found.length > 0) comparison.add('PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path);
  }
  if (isRequired && now.hasDefault !== true) comparison.add('REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL', path);
}

function compareAdditional(comparison: Comparison, original: ObjectNode, update: ObjectNode, path: string): void {
  if (original.permitsAdditional !== update.permitsAdditional) {
    if (!update.permitsAdditional) comparison.add('ADDITIONAL_PROPERTIES_REMOVED', path);
  } else if (original.additional === undefined && update.additional !== undefined) {
    comparison.add('ADDITIONAL_PROPERTIES_NARROWED', path);
  } else comparison.compare(original.additional, update.additional, path);
}

function compareDependencies(comparison: Comparison, original: ObjectNode, update: ObjectNode, path: string): void {
  for (const [name, now] of update.propertyDependencies) {
    const before = original.propertyDependencies.get(name);
    if (before === undefined) comparison.add('DEPENDENCY_ARRAY_ADDED', step(path, name));
    else if (!before.isSupersetOf(now)) {
      const isExtended = now.isSupersetOf(before);
      comparison.add(isExtended ? 'DEPENDENCY_ARRAY_EXTENDED' : 'DEPENDENCY_ARRAY_CHANGED', step(path, name));
    }
  }
  for (const [name, now] of update.schemaDependencies) {
    const before = original.schemaDependencies.get(name);
    if (before === undefined) comparison.add('DEPENDENCY_SCHEMA_ADDED', step(path, name));
    else comparison.compare(before, now, step(path, name));
  }
}

/** Any property may be there, with any value. */
function isOpen(node: ObjectNode): boolean {
  if (!node.permitsAdditional || node.additional !== undefined || node.patternProperties.size > 0) return false;
  return node.unevaluated === undefined || node.unevaluated.kind === 'empty';
}

/** What a property that the schema does not name must fit; undefined where there is no such schema. */
function coveringSchema(node: ObjectNode, name: string): JsonSchemaNode | undefined {
  for (const [pattern, schema] of node.patternProperties) if (matchesPattern(pattern, name)) return schema;
  if (node.additional !== undefined || !node.permitsAdditional) return node.additional;
  const { unevaluated } = node;
  return unevaluated?.kind === 'false' || unevaluated?.kind === 'empty' ? undefined : unevaluated;
}
