import { CodeModule } from '../../expressions/code-module.ts';
import { rewrite } from '../../expressions/walk.ts';
import { withColumns } from '../../plan/physical/build-step.ts';
import { tableCallCode } from '../../plan/physical/flat-map-flow.ts';
import { at, type Row } from '../../plan/physical/flow.ts';
import type { FlatMapStep } from '../../plan/steps/flat-map-step.ts';
import type { ProjectStep } from '../../plan/steps/project-step.ts';
import type { SourceStep } from '../../plan/steps/source-step.ts';
import { columnOf, type Step } from '../../plan/steps/step.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import { conjuncts } from '../key-constraints.ts';
import { grouped, timeColumn } from './group-rows.ts';
import { joined } from './join-rows.ts';
import { columnsAt, type Evaluation, filtered, mapped, type Rows, rowFunction } from './rows.ts';

/**
 * Rows of a query as they are now, worked out step by step.
 *
 * @param needed the columns that what comes behind reads
 * @param conditions that rows behind this step have to meet: each is asked as near to the sources as it can be
 */
export function evaluated(
  step: Step,
  needed: ReadonlySet<string>,
  conditions: readonly Expression[],
  evaluation: Evaluation,
): Rows {
  const { context } = evaluation;
  switch (step.kind) {
    case 'source':
      return sourceRows(step, needed, conditions, evaluation);
    case 'filter':
      return evaluated(step.input, needed, [...conditions, ...conjuncts(step.predicate)], evaluation);
    case 'join':
      return joined(step, needed, conditions, evaluation, evaluated);
    case 'flatMap': {
      const behind = withColumns(needed, conditions);
      const known = new Set([...behind].filter((name) => columnOf(step.input.schema, name) !== undefined));
      const calls = step.functions.map(({ call }) => call);
      const input = evaluated(step.input, withColumns(known, calls), [], evaluation);
      return filtered(flatMapped(step, input, known, evaluation), conditions, context);
    }
    case 'aggregate': {
      const calls = step.functions.map(({ call }) => call);
      const columns = withColumns(new Set(), [...step.groupBy, ...calls]);
      if (step.window !== null) columns.add(timeColumn(step.input));
      const having = step.having === null ? conditions : [...conditions, step.having];
      return filtered(grouped(step, evaluated(step.input, columns, [], evaluation), evaluation), having, context);
    }
    case 'project': {
      const expressions = step.items.map(({ expression }) => expression);
      const input = evaluated(step.input, withColumns(new Set(), expressions), [], evaluation);
      const toRow = rowFunction(expressions, input.columns, context);
      return { columns: columnsAt(step.schema.value), batches: mapped(input.batches, (batch) => batch.map(toRow)) };
    }
    case 'partitionBy':
      throw new Error('the analyzer lets no pull query be partitioned');
  }
}

/** Reads what is needed only, by the keys that conditions name. Names are the source's own there. */
function sourceRows(
  step: SourceStep,
  needed: ReadonlySet<string>,
  conditions: readonly Expression[],
  evaluation: Evaluation,
): Rows {
  const { prefix, source } = step;
  const names = [...needed].filter((name) => columnOf(step.schema, name) !== undefined);
  const own = (expression: Expression) =>
    rewrite(expression, (part) =>
      part.kind === 'column' ? { ...part, name: part.name.slice(prefix.length) } : undefined,
    );
  const columns = names.map((name) => columnOf(step.schema, name)!);
  const bare: SourceStep = { ...step, prefix: '' };
  const project: ProjectStep = {
    kind: 'project',
    input: bare,
    items: names.map((name) => ({
      name,
      expression: { kind: 'column', range: null, source: null, name: name.slice(prefix.length) },
    })),
    schema: { key: source.schema.key, value: columns },
  };
  return {
    columns: columnsAt(columns),
    batches: evaluation.read({ source: bare, filters: conditions.map(own), project }),
  };
}

/** One row for each of the longest list that the table functions give. */
function flatMapped({ functions }: FlatMapStep, input: Rows, kept: ReadonlySet<string>, { context }: Evaluation): Rows {
  const module = new CodeModule();
  const lists = functions.map(({ call }) => tableCallCode(call, input.columns, module, context));
  const names = [...kept];
  const before = names.map((name) => input.columns.get(name)!);
  const spread = module.link<(row: Row, next: (row: Row) => void) => void>(`function (v, next) {
    const k = null, t = 0, c = null;
    ${lists.map(({ code }, index) => `const l${index} = ${code};`).join('\n')}
    const n = Math.max(${lists.map((_, index) => `l${index} === null ? 0 : l${index}.length`).join(', ')}, 0);
    for (let i = 0; i < n; i++) next([${[
      ...before.map(({ code }) => code),
      ...lists.map((_, index) => `l${index} !== null && i < l${index}.length ? l${index}[i] : null`),
    ].join(', ')}]);
  }`);
  const columns = new Map([
    ...names.map((name, index) => [name, at(index, before[index]!.type)] as const),
    ...functions.map(({ name }, index) => [name, at(names.length + index, lists[index]!.type)] as const),
  ]);
  const batches = mapped(input.batches, (batch) => {
    const rows: Row[] = [];
    const add = (row: Row) => void rows.push(row);
    for (const row of batch) spread(row, add);
    return rows;
  });
  return { columns, batches };
}
