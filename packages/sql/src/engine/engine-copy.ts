import type { RegistryClient } from '@headwater/serdes';
import type { NewTopic, QueryRuntime, TopicDescription, TopicRecord, Topics } from './engine-services.ts';
import { EngineState } from './engine-state.ts';
import type { RewindRuntime } from './rewind/rewind.ts';
import { SqlEngine } from './sql-engine.ts';

/** An engine to try statements in: no topic is made, nothing is written, no query runs, and nothing of it remains. */
export interface EngineCopy {
  readonly copy: SqlEngine;
  readonly topics: ImaginedTopics;
}

/** @param registry the engine's own, where schemas are to be registered; or one that forgets */
export function engineCopy(engine: SqlEngine, registry: RegistryClient | null): EngineCopy {
  const { functions, now, rewinder, settings, state } = engine;
  const topics = new ImaginedTopics(engine.topics);
  const copy = new SqlEngine({
    topics,
    queries: idle,
    functions,
    registry,
    settings,
    now,
    state: new EngineState(state),
    ...(rewinder !== null && { rewinder: idleRewinder(rewinder) }),
  });
  return { copy, topics };
}

const idle: QueryRuntime = {
  async start() {},
  async replace() {},
  async stop() {},
  async pause() {},
  async resume() {},
};

/** Asks the log, and runs nothing. */
function idleRewinder(real: RewindRuntime): RewindRuntime {
  return {
    starts: (inputs, to) => real.starts(inputs, to),
    isEmpty: (topic) => real.isEmpty(topic),
    resultsTopicOf: (runId) => real.resultsTopicOf(runId),
    start: async ({ starts }) => starts,
    async cancel() {},
    async takePlace(_rewind, swap) {
      swap();
    },
    progress: () => null,
  };
}

/** The real topics as they would be. */
export class ImaginedTopics implements Topics {
  /** Topics that are to be made. */
  readonly made: NewTopic[] = [];
  /** Names of topics that are to be deleted. */
  readonly deleted: string[] = [];
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

  async create(topic: NewTopic): Promise<void> {
    const { name, partitions, replicas } = topic;
    this.#changed.set(name, { name, partitions, replicas });
    this.made.push(topic);
  }

  async delete(name: string): Promise<void> {
    this.#changed.set(name, null);
    this.deleted.push(name);
  }

  async produce(): Promise<void> {}

  async *records(): AsyncIterable<TopicRecord> {}
}
