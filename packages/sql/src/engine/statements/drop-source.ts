import { statementError } from '../../analyzer/statement-error.ts';
import type { DropSource } from '../../syntax/ast/index.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** DROP STREAM|TABLE. The query that made it ends with it; one that another query reads stays. */
export async function dropSource(engine: SqlEngine, statement: DropSource): Promise<StatementResult> {
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
  const queries = [...engine.queries.values()];
  const readers = queries.filter(({ sourceNames }) => sourceNames.includes(name));
  const writers = queries.filter(({ kind, sinkName }) => sinkName === name && kind === 'INSERT');
  if (readers.length > 0 || writers.length > 0) {
    const ids = (list: typeof queries) => list.map(({ id }) => id).join(', ');
    throw statementError(
      `Cannot drop ${name}.\nThe following queries read from this source: [${ids(readers)}].\nThe following queries write into this source: [${ids(writers)}].\nYou need to terminate them before dropping ${name}.`,
    );
  }
  for (const query of queries) {
    if (query.sinkName !== name) continue;
    await engine.runtime.stop(query.id);
    engine.queries.delete(query.id);
  }
  engine.catalog.drop(name);
  if (isTopicDeleted) await engine.topics.delete(source.topic);
  return done(`Source \`${name}\` (topic: ${source.topic}) was dropped.`);
}
