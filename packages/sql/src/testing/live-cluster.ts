import { StreamsError, TopologyTestDriver } from '@headwater/streams';
import type {
  NewTopic,
  PersistentQuery,
  ProducedRecord,
  QueryRuntime,
  TopicDescription,
  Topics,
} from '../engine/engine-services.ts';
import { queryErrors } from '../engine/query-errors.ts';
import { sourcesOf } from '../plan/steps/step.ts';
import { MemoryTopics } from './memory-cluster.ts';

const stepsMax = 10_000;

interface RunningQuery {
  readonly query: PersistentQuery;
  readonly driver: TopologyTestDriver;
  readonly topics: ReadonlySet<string>;
  /** What came while it rests; null: it does not. */
  waiting: { readonly topic: string; readonly record: ProducedRecord }[] | null;
}

/** Topics and queries in this process: what is produced goes through all queries at once, and on through those that read their results. */
export class LiveCluster implements Topics, QueryRuntime {
  readonly #topics = new MemoryTopics();
  readonly #running = new Map<string, RunningQuery>();
  #steps = 0;

  describe(name: string): Promise<TopicDescription | undefined> {
    return this.#topics.describe(name);
  }

  list(): ReturnType<Topics['list']> {
    return this.#topics.list();
  }

  create(topic: NewTopic): Promise<void> {
    return this.#topics.create(topic);
  }

  delete(name: string): Promise<void> {
    return this.#topics.delete(name);
  }

  records(topic: string): ReturnType<Topics['records']> {
    return this.#topics.records(topic);
  }

  add(topic: TopicDescription): void {
    this.#topics.add(topic);
  }

  recordsOf(topic: string): readonly ProducedRecord[] {
    return this.#topics.recordsOf(topic);
  }

  async produce(topic: string, record: ProducedRecord): Promise<void> {
    this.#steps = 0;
    this.#deliver(topic, record);
  }

  async start(query: PersistentQuery): Promise<void> {
    const running = await this.#open(query);
    for (const topic of running.topics)
      for (const record of [...this.#topics.recordsOf(topic)]) this.#feed(running, topic, record);
  }

  /** Goes on with the state of the query before it, from the next record on. */
  async replace(query: PersistentQuery): Promise<void> {
    const before = this.#running.get(query.id);
    const running = await this.#open(query);
    if (before === undefined) return;
    const prefix = `${applicationId(query)}-`;
    for (const { key, timestamp, topic, value } of before.driver.written) {
      if (!topic.startsWith(prefix) || !topic.endsWith('-changelog') || key === null) continue;
      try {
        running.driver.store(topic.slice(prefix.length, -'-changelog'.length)).restore(key, value, timestamp);
      } catch (error) {
        // A store that the new query has no more.
        if (!(error instanceof StreamsError)) throw error;
      }
    }
    before.driver.close();
  }

  async stop(id: string): Promise<void> {
    this.#running.get(id)?.driver.close();
    this.#running.delete(id);
  }

  async pause(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (running !== undefined) running.waiting ??= [];
  }

  async resume(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (running === undefined) return;
    const waiting = running.waiting ?? [];
    running.waiting = null;
    for (const { topic, record } of waiting) this.#feed(running, topic, record);
  }

  close(): void {
    for (const { driver } of this.#running.values()) driver.close();
    this.#running.clear();
  }

  async #open(query: PersistentQuery): Promise<RunningQuery> {
    const driver = new TopologyTestDriver(await query.build(), {
      applicationId: applicationId(query),
      errors: queryErrors(query),
    });
    const topics = new Set(sourcesOf(query.plan.step).map(({ source }) => source.topic));
    const running: RunningQuery = { query, driver, topics, waiting: null };
    this.#running.set(query.id, running);
    return running;
  }

  #deliver(topic: string, record: ProducedRecord): void {
    if (this.#steps++ > stepsMax) throw new Error(`The queries still feed each other after ${stepsMax} records`);
    this.#topics.recordsOf(topic).push(record);
    for (const running of this.#running.values()) if (running.topics.has(topic)) this.#feed(running, topic, record);
  }

  #feed({ driver, query, waiting }: RunningQuery, topic: string, record: ProducedRecord): void {
    if (waiting !== null) return void waiting.push({ topic, record });
    const { headers, key, timestamp, value } = record;
    driver.pipe(topic, key, value, timestamp, [...headers]);
    const { deadLetterTopic, sink } = query.plan;
    for (const result of driver.take(sink.topic)) this.#deliver(sink.topic, result);
    if (deadLetterTopic === undefined) return;
    for (const letter of driver.take(deadLetterTopic)) this.#deliver(deadLetterTopic, letter);
  }
}

function applicationId({ id }: PersistentQuery): string {
  return `_confluent-ksql-default_query_${id}`;
}
