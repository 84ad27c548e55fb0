import type { RecordContext } from '@headwater/streams';
import { Operator } from '@headwater/streams';
import type { RunRecord } from '../plan/physical/compiled-operator.ts';
import { conditionCode, type StreamFlow, valueCode } from '../plan/physical/flow.ts';
import { nothingPending, runnerOf } from '../plan/physical/materialize.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { sourceColumns } from '../plan/physical/source-flow.ts';
import type { ProjectStep } from '../plan/steps/project-step.ts';
import type { SourceStep } from '../plan/steps/source-step.ts';
import type { Step } from '../plan/steps/step.ts';
import type { Expression } from '../syntax/ast/index.ts';
import type { QueryParameters } from './query-parameters.ts';

/** A query of one source without groups: rows are looked at one by one. */
export interface SimpleQuery {
  readonly source: SourceStep;
  readonly filters: readonly Expression[];
  readonly project: ProjectStep;
}

/** Undefined for queries that do more. */
export function simpleQuery(step: Step): SimpleQuery | undefined {
  if (step.kind !== 'project') return undefined;
  const filters: Expression[] = [];
  let input: Step = step.input;
  while (input.kind === 'filter') {
    filters.push(input.predicate);
    input = input.input;
  }
  return input.kind === 'source' ? { source: input, filters, project: step } : undefined;
}

type SelectionContext = Pick<QueryContext, 'functions' | 'properties' | 'registry' | 'onError'>;

/** Compiled code that makes of a source's record what was selected; nothing where the filter does not let it through. */
export function rowSelection(
  { filters, project, source }: SimpleQuery,
  given: SelectionContext,
  parameters: QueryParameters | null = null,
): RunRecord {
  const context = given as QueryContext;
  const pending = nothingPending();
  const columns = new Map([
    ...sourceColumns(source.source, source.prefix, source.source.kind === 'STREAM'),
    ...(parameters?.columns(pending.module) ?? []),
  ]);
  const conditions = filters.map((each) => conditionCode(each, columns, pending.module, context));
  const values = project.items.map(({ expression }) => valueCode(expression, columns, pending.module, context));
  const flow = { columns, pending: { ...pending, conditions } } as unknown as StreamFlow;
  return runnerOf(flow, values, { nullRows: source.source.kind === 'TABLE' ? 'kept' : 'dropped' });
}

/** The places of the key's columns among those that were selected; null: the value at that place is no key. */
export function keyPlaces({ project, source }: SimpleQuery): readonly (number | null)[] {
  const names = source.source.schema.key.map(({ name }) => source.prefix + name);
  return project.items.map(({ expression }) => {
    const at = expression.kind === 'column' ? names.indexOf(expression.name) : -1;
    return at < 0 ? null : at;
  });
}

/** Hands rows on to a function. */
export class RowReceiver extends Operator {
  receive: (key: unknown, row: readonly unknown[] | null, timestamp: number) => void = () => {};

  process(key: unknown, row: unknown, timestamp: number): void {
    this.receive(key, row as readonly unknown[] | null, timestamp);
  }
}

/** What expressions may ask of a record that comes from no task. */
export function recordPlace(
  partition: number,
  offset: number,
  headers: readonly { key: string; value: Buffer | null }[],
): RecordContext {
  return { partition, offset, headers } as unknown as RecordContext;
}
