import type { DataSource } from '../../catalog/data-source.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { SourceKind } from '../../syntax/ast/index.ts';
import type { SourceDescriptionList, SourceLine, StreamList, TableList } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';
import { describeSource } from './describe-source.ts';

/** SHOW STREAMS, SHOW TABLES. */
export function listSources(engine: SqlEngine, sourceKind: SourceKind, text: string): StreamList | TableList {
  const lines = sourcesOf(engine, sourceKind).map(sourceLine);
  return sourceKind === 'STREAM'
    ? { '@type': 'streams', ...answerHead(text), streams: lines }
    : { '@type': 'tables', ...answerHead(text), tables: lines };
}

/** SHOW … EXTENDED, DESCRIBE STREAMS, DESCRIBE TABLES. */
export async function describeSources(
  engine: SqlEngine,
  sourceKind: SourceKind,
  isExtended: boolean,
  text: string,
): Promise<SourceDescriptionList> {
  const sources = sourcesOf(engine, sourceKind);
  const sourceDescriptions = await Promise.all(sources.map((source) => describeSource(engine, source, isExtended)));
  return { '@type': 'source_descriptions', ...answerHead(text), sourceDescriptions };
}

function sourcesOf(engine: SqlEngine, sourceKind: SourceKind): DataSource[] {
  return engine.catalog.sources
    .filter(({ kind }) => kind === sourceKind)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function sourceLine({ kind, name, topic, keyFormat, valueFormat }: DataSource): SourceLine {
  return {
    type: kind,
    name,
    topic,
    keyFormat: keyFormat.format.name,
    valueFormat: valueFormat.format.name,
    isWindowed: keyFormat.window !== null,
  };
}
