import { CodeModule } from '../../expressions/code-module.ts';
import { argumentsOf } from '../../expressions/write-call.ts';
import type { Written } from '../../expressions/written.ts';
import type { Aggregator } from '../../functions/function.ts';
import { SqlError } from '../../sql-error.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { AggregateStep } from '../steps/aggregate-step.ts';
import type { Row } from './flow.ts';
import { expressionWriter, type StreamFlow, type TableFlow, valueCode } from './flow.ts';
import type { QueryContext } from './query-context.ts';

/** The aggregates of a query as one: a group is kept as an array with the state of each, and whether HAVING let it through. */
export interface Aggregation {
  /** Code of the arguments over the input's rows, those of all aggregates one after the other. */
  readonly arguments: readonly Written[];
  readonly argumentTypes: readonly SqlType[];
  readonly stateTypes: readonly SqlType[];
  /** Where the group's note stands whether it was let through. */
  readonly sentAt: number;
  readonly results: readonly {
    readonly name: string;
    readonly type: SqlType;
    readonly code: (module: CodeModule) => string;
  }[];
  initial(): Row;
  add(group: Row, row: Row): Row;
  undo(group: Row, row: Row): Row;
  merge(one: Row, other: Row): Row;
}

interface Part {
  readonly name: string;
  readonly aggregator: Aggregator;
  readonly returnType: SqlType;
  /** Positions of the arguments in the row that groups are given. */
  readonly positions: readonly number[];
}

/** @throws SqlError when a table's rows go into an aggregate that cannot take them out again */
export function aggregationOf(
  { functions }: AggregateStep,
  input: Pick<StreamFlow | TableFlow, 'columns' | 'kind'>,
  module: CodeModule,
  context: QueryContext,
): Aggregation {
  const args: Written[] = [];
  const parts = functions.map(({ call, name }): Part => {
    const called = context.functions.get(call.name);
    if (called.kind !== 'aggregate') throw new SqlError('HW_SQL_STATEMENT', `${call.name} is no aggregate function`);
    const writer = expressionWriter(input.columns, module, context);
    const found = context.functions.aggregate(called, argumentsOf(writer, call.arguments), context.properties);
    const positions: number[] = [];
    for (const [at, argument] of call.arguments.slice(0, found.valuesCount).entries()) {
      const type = found.argumentTypes[at] ?? null;
      let written = valueCode(argument, input.columns, module, context);
      if (type !== null) {
        const converter = expressionWriter(input.columns, module, context);
        const made = converter.orNull(() => converter.converted(written, type));
        written =
          converter.frame.temps.length === 0
            ? made
            : {
                ...made,
                code: `${module.helper('k, v, t, c', `${converter.frame.declaration} return ${made.code};`)}(k, v, t, c)`,
              };
      }
      positions.push(args.length);
      args.push(written.type === null ? { ...written, type: { kind: 'BOOLEAN' } } : written);
    }
    if (input.kind === 'table' && found.aggregator.undo === null) {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `The aggregation function(s) (${call.name}) cannot be applied to a table source, only to a stream source.`,
      );
    }
    return { name, aggregator: found.aggregator, returnType: found.returnType, positions };
  });
  return {
    arguments: args,
    argumentTypes: args.map(({ type }) => type!),
    stateTypes: [...parts.map(({ aggregator }) => aggregator.stateType), { kind: 'BOOLEAN' }],
    sentAt: parts.length,
    results: parts.map(({ aggregator, name, returnType }, at) => ({
      name,
      type: returnType,
      code: (inModule) => `${inModule.constant(guarded(aggregator, context))}(v[${at}])`,
    })),
    ...compiled(parts),
  };
}

/** A result that fails is null. */
function guarded(aggregator: Aggregator, { onError }: QueryContext): (state: unknown) => unknown {
  return (state) => {
    try {
      return aggregator.result(state) ?? null;
    } catch (error) {
      onError(error);
      return null;
    }
  };
}

/** What an aggregate throws (a sum with too many digits) is an error of the record, which the query's policy decides about. */
function compiled(parts: readonly Part[]): Pick<Aggregation, 'initial' | 'add' | 'undo' | 'merge'> {
  const module = new CodeModule();
  const names = parts.map(({ aggregator }) => module.constant(aggregator));
  const step = (method: 'add' | 'undo') =>
    parts.map(({ positions }, at) => {
      const values = positions.map((position) => `, row[${position}]`).join('');
      return `next[${at}] = ${names[at]}.${method}(group[${at}]${values});`;
    });
  const copying = (lines: readonly string[]) =>
    `function (group, row) { const next = group.slice(); ${lines.join('\n')} return next; }`;
  return {
    initial: module.link(
      `function () { return [${[...names.map((name) => `${name}.initial()`), 'false'].join(', ')}]; }`,
    ),
    add: module.link(copying(step('add'))),
    undo: module.link(copying(step('undo'))),
    merge: module.link(
      `function (one, other) { return [${[
        ...names.map((name, at) => `${name}.merge(one[${at}], other[${at}])`),
        `one[${parts.length}] || other[${parts.length}]`,
      ].join(', ')}]; }`,
    ),
  };
}
