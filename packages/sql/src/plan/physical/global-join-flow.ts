import type { Serde } from '@headwater/streams';
import { CodeModule } from '../../expressions/code-module.ts';
import { SqlError } from '../../sql-error.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import { rowSerde } from '../row-serde.ts';
import type { JoinStep } from '../steps/join-step.ts';
import type { SourceStep } from '../steps/source-step.ts';
import { type Flow, type Row, type StreamFlow, valueCode } from './flow.ts';
import { joinedRows, type Side, sideOfRows, wantedOf, withKey } from './join-flow.ts';
import { materialize, nothingPending } from './materialize.ts';
import type { QueryContext } from './query-context.ts';
import { sourceKey, sourceReader } from './source-flow.ts';

/** A stream with a table that every instance has whole. `needed`: the table's columns that what comes behind reads. */
export function joinGlobalFlow(
  { schema, type }: JoinStep,
  globalKey: Expression,
  left: Flow,
  { needed, table }: { readonly table: SourceStep; readonly needed: ReadonlySet<string> },
  context: QueryContext,
): StreamFlow {
  if (left.kind !== 'stream') throw new Error('the analyzer lets no table be joined with a global one');
  const { alias, prefix, source } = table;
  const one = materialize(left, wantedOf(left, new Set(left.columns.keys())), 'kept');
  const module = new CodeModule();
  const written = valueCode(globalKey, one.flow.columns, module, context);
  const keyOf = module.link<(row: Row, key: unknown) => unknown>(
    `function (v, k) { const t = 0, c = null; return ${written.code}; }`,
  );
  const key = sourceKey(source, context);
  const own = new Set([...needed].map((name) => name.slice(prefix.length)));
  const reader = sourceReader(source, own, context);
  const rows = context.builder.globalTable<unknown, Row>(source.topic, {
    store: context.newName(`GlobalTable_${alias}`),
    // Rows are found by the key's own form; topics may have it in another.
    key: { ...reader.key, encode: key.storeSerde.encode.bind(key.storeSerde) },
    value: reader.value as Serde<Row>,
  });
  const side = tableSide(table, own, `${module.constant(keyOf)}(l, k)`);
  const { columns, joiner, types } = joinedRows(sideOfRows(one), side, type, module);
  const stream = one.flow.stream;
  const joined =
    type === 'LEFT'
      ? stream.leftJoinGlobal<unknown, Row, Row>(rows, keyOf as never, joiner as never)
      : stream.joinGlobal<unknown, Row, Row>(rows, keyOf as never, joiner as never);
  return {
    kind: 'stream',
    stream: joined.withSerdes({ key: left.key.serde, value: rowSerde(types) as Serde<Row> }) as StreamFlow['stream'],
    columns: withKey(columns, schema.key, left.key, new Set(schema.key.map(({ name }) => name)), true),
    key: { ...left.key, columns: schema.key },
    pending: nothingPending(),
  };
}

/** @throws SqlError for columns of a record, which a row has not any more */
function tableSide({ alias, prefix, source: { schema } }: SourceStep, needed: Iterable<string>, key: string): Side {
  const columns = [...needed].map((name) => {
    const at = schema.value.findIndex((column) => column.name === name);
    if (at >= 0) return { name, type: schema.value[at]!.type, code: `r[${at}]` };
    const ownKey = schema.key.find((column) => column.name === name);
    if (ownKey !== undefined) return { name, type: ownKey.type, code: key };
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `${alias}.${name} is not known in a global join: of its rows only key and value are kept. Join without GLOBAL, or write it into a column of the table.`,
    );
  });
  return {
    names: columns.map(({ name }) => prefix + name),
    types: columns.map(({ type }) => type),
    codes: columns.map(({ code }) => code),
  };
}
