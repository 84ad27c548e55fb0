import { commandIdOf, isCommand } from '../../commands/command-id.ts';
import type { StatementQueue } from '../../commands/statement-queue.ts';
import type { Session } from '../../engine/session.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import { SqlError } from '../../sql-error.ts';
import type { ListItems, Statement } from '../../syntax/ast/index.ts';
import { readStatement, type ScriptStatement } from '../../syntax/parse.ts';
import type { Entity } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';
import { assertSchema, assertTopic } from './assert-existence.ts';
import { createConnector, dropConnector } from './connect-statements.ts';
import { describeSource, sourceOf } from './describe-source.ts';
import { explainQuery, explainStatement } from './explain.ts';
import { describeConnector, listConnectors, listPlugins } from './list-connectors.ts';
import { describeFunction, listFunctions } from './list-functions.ts';
import { listQueries, listQueriesExtended } from './list-queries.ts';
import { listProperties, listTypes, listVariables } from './list-settings.ts';
import { describeSources, listSources } from './list-sources.ts';
import { listTopics, listTopicsExtended } from './list-topics.ts';

/** Statements that are done without a word. */
const silent = new Set<Statement['kind']>([
  'setProperty',
  'unsetProperty',
  'defineVariable',
  'undefineVariable',
  'insertValues',
]);

/** Statements that leave the catalog as it is wait for no other, and no other for them. */
export function isLooking({ text }: ScriptStatement): boolean {
  return /^(?:SHOW|LIST|DESCRIBE|EXPLAIN|ASSERT|(?:CREATE\s+(?:SOURCE|SINK)|DROP)\s+CONNECTOR)\b/i.test(text);
}

/**
 * Does a statement, and tells of it as ksqlDB does. Null where it tells nothing.
 *
 * @param signal aborted when nobody waits for the answer any more
 * @throws SqlError with the statement's text; ApiError
 */
export async function answerStatement(
  engine: SqlEngine,
  commands: StatementQueue,
  script: ScriptStatement,
  session: Session,
  signal?: AbortSignal,
): Promise<Entity | null> {
  const { text, statement } = readStatement(script, {
    resolveType: (name) => engine.catalog.type(name),
    variables: session.variables,
  });
  try {
    const told = await tell(engine, statement, text, session, signal);
    if (told !== null) return told;
  } catch (error) {
    throw withStatement(error, text);
  }
  if (isCommand(statement)) {
    const done = await commands.run({ script, statement, text, session });
    return {
      '@type': 'currentStatus',
      ...answerHead(text, done.warnings),
      commandId: done.commandId,
      commandStatus: done.status,
      commandSequenceNumber: done.sequenceNumber,
    };
  }
  const { message, queryId, warnings } = await engine.execute(script, session);
  if (silent.has(statement.kind)) return null;
  return {
    '@type': 'currentStatus',
    ...answerHead(text, warnings),
    commandId: commandIdOf(statement),
    commandStatus: { status: 'SUCCESS', message, queryId },
    commandSequenceNumber: -1,
  };
}

function withStatement(error: unknown, statementText: string): unknown {
  if (!(error instanceof SqlError) || error.statementText !== undefined) return error;
  return error.told({ statementText });
}

/** Of statements that the engine has no part in; null for others. */
async function tell(
  engine: SqlEngine,
  statement: Statement,
  text: string,
  session: Session,
  signal: AbortSignal | undefined,
): Promise<Entity | null> {
  switch (statement.kind) {
    case 'list':
      return list(engine, statement, text, session);
    case 'describeSource': {
      const source = sourceOf(engine, statement.name);
      const sourceDescription = await describeSource(engine, source, statement.isExtended);
      return { '@type': 'sourceDescription', ...answerHead(text), sourceDescription };
    }
    case 'describeSources':
      return describeSources(engine, statement.sourceKind, statement.isExtended, text);
    case 'describeFunction':
      return describeFunction(engine.functions, statement.name, text);
    case 'describeConnector':
      return describeConnector(engine, engine.connect, statement.name, text);
    case 'explain': {
      const { queryId, statement: explained } = statement;
      const queryDescription =
        queryId === null ? await explainStatement(engine, explained!, session) : await explainQuery(engine, queryId);
      return { '@type': 'queryDescription', ...answerHead(text), queryDescription };
    }
    case 'assertTopic':
      return assertTopic(engine, statement, text, signal);
    case 'assertSchema':
      return assertSchema(engine, statement, text, signal);
    case 'createConnector':
      return createConnector(engine.connect, statement);
    case 'dropConnector':
      return dropConnector(engine.connect, statement, text);
    case 'undefineVariable': {
      if (session.variables.has(statement.name)) return null;
      const message = `Cannot undefine variable '${statement.name}' which was never defined`;
      return { '@type': 'warning_entity', ...answerHead(text), message };
    }
    default:
      return null;
  }
}

function list(engine: SqlEngine, statement: ListItems, text: string, session: Session): Entity | Promise<Entity> {
  const { isAll, isExtended, what } = statement;
  switch (what) {
    case 'STREAMS':
    case 'TABLES': {
      const sourceKind = what === 'STREAMS' ? 'STREAM' : 'TABLE';
      return isExtended ? describeSources(engine, sourceKind, true, text) : listSources(engine, sourceKind, text);
    }
    case 'QUERIES':
      return isExtended ? listQueriesExtended(engine, text) : listQueries(engine, text);
    case 'TOPICS':
      return isExtended ? listTopicsExtended(engine, isAll, text) : listTopics(engine, isAll, text);
    case 'FUNCTIONS':
      return listFunctions(engine.functions, text);
    case 'TYPES':
      return listTypes(engine, text);
    case 'VARIABLES':
      return listVariables(session, text);
    case 'PROPERTIES':
      return listProperties(engine, session, text);
    case 'CONNECTORS':
      return listConnectors(engine.connect, null, text);
    case 'SOURCE CONNECTORS':
      return listConnectors(engine.connect, 'source', text);
    case 'SINK CONNECTORS':
      return listConnectors(engine.connect, 'sink', text);
    case 'CONNECTOR PLUGINS':
      return listPlugins(engine.connect, text);
  }
}
