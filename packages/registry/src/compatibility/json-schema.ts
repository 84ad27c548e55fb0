import type { JsonSchemaNode, ParsedJsonSchema } from '@headwater/serdes';
import type { Incompatibility } from './incompatibility.ts';
import { compareArrays } from './json-schema/arrays.ts';
import { compareCombined } from './json-schema/combined.ts';
import { Comparison, type Difference } from './json-schema/comparison.ts';
import { type CompatibilityPolicy, describe } from './json-schema/difference-types.ts';
import { compareObjects } from './json-schema/objects.ts';
import { compareNumbers, compareStrings } from './json-schema/scalars.ts';

export type { CompatibilityPolicy } from './json-schema/difference-types.ts';

/**
 * What keeps `reader` from accepting all that `writer` accepts, by the rules of Confluent's registry (8.x): loosening passes,
 * tightening does not. Under the policy LENIENT optional properties may be added to open content models, and more.
 */
export function jsonSchemaIncompatibilities(
  reader: ParsedJsonSchema,
  writer: ParsedJsonSchema,
  policy: CompatibilityPolicy = 'STRICT',
): Incompatibility[] {
  const differences = Comparison.run(policy, compareTypes, writer.root, reader.root);
  return differences.map(({ type, path }) => ({
    errorType: type,
    description: describe(type, path),
    additionalInfo: path,
  }));
}

/** `original` is what was, `update` what is to be; neither is a reference. */
function compareTypes(comparison: Comparison, original: JsonSchemaNode, update: JsonSchemaNode, path: string): void {
  if (isWithinCombination(comparison, original, update, path)) return;
  if (original.kind !== update.kind) {
    if (original.kind === 'false' || update.kind === 'empty') return;
    // Both stand for the same bytes: converters of Kafka Connect have written them in two ways.
    if (original.connectType === 'bytes' && update.connectType === 'bytes') return;
    comparison.add('TYPE_CHANGED', path);
    return;
  }
  if (original.kind === 'string' && update.kind === 'string') compareStrings(comparison, original, update, path);
  else if (original.kind === 'number' && update.kind === 'number') compareNumbers(comparison, original, update, path);
  else if (original.kind === 'object' && update.kind === 'object') compareObjects(comparison, original, update, path);
  else if (original.kind === 'array' && update.kind === 'array') compareArrays(comparison, original, update, path);
  else if (original.kind === 'combined' && update.kind === 'combined') {
    compareCombined(comparison, original, update, path);
  } else if (original.kind === 'const' && update.kind === 'const') {
    if (original.value !== update.value) comparison.add('ENUM_ARRAY_CHANGED', `${path}/const`);
  } else if (original.kind === 'enum' && update.kind === 'enum') {
    if (update.values.isSupersetOf(original.values)) return;
    const isNarrowed = original.values.isSupersetOf(update.values);
    comparison.add(isNarrowed ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_CHANGED', `${path}/enum`);
  } else if (original.kind === 'not' && update.kind === 'not') {
    // What must not match may only become less: the two change places.
    const found: readonly Difference[] = comparison.differences(update.schema, original.schema, `${path}/not`);
    if (found.length > 0) comparison.add('NOT_TYPE_EXTENDED', `${path}/not`);
  }
}

/** A schema fits a combination that has it as a member, and an `allOf` that had what it is now. */
function isWithinCombination(
  comparison: Comparison,
  original: JsonSchemaNode,
  update: JsonSchemaNode,
  path: string,
): boolean {
  const fits = (one: JsonSchemaNode, other: JsonSchemaNode) => comparison.differences(one, other, path).length === 0;
  if (original.kind !== 'combined' && update.kind === 'combined') {
    if (update.members.length !== 1 && update.criterion === 'allOf') return false;
    return update.members.some((member) => fits(original, member));
  }
  if (original.kind === 'combined' && update.kind !== 'combined') {
    if (original.members.length !== 1 && original.criterion !== 'allOf') return false;
    return original.members.some((member) => fits(member, update));
  }
  return false;
}
