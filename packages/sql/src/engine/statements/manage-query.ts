import { statementError } from '../../analyzer/statement-error.ts';
import type { ManageQuery } from '../../syntax/ast/index.ts';
import type { PersistentQuery } from '../engine-services.ts';
import { cancelRewind } from '../rewind/rewind-query.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** TERMINATE, PAUSE and RESUME of one query, or of all. */
export async function manageQuery(engine: SqlEngine, { kind, queryId }: ManageQuery): Promise<StatementResult> {
  if (kind === 'terminate' && queryId !== null && (await cancelRewind(engine, queryId))) {
    return done(`Query ${queryId} is rebuilt no more; the one that it was to replace goes on.`);
  }
  const queries = queryId === null ? manageable(engine) : [queryOf(engine, queryId)];
  for (const query of queries) {
    switch (kind) {
      case 'terminate':
        if (query.kind === 'CREATE_SOURCE') {
          throw statementError(
            `Cannot terminate query '${query.id}': it keeps the rows of the source table ${query.sinkName}. Drop the table instead.`,
          );
        }
        await engine.endQuery(query.id);
        break;
      case 'pause':
        engine.paused.set(query.id, true);
        await engine.runtime.pause(query.id);
        break;
      case 'resume':
        engine.paused.delete(query.id);
        await engine.runtime.resume(query.id);
    }
  }
  const told = { terminate: 'terminated', pause: 'paused', resume: 'resumed' }[kind];
  return done(`Query ${told}.`);
}

function manageable({ queries }: SqlEngine): readonly PersistentQuery[] {
  return [...queries.values()].filter(({ kind }) => kind !== 'CREATE_SOURCE');
}

function queryOf({ queries }: SqlEngine, id: string): PersistentQuery {
  const query = queries.get(id);
  if (query === undefined) throw statementError(`Unknown queryId: ${id}`);
  return query;
}
