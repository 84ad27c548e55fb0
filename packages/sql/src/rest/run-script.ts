import { SqlError } from '../sql-error.ts';
import { parseScript, type ScriptStatement } from '../syntax/parse.ts';
import { ApiError, apiErrorOf, errorCodes } from './api-error.ts';
import type { Entity } from './entities/index.ts';
import type { RequestSession, SqlService } from './sql-service.ts';

/**
 * Does the statements of one request, after all of them were tried: a script that cannot be done whole does nothing.
 *
 * @throws ApiError with the entities of what was done before
 */
export async function runScript(
  service: SqlService,
  sql: string,
  session: RequestSession,
  signal?: AbortSignal,
): Promise<readonly Entity[]> {
  const statements = parseScript(sql);
  const query = statements.find(isQuery);
  if (query !== undefined)
    throw new ApiError(
      errorCodes.queryEndpoint,
      "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT",
      { statementText: query.text },
    );
  await service.check(statements, copyOf(session));
  const entities: Entity[] = [];
  for (const statement of statements) {
    try {
      const entity = await service.execute(statement, session, signal);
      if (entity !== null) entities.push(entity);
    } catch (thrown) {
      throw apiErrorOf(thrown, entities);
    }
  }
  return entities;
}

function copyOf({ properties, variables }: RequestSession): RequestSession {
  return { properties: new Map(properties), variables: new Map(variables) };
}

/** Whether a statement gives rows, and so belongs elsewhere. */
export function isQuery({ text }: ScriptStatement): boolean {
  return /^select\b/i.test(text) || isPrint(text);
}

export function isPrint(text: string): boolean {
  return /^print\b/i.test(text);
}

/** The one statement of a query's request. @throws ApiError 40000, 40001; SqlError */
export function singleStatement(sql: string, member: string): ScriptStatement {
  if (sql.trim() === '') throw new ApiError(errorCodes.badRequest, `"${member}" field must be populated`);
  const statements = parseScript(sql);
  if (statements.length !== 1)
    throw new ApiError(
      errorCodes.badStatement,
      `Expected exactly one KSQL statement; found ${statements.length} instead`,
      { statementText: sql },
    );
  return statements[0]!;
}

/** @throws SqlError 40002 for statements that give no rows */
export function checkIsQuery(statement: ScriptStatement): void {
  if (isQuery(statement)) return;
  throw new ApiError(errorCodes.queryEndpoint, 'Statement type not supported for this resource: send it to /ksql', {
    statementText: statement.text,
  });
}

/** Whether an error is the caller's. */
export function isCallersError(thrown: unknown): boolean {
  return thrown instanceof SqlError || (thrown instanceof ApiError && thrown.status < 500);
}
