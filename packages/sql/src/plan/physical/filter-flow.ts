import { CodeModule } from '../../expressions/code-module.ts';
import type { FilterStep } from '../steps/filter-step.ts';
import { conditionCode, type Flow, type Row } from './flow.ts';
import type { QueryContext } from './query-context.ts';

/** A stream's filter waits for what comes behind it; a table's is one of its own, for it has to take away rows that were let through. */
export function filterFlow({ predicate }: FilterStep, input: Flow, context: QueryContext): Flow {
  if (input.kind === 'stream') {
    const { module } = input.pending;
    const condition = conditionCode(predicate, input.columns, module, context);
    return { ...input, pending: { ...input.pending, conditions: [...input.pending.conditions, condition] } };
  }
  const module = new CodeModule();
  const condition = conditionCode(predicate, input.columns, module, context);
  const isWanted = module.link<(row: Row, key: unknown) => boolean>(
    `function (v, k) { let t = 0, c = null; return ${condition}; }`,
  );
  const { kept } = input;
  return {
    ...input,
    table: input.table.filter((row, key) => isWanted(row, key)),
    ...(kept && { kept: { ...kept, filters: [...kept.filters, predicate] } }),
  };
}
