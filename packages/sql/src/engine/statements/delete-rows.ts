import { StreamsBuilder } from '@headwater/streams';
import { filtered } from '../../analyzer/filter-analysis.ts';
import { QuerySources } from '../../analyzer/query-sources.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import { Typing } from '../../analyzer/typing.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import { checkExtended } from '../../dialect.ts';
import { CodeModule } from '../../expressions/code-module.ts';
import { eachColumn } from '../../expressions/walk.ts';
import type { RowCodec } from '../../formats/format.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import { conditionCode } from '../../plan/physical/flow.ts';
import { newQueryContext, type QueryContext } from '../../plan/physical/query-context.ts';
import { sourceCodecSpec, sourceColumns, sourceKey } from '../../plan/physical/source-flow.ts';
import { timestampExtractor } from '../../plan/physical/timestamp-column.ts';
import { keyConstraints } from '../../queries/key-constraints.ts';
import type { DeleteRows, Expression } from '../../syntax/ast/index.ts';
import type { TopicRecord } from '../engine-services.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** Tombstones that are under way at once. */
const sentTogether = 500;

type IsWanted = (key: unknown, row: unknown, timestamp: number, record: Partial<TopicRecord>) => boolean;

/**
 * DELETE FROM table WHERE …: a tombstone for each row that the condition holds for. Where it says by itself which keys those are, nothing is read;
 * else the table's topic is, from its beginning.
 *
 * @throws SqlError for what is no table that may be written to
 */
export async function deleteRows(engine: SqlEngine, statement: DeleteRows, session: Session): Promise<StatementResult> {
  const settings = engine.settingsOf(session);
  checkExtended(settings, 'DELETE', statement.range);
  const source = targetOf(engine, statement);
  const condition = conditionOf(statement.where, source, engine, settings);
  const { functions, onError, registry } = engine;
  const options = { functions, onError, registry, properties: settings };
  const context = newQueryContext(new StreamsBuilder(), options);
  const isWanted = compiled(condition, source, context);
  const keys = isOfKeys(condition, source) ? keyConstraints([condition], source, context).keys : null;
  const count =
    keys === null
      ? await deleteFound(engine, source, isWanted, context)
      : await deleteNamed(engine, source, keys, isWanted);
  return done(
    `Deleted ${count} ${count === 1 ? 'row' : 'rows'} of ${source.name}: tombstones were written to ${source.topic}`,
  );
}

function targetOf(engine: SqlEngine, { range, target }: DeleteRows): DataSource {
  const source = engine.catalog.source(target);
  if (source === undefined) throw statementError(`${target} does not exist.`, range);
  if (source.kind === 'STREAM') {
    throw statementError(
      `Rows of streams cannot be deleted: ${target} is a stream, whose records stay as long as its topic keeps them. Write a stream without them: CREATE STREAM … AS SELECT * FROM ${target} WHERE NOT (…)`,
      range,
    );
  }
  const query = engine.queries.makerOf(target);
  if (source.isDerived) {
    const made = query === undefined ? 'a query' : `${query.id}, of ${query.sourceNames.join(' and ')}`;
    throw statementError(
      `Rows of ${target} cannot be deleted: they are the results of ${made}, which would write them again. Delete from what it reads, or let it leave them out: CREATE OR REPLACE TABLE … WHERE …, or WITH (ROW_TTL='…') for old ones.`,
      range,
    );
  }
  if (source.isReadOnly) {
    throw statementError(
      `Rows of ${target} cannot be deleted: it was made by CREATE SOURCE TABLE, and is read-only. Create a table of the topic without SOURCE, and delete from that.`,
      range,
    );
  }
  if (source.keyFormat.window !== null) {
    throw statementError(`Rows of ${target} cannot be deleted: it is windowed, and they go with their windows.`, range);
  }
  return source;
}

function conditionOf(
  where: Expression,
  source: DataSource,
  { functions }: SqlEngine,
  settings: ReadonlyMap<string, string>,
) {
  const sources = new QuerySources([{ source, alias: source.name }], false);
  const qualified = sources.qualify(where);
  sources.check(qualified, 'WHERE');
  const condition = sources.internal(qualified);
  filtered(sources.stepOf(sources.all[0]!), condition, 'WHERE', new Typing(functions, settings));
  return condition;
}

function isOfKeys(condition: Expression, { schema }: DataSource): boolean {
  let isOnlyKeys = true;
  eachColumn(condition, ({ name }) => {
    if (!schema.key.some((column) => column.name === name)) isOnlyKeys = false;
  });
  return isOnlyKeys;
}

function compiled(condition: Expression, source: DataSource, context: QueryContext): IsWanted {
  const module = new CodeModule();
  const code = conditionCode(condition, sourceColumns(source, '', true), module, context);
  return module.link<IsWanted>(`function (k, v, t, c) { return ${code}; }`);
}

async function deleteNamed(
  engine: SqlEngine,
  source: DataSource,
  keys: readonly unknown[],
  isWanted: IsWanted,
): Promise<number> {
  const codec = rowCodec(sourceCodecSpec(source, 'key', engine));
  await codec.register?.();
  let count = 0;
  for (const key of keys) {
    if (!isWanted(key, null, 0, {})) continue;
    const columns = source.schema.key.length === 1 ? [key] : (key as readonly unknown[]);
    await bury(engine, source, { key: Buffer.from(codec.encode(columns, source.topic) as Buffer) });
    count++;
  }
  return count;
}

/** Only keys of rows that are to go are kept while the topic is read. */
async function deleteFound(
  engine: SqlEngine,
  source: DataSource,
  isWanted: IsWanted,
  context: QueryContext,
): Promise<number> {
  const { serde } = sourceKey(source, context);
  const codec = rowCodec(sourceCodecSpec(source, 'value', context));
  const timeOf = source.timestamp === null ? null : timestampExtractor(source, context);
  const found = new Map<string, { readonly key: Buffer; readonly partition: number }>();
  for await (const record of engine.topics.records(source.topic)) {
    const { key, partition, timestamp, value } = record;
    if (key === null) continue;
    const id = key.toString('latin1');
    let isFound = false;
    try {
      const rowKey = await decoded(serde, key, source.topic);
      const row = value === null ? null : await decoded(codec, value, source.topic);
      const time = row === null || timeOf === null ? timestamp : timeOf(row, rowKey, timestamp, -1);
      isFound = row !== null && time >= 0 && isWanted(rowKey, row, time, record);
    } catch (error) {
      // As a query does it: what cannot be read is left out, and the row before it stays.
      engine.onError(error);
      continue;
    }
    if (isFound) found.set(id, { key: Buffer.from(key), partition });
    else found.delete(id);
  }
  const graves = [...found.values()];
  for (let at = 0; at < graves.length; at += sentTogether) {
    await Promise.all(graves.slice(at, at + sentTogether).map((each) => bury(engine, source, each)));
  }
  return found.size;
}

async function decoded(
  serde: Pick<RowCodec, 'prepare'> & { decode(data: Buffer, start: number, end: number, topic: string): unknown },
  data: Buffer,
  topic: string,
): Promise<unknown> {
  const waiting = serde.prepare?.(data, 0, data.length, topic);
  if (waiting !== undefined) await waiting;
  return serde.decode(data, 0, data.length, topic);
}

/** To the partition that the row is in, where that is known. */
async function bury(
  engine: SqlEngine,
  { topic }: DataSource,
  place: { readonly key: Buffer; readonly partition?: number },
): Promise<void> {
  await engine.topics.produce(topic, { ...place, value: null, timestamp: engine.now(), headers: [] });
}
