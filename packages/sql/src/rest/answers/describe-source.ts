import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import type { PersistentQuery } from '../../engine/engine-services.ts';
import { queryGroup } from '../../engine/query-group.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { QueryOffsetSummary, SourceDescription } from '../entities/index.ts';
import { fieldInfos } from '../entities/schema-info.ts';
import { queryLine } from './list-queries.ts';
import { rewindLines } from './rewind-info.ts';
import { topicStatistics } from './topic-statistics.ts';

/** @throws SqlError where there is none of the name */
export function sourceOf(engine: SqlEngine, name: string): DataSource {
  const source = engine.catalog.source(name);
  if (source === undefined) throw statementError(`Could not find STREAM/TABLE '${name}' in the Metastore`);
  return source;
}

/** DESCRIBE; when it is EXTENDED with what its queries have done and where their groups stand. */
export async function describeSource(
  engine: SqlEngine,
  source: DataSource,
  isExtended: boolean,
): Promise<SourceDescription> {
  const readers = engine.queries.readersOf(source.name);
  const writers = engine.queries.writersOf(source.name);
  const topic = await engine.topics.describe(source.topic);
  const statistics = topicStatistics(engine, readers, writers);
  return {
    name: source.name,
    windowType: source.keyFormat.window?.type ?? null,
    readQueries: readers.map((query) => queryLine(engine, query)),
    writeQueries: [...writers.map((query) => queryLine(engine, query)), ...rewindLines(engine, source.name)],
    fields: fieldInfos(source.schema),
    type: source.kind,
    timestamp: source.timestamp?.name ?? '',
    ...statistics,
    ...(!isExtended && { statistics: '', errorStats: '' }),
    extended: isExtended,
    keyFormat: source.keyFormat.format.name,
    valueFormat: source.valueFormat.format.name,
    topic: source.topic,
    partitions: topic?.partitions ?? 0,
    replication: topic?.replicas ?? 0,
    statement: source.statement,
    queryOffsetSummaries: isExtended ? await offsetSummaries(engine, writers) : [],
    sourceConstraints: [...new Set(readers.filter(({ kind }) => kind === 'CREATE_AS').map(({ sinkName }) => sinkName))],
  };
}

/** How far the queries that write a source have come in what they read. */
async function offsetSummaries(engine: SqlEngine, writers: readonly PersistentQuery[]): Promise<QueryOffsetSummary[]> {
  const { groups } = engine;
  if (groups === null) return [];
  return Promise.all(
    writers.map(async (query) => {
      const groupId = queryGroup(engine, query);
      const topics = await groups.offsetsOf(groupId);
      return { groupId, topicSummaries: [...topics].map(([kafkaTopic, offsets]) => ({ kafkaTopic, offsets })) };
    }),
  );
}
