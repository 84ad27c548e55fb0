import type { Written } from '../../expressions/written.ts';
import type { PartitionByStep } from '../steps/partition-by-step.ts';
import { type Flow, type StreamFlow, valueCode } from './flow.ts';
import type { QueryContext } from './query-context.ts';
import { internalKey, type RowKey } from './row-key.ts';

/** @param key how the new key travels; default: as it is within the query */
export function partitionByFlow(
  { expressions, schema }: PartitionByStep,
  input: Flow,
  context: QueryContext,
  key: RowKey = internalKey(schema.key),
): StreamFlow {
  if (input.kind !== 'stream') throw new Error('the analyzer lets no table be partitioned by another key');
  const columns = new Map(input.columns);
  const keyCodes: Written[] = [];
  for (const [index, expression] of expressions.entries()) {
    const written = valueCode(expression, input.columns, input.pending.module, context);
    columns.set(schema.key[index]!.name, written);
    keyCodes.push(written);
  }
  return { ...input, columns, key, pending: { ...input.pending, keyCodes } };
}
