import { eachColumn } from '../../expressions/walk.ts';
import type { Written } from '../../expressions/written.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import type { PartitionByStep } from '../steps/partition-by-step.ts';
import { type Flow, keyColumnCodes, type StreamFlow, valueCode } from './flow.ts';
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
  const withoutRow: Written[] = [];
  for (const [index, expression] of expressions.entries()) {
    const written = valueCode(expression, input.columns, input.pending.module, context);
    columns.set(schema.key[index]!.name, written);
    keyCodes.push(written);
    withoutRow.push(isOfKey(expression, input) ? written : { ...written, code: 'null' });
  }
  return { ...input, columns, key, pending: { ...input.pending, keyCodes, keyCodesWithoutRow: withoutRow } };
}

/** Whether the key alone says what the value is, so that it is there for rows without value too. */
function isOfKey(expression: Expression, { columns, key }: StreamFlow): boolean {
  const codes = new Set(keyColumnCodes(key, true).map(({ code }) => code));
  let isOnlyKey = true;
  eachColumn(expression, ({ name }) => {
    if (!codes.has(columns.get(name)?.code ?? '')) isOnlyKey = false;
  });
  return isOnlyKey;
}
