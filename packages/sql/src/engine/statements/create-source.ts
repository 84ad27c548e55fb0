import { analyzeCreateSource } from '../../analyzer/create-source.ts';
import { QuerySources } from '../../analyzer/query-sources.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import type { DataSource } from '../../catalog/data-source.ts';
import type { CreateSource } from '../../syntax/ast/index.ts';
import { checkReplacedSource } from '../check-replacement.ts';
import { registerSource, withInferredColumns } from '../infer-columns.ts';
import type { Session } from '../session.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';
import { persistentQuery } from './start-query.ts';
import { topicConfigs } from './topic-configs.ts';

/** CREATE [SOURCE] STREAM|TABLE … WITH (…). The topic is made where PARTITIONS is given and there is none. */
export async function createSource(
  engine: SqlEngine,
  statement: CreateSource,
  text: string,
  session: Session,
): Promise<StatementResult> {
  const { isIfNotExists, isOrReplace, isSource, name } = statement;
  const kind = statement.sourceKind.toLowerCase();
  const existing = engine.catalog.source(name);
  if (isOrReplace && (isSource || existing?.isReadOnly)) {
    throw statementError(`Cannot add ${kind} '${name}': CREATE OR REPLACE is not supported on source ${kind}s.`);
  }
  if (existing !== undefined && !isOrReplace) {
    if (isIfNotExists)
      return done(
        `Cannot add ${kind} \`${name}\`: A ${existing.kind.toLowerCase()} with the same name already exists.`,
      );
    throw statementError(
      `Cannot add ${kind} '${name}': A ${existing.kind.toLowerCase()} with the same name already exists`,
    );
  }
  const settings = engine.settingsOf(session);
  const declared = await withInferredColumns(engine, statement, settings, session.inputs);
  const analyzed = analyzeCreateSource(declared, text, settings);
  const { source } = analyzed;
  const isGiven = session.inputs?.isGiven === true;
  if (!isGiven) await makeTopic(engine, statement, analyzed);
  if (existing !== undefined) checkReplacedSource(existing, source);
  if (!isGiven) await registerSource(engine, source);
  engine.catalog.put(source);
  if (isSource && source.kind === 'TABLE') await keepRows(engine, source, text, session);
  return done(`${statement.sourceKind === 'STREAM' ? 'Stream' : 'Table'} created`);
}

/** The topic, where PARTITIONS is given and there is none. */
async function makeTopic(
  engine: SqlEngine,
  { name, sourceKind }: CreateSource,
  { properties, source }: ReturnType<typeof analyzeCreateSource>,
): Promise<void> {
  const kind = sourceKind.toLowerCase();
  // A table's topic that is read with windows by hand is compacted all the same, as in ksqlDB.
  const configs = topicConfigs(properties, { kind: source.kind, isWindowed: false });
  const topic = await engine.topics.describe(source.topic);
  const partitions = properties.integer('PARTITIONS');
  if (topic === undefined) {
    if (partitions === null) {
      throw statementError(
        `Topic '${source.topic}' does not exist. If you want to create a new topic for the ${kind} please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: CREATE ${kind.toUpperCase()} ${name} (…) WITH (KAFKA_TOPIC='${source.topic}', PARTITIONS=1, …);`,
      );
    }
    await engine.topics.create({
      name: source.topic,
      partitions,
      replicas: properties.integer('REPLICAS') ?? 1,
      configs,
    });
  } else if (partitions !== null && partitions !== topic.partitions) {
    throw statementError(
      `A Kafka topic with the name '${source.topic}' already exists, with different partition/replica configuration than required. KSQL expects ${partitions} partitions (topic has ${topic.partitions})`,
    );
  }
}

/** The rows of a source table, kept so that they can be looked up. */
async function keepRows(engine: SqlEngine, source: DataSource, text: string, session: Session): Promise<void> {
  const { key, value } = source.schema;
  const sources = new QuerySources([{ source, alias: source.name }], false);
  const items = value.map(({ name }) => ({
    name,
    expression: { kind: 'column', range: null, source: null, name } as const,
  }));
  const step = { kind: 'project', input: sources.stepOf(sources.all[0]!), items, schema: { key, value } } as const;
  const id = engine.queryIdOf(session, (number) => `CST_${source.name}_${number}`);
  const plan = { step, sink: source, isSinkWritten: false };
  const query = await persistentQuery(engine, { plan }, { id, kind: 'CREATE_SOURCE', statement: text, session });
  engine.queries.set(id, query);
  await engine.runtime.start(query);
}
