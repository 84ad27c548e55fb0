import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { SourceDescription } from '../entities/index.ts';
import { fieldInfos } from '../entities/schema-info.ts';
import { queryLine } from './list-queries.ts';

/** @throws SqlError where there is none of the name */
export function sourceOf(engine: SqlEngine, name: string): DataSource {
  const source = engine.catalog.source(name);
  if (source === undefined) throw statementError(`Could not find STREAM/TABLE '${name}' in the Metastore`);
  return source;
}

/** DESCRIBE: partitions and statistics are told when it is EXTENDED. */
export async function describeSource(
  engine: SqlEngine,
  source: DataSource,
  isExtended: boolean,
): Promise<SourceDescription> {
  const queries = [...engine.queries.values()];
  const topic = isExtended ? await engine.topics.describe(source.topic) : undefined;
  return {
    name: source.name,
    windowType: source.keyFormat.window?.type ?? null,
    readQueries: queries
      .filter(({ sourceNames }) => sourceNames.includes(source.name))
      .map((query) => queryLine(engine, query)),
    writeQueries: queries.filter(({ sinkName }) => sinkName === source.name).map((query) => queryLine(engine, query)),
    fields: fieldInfos(source.schema),
    type: source.kind,
    timestamp: source.timestamp?.name ?? '',
    statistics: '',
    errorStats: '',
    extended: isExtended,
    keyFormat: source.keyFormat.format.name,
    valueFormat: source.valueFormat.format.name,
    topic: source.topic,
    partitions: topic?.partitions ?? 0,
    replication: topic?.replicas ?? 0,
    statement: source.statement,
    queryOffsetSummaries: [],
    sourceConstraints: [],
    clusterStatistics: [],
    clusterErrorStats: [],
  };
}
