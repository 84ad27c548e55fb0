import type { Session } from '../../engine/session.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import { SqlError } from '../../sql-error.ts';
import type { Explain, ListItems, Statement } from '../../syntax/ast/index.ts';
import { readStatement, type ScriptStatement } from '../../syntax/parse.ts';
import { printStatement } from '../../syntax/printer/print-statement.ts';
import type { Entity, QueryDescription } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';
import type { CommandLog } from './command-log.ts';
import { describeSource, sourceOf } from './describe-source.ts';
import { describeFunction, listFunctions } from './list-functions.ts';
import { describeQuery, listQueries, queryOf } from './list-queries.ts';
import { listProperties, listTypes, listVariables } from './list-settings.ts';
import { describeSources, listSources } from './list-sources.ts';
import { listTopics } from './list-topics.ts';
import { plannedQuery } from './try-statements.ts';

/** Statements that are done without a word. */
const silent = new Set<Statement['kind']>([
  'setProperty',
  'unsetProperty',
  'defineVariable',
  'undefineVariable',
  'insertValues',
]);

/**
 * Does a statement, and tells of it as ksqlDB does. Null where it tells nothing.
 *
 * @throws SqlError with the statement's text
 */
export async function answerStatement(
  engine: SqlEngine,
  commands: CommandLog,
  script: ScriptStatement,
  session: Session,
): Promise<Entity | null> {
  const { text, statement } = readStatement(script, {
    resolveType: (name) => engine.catalog.type(name),
    variables: session.variables,
  });
  try {
    const told = await tell(engine, statement, text, session);
    if (told !== null) return told;
  } catch (error) {
    throw withStatement(error, text);
  }
  const result = await engine.execute(script, session);
  return silent.has(statement.kind) ? null : commands.done(statement, result, text);
}

function withStatement(error: unknown, statementText: string): unknown {
  if (!(error instanceof SqlError) || error.statementText !== undefined) return error;
  const { code, message, position, hint } = error;
  return new SqlError(code, message, {
    cause: error,
    statementText,
    ...(position && { position }),
    ...(hint !== undefined && { hint }),
  });
}

/** Of statements that only look; null for others. */
async function tell(engine: SqlEngine, statement: Statement, text: string, session: Session): Promise<Entity | null> {
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
    case 'explain': {
      const queryDescription = await explained(engine, statement, session);
      if (queryDescription === null) return null;
      return { '@type': 'queryDescription', ...answerHead(text), queryDescription };
    }
    default:
      return null;
  }
}

/** Null for statements that start no query. */
async function explained(engine: SqlEngine, explain: Explain, session: Session): Promise<QueryDescription | null> {
  if (explain.queryId !== null) {
    const query = queryOf(engine, explain.queryId);
    return describeQuery(engine, query, String((await query.build()).describe()));
  }
  const { kind } = explain.statement!;
  if (kind !== 'createAsSelect' && kind !== 'insertInto') return null;
  const query = await plannedQuery(engine, printStatement(explain.statement!), session);
  return query === null ? null : describeQuery(engine, query);
}

function list(
  engine: SqlEngine,
  statement: ListItems,
  text: string,
  session: Session,
): Entity | Promise<Entity> | null {
  const { what, isAll, isExtended } = statement;
  switch (what) {
    case 'STREAMS':
    case 'TABLES': {
      const sourceKind = what === 'STREAMS' ? 'STREAM' : 'TABLE';
      return isExtended ? describeSources(engine, sourceKind, true, text) : listSources(engine, sourceKind, text);
    }
    case 'QUERIES': {
      if (!isExtended) return listQueries(engine, text);
      const queryDescriptions = [...engine.queries.values()].map((query) => describeQuery(engine, query));
      return { '@type': 'query_descriptions', ...answerHead(text), queryDescriptions };
    }
    case 'TOPICS':
      return isExtended ? null : listTopics(engine, isAll, text);
    case 'FUNCTIONS':
      return listFunctions(engine.functions, text);
    case 'TYPES':
      return listTypes(engine, text);
    case 'VARIABLES':
      return listVariables(session, text);
    case 'PROPERTIES':
      return listProperties(engine, session, text);
    default:
      return null;
  }
}
