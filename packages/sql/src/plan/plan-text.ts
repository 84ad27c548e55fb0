import { quotedWhereNeeded as name } from '../syntax/printer/print-name.ts';
import { typeText } from '../types/sql-type.ts';
import type { QueryPlan } from './query-plan.ts';
import type { Step } from './steps/step.ts';

/** ksqlDB's "execution plan": a line a step, from the last to the sources, each two tabs deeper than what it feeds. */
export function planText({ isSinkWritten = true, sink, step }: QueryPlan, queryId: string): string {
  if (!isSinkWritten) return stepLines(step, queryId, '', 0);
  const schema = columnsText({ key: sink.schema.key, value: sink.schema.value });
  const line = stepLine('SINK', schema, `${queryId}.${sink.name}`, 0);
  return line + stepLines(step, queryId, '', 1);
}

/** Of a query whose rows go to who asks. */
export function transientPlanText(step: Step, queryId: string): string {
  return stepLines(step, queryId, '', 0);
}

function stepLines(step: Step, queryId: string, place: string, depth: number): string {
  const line = (operation: string, name: string) =>
    stepLine(operation, columnsText(shownColumns(step)), [queryId, place + name].join('.'), depth);
  switch (step.kind) {
    case 'source':
      return line('SOURCE', 'KsqlTopic.Source');
    case 'join':
      return (
        line('JOIN', 'Join') +
        stepLines(step.left, queryId, `${place}Left.`, depth + 1) +
        stepLines(step.right, queryId, `${place}Right.`, depth + 1)
      );
    case 'aggregate': {
      const groups = stepLine(
        'GROUP_BY',
        columnsText(shownColumns(step.input)),
        `${queryId}.Aggregate.GroupBy`,
        depth + 1,
      );
      const inner = groups + stepLines(step.input, queryId, place, depth + 2);
      return line('AGGREGATE', 'Aggregate.Aggregate') + inner;
    }
    case 'filter':
      return line('FILTER', 'WhereFilter') + stepLines(step.input, queryId, place, depth + 1);
    case 'flatMap':
      return line('FLAT_MAP', 'FlatMap') + stepLines(step.input, queryId, place, depth + 1);
    case 'partitionBy':
      return line('REKEY', 'PartitionBy') + stepLines(step.input, queryId, place, depth + 1);
    case 'project':
      return line('PROJECT', 'Project') + stepLines(step.input, queryId, place, depth + 1);
  }
}

function stepLine(operation: string, schema: string, logger: string, depth: number): string {
  return `${'\t'.repeat(2 * depth)} > [ ${operation} ] | Schema: ${schema} | Logger: ${logger}\n`;
}

/** The value's columns without those of the key, which expressions may name too. */
function shownColumns({ schema }: Step): Step['schema'] {
  const keys = new Set(schema.key.map(({ name }) => name));
  return { key: schema.key, value: schema.value.filter(({ name }) => !keys.has(name)) };
}

function columnsText({ key, value }: Step['schema']): string {
  const text = (column: Step['schema']['key'][number]) => `${name(column.name)} ${typeText(column.type, name)}`;
  return [...key.map((column) => `${text(column)} KEY`), ...value.map(text)].join(', ');
}
