import type {
  NewTopic,
  PersistentQuery,
  ProducedRecord,
  QueryRuntime,
  TopicDescription,
  TopicRecord,
  Topics,
} from '../engine/engine-services.ts';

/** Topics in memory, each with one partition's records in their order, however many partitions it says that it has. */
export class MemoryTopics implements Topics {
  readonly #topics = new Map<string, TopicDescription>();
  readonly #records = new Map<string, ProducedRecord[]>();

  async list(): Promise<readonly TopicDescription[]> {
    return this.all;
  }

  async describe(name: string): Promise<TopicDescription | undefined> {
    return this.#topics.get(name);
  }

  async create({ name, partitions, replicas }: NewTopic): Promise<void> {
    this.add({ name, partitions, replicas });
  }

  async delete(name: string): Promise<void> {
    this.#topics.delete(name);
    this.#records.delete(name);
  }

  async produce(topic: string, record: ProducedRecord): Promise<void> {
    this.recordsOf(topic).push(record);
  }

  async *records(topic: string): AsyncIterable<TopicRecord> {
    for (const [offset, record] of [...this.recordsOf(topic)].entries()) yield { ...record, offset, partition: 0 };
  }

  add(topic: TopicDescription): void {
    this.#topics.set(topic.name, topic);
  }

  get all(): readonly TopicDescription[] {
    return [...this.#topics.values()];
  }

  /** To be added to. */
  recordsOf(topic: string): ProducedRecord[] {
    let records = this.#records.get(topic);
    if (records === undefined) {
      records = [];
      this.#records.set(topic, records);
    }
    return records;
  }
}

/** Remembers which queries are to run; somebody else runs them. */
export class RememberedQueries implements QueryRuntime {
  readonly #queries = new Map<string, PersistentQuery>();
  /** Ids of those that rest. */
  readonly paused = new Set<string>();

  async start(query: PersistentQuery): Promise<void> {
    this.#queries.set(query.id, query);
  }

  async replace(query: PersistentQuery): Promise<void> {
    this.#queries.set(query.id, query);
  }

  async stop(id: string): Promise<void> {
    this.#queries.delete(id);
    this.paused.delete(id);
  }

  async pause(id: string): Promise<void> {
    this.paused.add(id);
  }

  async resume(id: string): Promise<void> {
    this.paused.delete(id);
  }

  /** In the order in which they were started. */
  get all(): readonly PersistentQuery[] {
    return [...this.#queries.values()];
  }
}
