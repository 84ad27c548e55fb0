import type { AnalyzedSink } from '../../analyzer/sink-analysis.ts';
import { statementError } from '../../analyzer/statement-error.ts';
import { buildQuery, type TableView } from '../../plan/physical/build-query.ts';
import { sourcesOf } from '../../plan/steps/step.ts';
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
      await built.prepare();
      return built.topology;
    },
  };
  // What cannot be built is told with the statement, not by a query that fails.
  await query.build();
  return query;
}

/** Topics of both sides of a join have as many partitions, unless it is by a foreign key. */
export async function checkPartitions(engine: SqlEngine, { plan }: AnalyzedSink): Promise<void> {
  const joins = coPartitionedSources(plan.step);
  for (const aliases of joins) {
    let first: { readonly alias: string; readonly partitions: number } | null = null;
    for (const { alias, topic } of aliases) {
      const partitions = (await engine.topics.describe(topic))?.partitions ?? 1;
      first ??= { alias, partitions };
      if (partitions === first.partitions) continue;
      throw statementError(
        `Can't join \`${first.alias}\` with \`${alias}\` since the number of partitions don't match. \`${first.alias}\` partitions = ${first.partitions}; \`${alias}\` partitions = ${partitions}. Please repartition either one so that the number of partitions match.`,
      );
    }
  }
}

interface SourceTopic {
  readonly alias: string;
  readonly topic: string;
}

function coPartitionedSources(step: Parameters<typeof sourcesOf>[0]): readonly (readonly SourceTopic[])[] {
  switch (step.kind) {
    case 'source':
      return [];
    case 'join': {
      const inner = [...coPartitionedSources(step.left), ...coPartitionedSources(step.right)];
      if (step.foreignKey !== null) return inner;
      return [sourcesOf(step).map(({ alias, source }) => ({ alias, topic: source.topic })), ...inner];
    }
    default:
      return coPartitionedSources(step.input);
  }
}
