import { analyzeInsertInto } from '../../analyzer/sink-analysis.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import type { InsertInto } from '../../syntax/ast/index.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';
import { persistentQuery, withEqualPartitions } from './start-query.ts';

const reservedPrefixes = ['INSERTQUERY_', 'CTAS_', 'CSAS_', 'CST_'];

function checkQueryId(id: string): void {
  if (reservedPrefixes.some((prefix) => id.startsWith(prefix))) {
    throw statementError(
      `Query IDs must not start with a reserved query ID prefix (${reservedPrefixes.join(', ')}). Got '${id}'.`,
    );
  }
  if (!/^[A-Za-z0-9_]+$/.test(id)) {
    throw statementError(`Query IDs may contain only alphanumeric characters and '_'. Got: '${id}'`);
  }
}

/** INSERT INTO … SELECT. */
export async function insertInto(
  engine: SqlEngine,
  statement: InsertInto,
  text: string,
  session: Session,
): Promise<StatementResult> {
  const analyzed = await withEqualPartitions(
    engine,
    analyzeInsertInto(statement, engine.analyzerContext(session)),
    session,
  );
  const given = analyzed.properties.text('QUERY_ID')?.toUpperCase() ?? null;
  if (given !== null) checkQueryId(given);
  if (given !== null && engine.queries.has(given)) throw statementError(`Query ID '${given}' already exists.`);
  const id = engine.queryIdOf(session, (number) => given ?? `INSERTQUERY_${number}`);
  const query = await persistentQuery(engine, analyzed, { id, kind: 'INSERT', statement: text, session });
  engine.queries.set(id, query);
  await engine.runtime.start(query);
  return done(`Created query with ID ${id}`, id);
}
