import { engineCopy } from '../../engine/engine-copy.ts';
import type { PersistentQuery } from '../../engine/engine-services.ts';
import type { Session } from '../../engine/session.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { CreateConnector } from '../../syntax/ast/index.ts';
import { parseStatement, type ScriptStatement } from '../../syntax/parse.ts';
import { imaginedRegistry } from './imagined-registry.ts';

/** What leaves records behind, or only looks: seen to when it is done, not before. */
const notTried = new Set([
  'insertValues',
  'list',
  'describeSource',
  'describeSources',
  'describeFunction',
  'describeConnector',
  'explain',
  'assertTopic',
  'assertSchema',
  'dropConnector',
]);

/**
 * Does statements in a copy of the engine of which nothing remains: no topic is made, nothing is written, no query runs.
 *
 * @returns the connectors that are to be made: Connect is to be asked what it says of them
 * @throws SqlError of the first that cannot be done
 */
export async function tryStatements(
  engine: SqlEngine,
  statements: readonly ScriptStatement[],
  session: Session,
): Promise<readonly CreateConnector[]> {
  const { copy } = engineCopy(engine, engine.registry && imaginedRegistry(engine.registry));
  const connectors: CreateConnector[] = [];
  for (const statement of statements) {
    const tree = parseStatement(statement, {
      resolveType: (name) => copy.catalog.type(name),
      variables: session.variables,
    });
    if (tree.kind === 'createConnector') connectors.push(tree);
    else if (!notTried.has(tree.kind)) await copy.execute(statement, session);
  }
  return connectors;
}

/** The query that a statement would start; null where it starts none. @throws SqlError as the statement itself would */
export async function plannedQuery(engine: SqlEngine, text: string, session: Session): Promise<PersistentQuery | null> {
  const { copy } = engineCopy(engine, engine.registry && imaginedRegistry(engine.registry));
  const { queryId } = await copy.execute(text, session);
  return queryId === null ? null : (copy.queries.get(queryId) ?? null);
}
