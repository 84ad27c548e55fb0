import { RegistryClientError } from '@headwater/serdes';
import type { AnalyzedSink } from '../../analyzer/sink-analysis.ts';
import { buildQuery, type TableView } from '../../plan/physical/build-query.ts';
import { sourcesOf } from '../../plan/steps/step.ts';
import { SqlError } from '../../sql-error.ts';
import { coPartitioned } from '../co-partition.ts';
import type { PersistentQuery } from '../engine-services.ts';
import type { Session } from '../session.ts';
import type { SqlEngine } from '../sql-engine.ts';

/** The query of a statement, ready to be started. */
export async function persistentQuery(
  engine: SqlEngine,
  { plan }: Pick<AnalyzedSink, 'plan'>,
  options: {
    readonly id: string;
    /** Default: the id. */
    readonly runId?: string;
    readonly kind: PersistentQuery['kind'];
    readonly statement: string;
    readonly session: Session;
  },
): Promise<PersistentQuery> {
  const settings = engine.settingsOf(options.session);
  const { functions, onError, registry } = engine;
  let view: TableView | null = null;
  const query: PersistentQuery = {
    get view() {
      return view;
    },
    id: options.id,
    runId: options.runId ?? options.id,
    kind: options.kind,
    statement: options.statement,
    plan,
    sourceNames:
      options.kind === 'CREATE_SOURCE' ? [] : [...new Set(sourcesOf(plan.step).map(({ source }) => source.name))],
    sinkName: plan.sink.name,
    settings,
    async build() {
      const built = buildQuery(plan, { functions, onError, registry, properties: settings });
      view = built.view;
      await built.prepare().catch((error: unknown) => {
        throw schemaClash(error, plan.sink.topic);
      });
      return built.topology;
    },
  };
  // What cannot be built is told with the statement that is tried, not by a query that fails.
  if (!options.session.inputs?.isGiven) await query.build();
  return query;
}

/** The sink with a query whose joins are of equal partitions. @throws SqlError where that cannot be */
export async function withEqualPartitions(
  engine: SqlEngine,
  analyzed: AnalyzedSink,
  session: Session,
): Promise<AnalyzedSink> {
  const { plan } = analyzed;
  const step = await coPartitioned(plan.step, engine, engine.settingsOf(session), session.inputs);
  return step === plan.step ? analyzed : { ...analyzed, plan: { ...plan, step } };
}

/** What the registry has against the schema of results. */
function schemaClash(error: unknown, topic: string): unknown {
  if (!(error instanceof RegistryClientError) || error.code !== 'HW_SERDES_REGISTRY') return error;
  return new SqlError('HW_SQL_STATEMENT', `Could not register schema for topic '${topic}': ${error.message}`, {
    cause: error,
    hint: "The topic has records of another schema. Write to another one: … WITH (KAFKA_TOPIC='…') AS …, or CAST columns to the types that it has",
  });
}
