import { analyzeCreateAs } from '../../analyzer/sink-analysis.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import { unboundedState } from '../../analyzer/unbounded-state.ts';
import { isPlainKsql } from '../../dialect.ts';
import { sourcesOf } from '../../plan/steps/step.ts';
import type { CreateAsSelect } from '../../syntax/ast/index.ts';
import { checkReplacedQuery } from '../check-replacement.ts';
import { checkGivenSchemas } from '../infer-columns.ts';
import { checkNotRewound } from '../rewind/rewind-query.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';
import { persistentQuery, withEqualPartitions } from './start-query.ts';
import { topicConfigs } from './topic-configs.ts';

/** CREATE STREAM|TABLE … AS SELECT. */
export async function createAs(
  engine: SqlEngine,
  statement: CreateAsSelect,
  text: string,
  session: Session,
): Promise<StatementResult> {
  const { isIfNotExists, isOrReplace, name, sourceKind } = statement;
  if (statement.query.limit !== null) {
    throw statementError(`CREATE ${sourceKind} AS SELECT statements don't support LIMIT clause.`);
  }
  const kind = sourceKind.toLowerCase();
  const existing = engine.catalog.source(name);
  if (existing !== undefined && !isOrReplace) {
    if (isIfNotExists)
      return done(
        `Cannot add ${kind} \`${name}\`: A ${existing.kind.toLowerCase()} with the same name already exists.`,
      );
    throw statementError(
      `Cannot add ${kind} '${name}': A ${existing.kind.toLowerCase()} with the same name already exists`,
    );
  }
  const analyzed = await withEqualPartitions(
    engine,
    analyzeCreateAs(statement, text, engine.analyzerContext(session)),
    session,
  );
  const { plan } = analyzed;
  if (sourcesOf(plan.step).some(({ source }) => source.name === name)) {
    throw statementError(`Source name '${name}' should not be referenced itself.`);
  }
  const isGiven = session.inputs?.isGiven === true;
  if (!isGiven) await checkGivenSchemas(engine, plan.sink);
  const running = engine.queries.makerOf(name);
  if (running !== undefined) {
    checkNotRewound(engine, running.id);
    checkReplacedQuery(running.plan, plan, isPlainKsql(engine.settingsOf(session)));
  }
  const letter = sourceKind === 'STREAM' ? 'S' : 'T';
  const id = engine.queryIdOf(session, (number) => running?.id ?? `C${letter}AS_${name}_${number}`);
  const query = await persistentQuery(engine, analyzed, {
    id,
    runId: running?.runId ?? id,
    kind: 'CREATE_AS',
    statement: text,
    session,
  });
  if (!isGiven) await makeTopic(engine, statement, analyzed);
  engine.catalog.put(plan.sink);
  engine.queries.set(id, query);
  if (running === undefined) await engine.runtime.start(query);
  else await engine.runtime.replace(query);
  const warning = unboundedState(statement, plan.sink, engine.settingsOf(session));
  return done(`Created query with ID ${id}`, id, warning === null ? [] : [warning]);
}

/** The topic of the results, where there is none yet. */
async function makeTopic(
  engine: SqlEngine,
  { query, sourceKind }: CreateAsSelect,
  { first, plan, properties }: ReturnType<typeof analyzeCreateAs>,
): Promise<void> {
  const configs = topicConfigs(properties, {
    kind: sourceKind,
    isWindowed: query.window !== null,
    windowRetentionMs: query.window?.retention?.durationMs ?? null,
  });
  const [leftmost, topic] = await Promise.all([
    engine.topics.describe(first.topic),
    engine.topics.describe(plan.sink.topic),
  ]);
  if (topic === undefined) {
    await engine.topics.create({
      name: plan.sink.topic,
      partitions: properties.integer('PARTITIONS') ?? leftmost?.partitions ?? 1,
      replicas: properties.integer('REPLICAS') ?? leftmost?.replicas ?? 1,
      configs,
    });
  } else {
    const partitions = properties.integer('PARTITIONS');
    if (partitions !== null && partitions !== topic.partitions) {
      throw statementError(
        `A Kafka topic with the name '${topic.name}' already exists, with different partition/replica configuration than required. KSQL expects ${partitions} partitions (topic has ${topic.partitions})`,
      );
    }
  }
}
