import { analyzeInsertInto } from '../../analyzer/sink-analysis.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import type { InsertInto } from '../../syntax/ast/index.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';
import { checkPartitions, persistentQuery } from './start-query.ts';

/** INSERT INTO … SELECT. */
export async function insertInto(
  engine: SqlEngine,
  statement: InsertInto,
  text: string,
  session: Session,
): Promise<StatementResult> {
  const analyzed = analyzeInsertInto(statement, engine.analyzerContext(session));
  await checkPartitions(engine, analyzed);
  const given = analyzed.properties.text('QUERY_ID')?.toUpperCase() ?? null;
  if (given !== null && engine.queries.has(given)) throw statementError(`Query ID '${given}' already exists.`);
  const id = given ?? `INSERTQUERY_${engine.nextQueryNumber()}`;
  const query = await persistentQuery(engine, analyzed, { id, kind: 'INSERT', statement: text, session });
  engine.queries.set(id, query);
  await engine.runtime.start(query);
  return done(`Created query with ID ${id}`, id);
}
