import { analyzeQuery } from '../../analyzer/query-analyzer.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import type { PersistentQuery } from '../../engine/engine-services.ts';
import type { Session } from '../../engine/session.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import { planText, transientPlanText } from '../../plan/plan-text.ts';
import type { ProjectStep } from '../../plan/steps/project-step.ts';
import { sourcesOf } from '../../plan/steps/step.ts';
import { buildTransient } from '../../queries/build-transient.ts';
import type { Query, Statement } from '../../syntax/ast/index.ts';
import { printStatement } from '../../syntax/printer/print-statement.ts';
import type { QueryDescription } from '../entities/index.ts';
import { fieldInfos } from '../entities/schema-info.ts';
import { describeQuery, overridden, queryOf } from './list-queries.ts';
import { plannedQuery } from './try-statements.ts';

/** EXPLAIN of a query that runs. @throws SqlError where there is none of the id */
export function explainQuery(engine: SqlEngine, id: string): Promise<QueryDescription> {
  return described(engine, queryOf(engine, id));
}

/** EXPLAIN of a statement: what it would do. @throws SqlError as the statement itself would */
export async function explainStatement(
  engine: SqlEngine,
  statement: Statement,
  session: Session,
): Promise<QueryDescription> {
  if (statement.kind === 'query') return explainSelect(engine, statement, session);
  if (statement.kind === 'createAsSelect' || statement.kind === 'insertInto') {
    const query = await plannedQuery(engine, printStatement(statement), session);
    if (query !== null) return described(engine, query);
  }
  throw statementError('The provided statement does not run a ksql query');
}

/** With the texts of the plan and of the topology. */
async function described(engine: SqlEngine, query: PersistentQuery): Promise<QueryDescription> {
  const topology = String((await query.build()).describe());
  return { ...describeQuery(engine, query), executionPlan: planText(query.plan, query.id), topology };
}

function explainSelect(engine: SqlEngine, query: Query, session: Session): QueryDescription {
  const { first, step } = analyzeQuery(query, engine.analyzerContext(session), null);
  const id = `transient_${first.name}_0`;
  const { functions, onError, registry } = engine;
  const options = { functions, onError, registry, properties: engine.settingsOf(session) };
  const { topology } = buildTransient(step as ProjectStep, options, () => {});
  return {
    id,
    statementText: `${printStatement(query)};`,
    windowType: null,
    fields: fieldInfos({ key: [], value: step.schema.value, headers: [] }),
    sources: [...new Set(sourcesOf(step).map(({ source }) => source.name))],
    sinks: [],
    topology: String(topology.describe()),
    executionPlan: transientPlanText(step, id),
    overriddenProperties: overridden(engine, engine.settingsOf(session)),
    ksqlHostQueryStatus: {},
    queryType: 'PUSH',
    queryErrors: [],
    tasksMetadata: [],
    consumerGroupId: null,
    state: null,
  };
}
