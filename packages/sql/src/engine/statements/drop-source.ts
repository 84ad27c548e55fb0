import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import type { DropSource } from '../../syntax/ast/index.ts';
import type { PersistentQuery } from '../engine-services.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** DROP STREAM|TABLE. The query that made it ends with it; one that another query reads stays. */
export async function dropSource(engine: SqlEngine, statement: DropSource, session: Session): Promise<StatementResult> {
  const { isIfExists, isTopicDeleted, name, sourceKind } = statement;
  const source = engine.catalog.source(name);
  if (source === undefined) {
    if (isIfExists) return done(`Source \`${name}\` does not exist.`);
    throw statementError(`${sourceKind === 'STREAM' ? 'Stream' : 'Table'} ${name} does not exist.`);
  }
  if (source.kind !== sourceKind) {
    throw statementError(`Incompatible data source type is ${source.kind}, but statement was DROP ${sourceKind}`);
  }
  if (isTopicDeleted && source.isReadOnly) throw statementError(`Cannot delete topic for read-only source: ${name}`);
  if (isTopicDeleted) checkTopicUnshared(engine, source);
  const queries = engine.queries.writersOf(name);
  const readers = [...new Set(engine.queries.readersOf(name).map(readerName))];
  const writers = queries.filter(({ kind }) => kind === 'INSERT').map(({ id }) => id);
  if (readers.length > 0 || writers.length > 0) {
    const parts = [
      ...(readers.length > 0
        ? [`The following streams and/or tables read from this source: [${readers.join(', ')}].`]
        : []),
      ...(writers.length > 0 ? [`The following queries write into this source: [${writers.join(', ')}].`] : []),
    ];
    throw statementError(
      `Cannot drop ${name}.\n${parts.join('\n')}\nYou need to drop or terminate them before dropping ${name}.`,
    );
  }
  for (const { id } of queries) await engine.endQuery(id);
  engine.catalog.drop(name);
  if (isTopicDeleted && !session.inputs?.isGiven) await engine.topics.delete(source.topic);
  return done(`Source \`${name}\` (topic: ${source.topic}) was dropped.`);
}

/** @throws SqlError where another source has the same topic */
function checkTopicUnshared({ catalog }: SqlEngine, { name, topic }: DataSource): void {
  const others = catalog.sources.filter((each) => each.topic === topic && each.name !== name);
  if (others.length === 0) return;
  const names = others.map((each) => each.name).sort();
  throw statementError(`Refusing to delete topic. Found other data sources (${names.join(', ')}) using topic ${topic}`);
}

/** What a query makes, or the query where it only adds to a stream. */
function readerName({ id, kind, sinkName }: PersistentQuery): string {
  return kind === 'INSERT' ? id : sinkName;
}
