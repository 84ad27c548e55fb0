import type {
  NewTopic,
  PersistentQuery,
  QueryRuntime,
  TopicDescription,
  TopicRecord,
  Topics,
} from '../../engine/engine-services.ts';
import type { RewindRuntime } from '../../engine/rewind/rewind.ts';
import type { Session } from '../../engine/session.ts';
import { SqlEngine } from '../../engine/sql-engine.ts';
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
  const copy = copyOf(engine);
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
  const copy = copyOf(engine);
  const { queryId } = await copy.execute(text, session);
  return queryId === null ? null : (copy.queries.get(queryId) ?? null);
}

function copyOf(engine: SqlEngine): SqlEngine {
  const { catalog, functions, generations, now, queries, registry, rewinder, rewinds, settings, topics } = engine;
  const copy = new SqlEngine({
    topics: new ImaginedTopics(topics),
    queries: idle,
    functions,
    registry: registry && imaginedRegistry(registry),
    settings,
    now,
    ...(rewinder !== null && { rewinder: idleRewinder(rewinder) }),
  });
  for (const source of catalog.sources) copy.catalog.put(source);
  for (const [name, type] of catalog.types) copy.catalog.registerType(name, type);
  for (const [id, query] of queries) copy.queries.set(id, query);
  for (const [runId, rewind] of rewinds) copy.rewinds.set(runId, rewind);
  for (const [id, generation] of generations) copy.generations.set(id, generation);
  return copy;
}

const idle: QueryRuntime = {
  async start() {},
  async replace() {},
  async stop() {},
};

/** Asks the log, and runs nothing. */
function idleRewinder(real: RewindRuntime): RewindRuntime {
  return {
    starts: (inputs, to) => real.starts(inputs, to),
    resultsTopicOf: (runId) => real.resultsTopicOf(runId),
    async start() {},
    async cancel() {},
    async takePlace(_rewind, swap) {
      swap();
    },
    async discardPrevious() {},
    progress: () => null,
  };
}

/** The real topics as they would be. */
class ImaginedTopics implements Topics {
  readonly #real: Topics;
  /** Null: deleted. */
  readonly #changed = new Map<string, TopicDescription | null>();

  constructor(real: Topics) {
    this.#real = real;
  }

  async list(): Promise<readonly TopicDescription[]> {
    const unchanged = (await this.#real.list()).filter(({ name }) => !this.#changed.has(name));
    return [...unchanged, ...[...this.#changed.values()].filter((topic) => topic !== null)];
  }

  async describe(name: string): Promise<TopicDescription | undefined> {
    const changed = this.#changed.get(name);
    return changed === undefined ? this.#real.describe(name) : (changed ?? undefined);
  }

  async create({ name, partitions, replicas }: NewTopic): Promise<void> {
    this.#changed.set(name, { name, partitions, replicas });
  }

  async delete(name: string): Promise<void> {
    this.#changed.set(name, null);
  }

  async produce(): Promise<void> {}

  async *records(): AsyncIterable<TopicRecord> {}
}
