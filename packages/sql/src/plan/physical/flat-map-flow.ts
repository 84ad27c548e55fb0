import type { Serde } from '@headwater/streams';
import type { CodeModule } from '../../expressions/code-module.ts';
import { argumentsOf } from '../../expressions/write-call.ts';
import type { Written } from '../../expressions/written.ts';
import { SqlError } from '../../sql-error.ts';
import { rowSerde } from '../row-serde.ts';
import type { FlatMapStep } from '../steps/flat-map-step.ts';
import { CompiledOperator, type RunRecord } from './compiled-operator.ts';
import { at, type ColumnCodes, expressionWriter, type Flow, type Row, type StreamFlow } from './flow.ts';
import { keyCode, nothingPending } from './materialize.ts';
import type { QueryContext } from './query-context.ts';

type Rows = readonly unknown[] | null;

/** One row for each of the longest list that the table functions give; none when all are empty. */
export function flatMapFlow(
  { functions }: FlatMapStep,
  input: Flow,
  needed: ReadonlySet<string>,
  context: QueryContext,
): StreamFlow {
  if (input.kind !== 'stream') throw new Error('the analyzer lets no table function stand over a table');
  const { conditions, keyCodes, module } = input.pending;
  const lists = functions.map(({ call }) => tableCallCode(call, input.columns, module, context));
  const kept = [...input.columns.keys()].filter((name) => needed.has(name));
  const names = [...kept, ...functions.map(({ name }) => name)];
  const lines = [
    'if (v === null) return;',
    ...conditions.map((condition) => `if (!(${condition})) return;`),
    ...lists.map(({ code }, index) => `const l${index} = ${code};`),
    `const n = Math.max(${lists.map((_, index) => `l${index} === null ? 0 : l${index}.length`).join(', ')}, 0);`,
    'if (n === 0) return;',
    ...kept.map((name, index) => `const r${index} = ${input.columns.get(name)!.code};`),
    `const key = ${keyCodes === null ? 'k' : keyCode(keyCodes)};`,
    `for (let i = 0; i < n; i++) next.process(key, [${[
      ...kept.map((_, index) => `r${index}`),
      ...lists.map((_, index) => `l${index} !== null && i < l${index}.length ? l${index}[i] : null`),
    ].join(', ')}], t);`,
  ];
  const run = module.link<RunRecord>(`function (k, v, t, c, next) { ${lines.join('\n')} }`);
  const types = [...kept.map((name) => input.columns.get(name)!.type!), ...lists.map(({ type }) => type!)];
  const stream = input.stream.through<unknown, Row | null>(() => new CompiledOperator(run), {
    isKeyChanged: keyCodes !== null,
    key: input.key.serde,
    value: rowSerde(types) as Serde<Row | null>,
  });
  const columns = new Map(names.map((name, index) => [name, at(index, types[index]!)] as const));
  return { ...input, stream, columns, pending: nothingPending() };
}

/** The list of rows; null where the function fails. */
export function tableCallCode(
  call: FlatMapStep['functions'][number]['call'],
  columns: ColumnCodes,
  module: CodeModule,
  context: QueryContext,
): Written {
  const writer = expressionWriter(columns, module, context);
  const called = context.functions.get(call.name);
  if (called.kind !== 'table') throw new SqlError('HW_SQL_STATEMENT', `${call.name} is no table function`);
  const { argumentTypes, returnType, rows } = context.functions.table(
    called,
    argumentsOf(writer, call.arguments),
    context.properties,
  );
  const codes = call.arguments.map((argument, index) => {
    const type = argumentTypes[index] ?? null;
    const written = writer.write(argument);
    return type === null ? written.code : writer.converted(written, type).code;
  });
  // Where an argument fails, or the function, there are no rows.
  const run = module.constant(rows as (...values: unknown[]) => Rows);
  const onError = module.constant(context.onError);
  const body = `try { return ${run}(${codes.join(', ')}); } catch (e) { ${onError}(e); return null; }`;
  const name = module.helper('k, v, t, c', `${writer.frame.declaration} ${body}`);
  return { type: returnType, code: `${name}(k, v, t, c)`, isNullable: true, isThrowing: false };
}
