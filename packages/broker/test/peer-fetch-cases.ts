import { ApiKey, errorInfo, type RequestInputOf, type ResponseOf, zeroUuid } from '@headwater/protocol';
import { batch } from './fixtures.ts';
import type { Steps } from './peer-compare.ts';
import type { RawClient } from './raw-client.ts';

type Topics = RequestInputOf[typeof ApiKey.Fetch]['topics'];
type Forgotten = RequestInputOf[typeof ApiKey.Fetch]['forgottenTopicsData'];

interface Asked {
  sessionId?: number;
  sessionEpoch?: number;
  topics?: Topics;
  forgotten?: Forgotten;
  version?: number;
  maxWaitMs?: number;
}

async function create(client: RawClient, name: string, numPartitions: number): Promise<string> {
  const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }];
  const { topics: made } = await client.call(ApiKey.CreateTopics, 7, { topics });
  // Kafka's controller answers before its broker knows the topic.
  const indexes = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
  for (;;) {
    const body = { replicaId: -1, topics: [{ name, partitions: indexes }] };
    const [known] = (await client.call(ApiKey.ListOffsets, 7, body)).topics;
    if (known!.partitions.every(({ errorCode }) => errorCode === 0)) return made[0]!.topicId;
  }
}

async function remove(client: RawClient, name: string): Promise<void> {
  const topics = [{ name, topicId: zeroUuid }];
  await client.call(ApiKey.DeleteTopics, 6, { topics, timeoutMs: 5_000 });
  for (;;) {
    const known = await client.call(ApiKey.Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
    if (known.topics[0]!.errorCode !== 0) return;
  }
}

async function produce(client: RawClient, name: string, index: number, ...values: string[]): Promise<void> {
  const topicData = [{ name, partitionData: [{ index, records: batch(values) }] }];
  for (;;) {
    const { responses } = await client.call(ApiKey.Produce, 9, { acks: -1, timeoutMs: 5_000, topicData });
    if (responses[0]!.partitionResponses[0]!.errorCode === 0) return;
  }
}

const part = (partition: number, fetchOffset: number, more: object = {}) => ({
  partition,
  fetchOffset,
  partitionMaxBytes: 100_000,
  ...more,
});

/** A client of one session, and what it was answered. */
class Session {
  readonly answers: unknown[] = [];
  readonly #client: RawClient;
  readonly #unique: string;
  #id = 0;
  #epoch = 0;

  constructor(client: RawClient, unique: string) {
    this.#client = client;
    this.#unique = unique;
  }

  get id(): number {
    return this.#id;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The next fetch of this session, unless an id and epoch of its own are asked for. */
  async fetch({ version = 12, topics = [], forgotten = [], maxWaitMs = 1, ...asked }: Asked = {}): Promise<void> {
    const { sessionEpoch = this.#epoch, sessionId = this.#id } = asked;
    const body = {
      maxWaitMs,
      minBytes: 1,
      maxBytes: 1_000_000,
      sessionId,
      sessionEpoch,
      topics,
      forgottenTopicsData: forgotten,
    };
    const answer = await this.#client.call(ApiKey.Fetch, version, body);
    if (answer.errorCode === 0 && asked.sessionEpoch === undefined) {
      this.#id = answer.sessionId;
      this.#epoch++;
    }
    this.answers.push([errorInfo(answer.errorCode).name, this.#told(answer.sessionId), ...this.#parts(answer)]);
  }

  #told(sessionId: number): string {
    if (sessionId === 0) return 'none';
    return sessionId === this.#id ? 'the session' : 'another session';
  }

  #parts({ responses }: ResponseOf[typeof ApiKey.Fetch]): string[] {
    const shown = responses.flatMap(({ topic, partitions }) =>
      partitions.map((one) => {
        const { errorCode, highWatermark, logStartOffset, partitionIndex, records } = one;
        const found = (records?.length ?? 0) > 0 ? 'records' : 'nothing';
        const name = topic.replace(this.#unique, 't');
        return `${name}-${partitionIndex} ${errorInfo(errorCode).name} ${highWatermark} ${logStartOffset} ${found}`;
      }),
    );
    return shown.sort();
  }
}

/** Fetch sessions (KIP-227). */
export const fetchCases: Record<string, Steps> = {
  async 'a fetch session from its beginning to its end'(client, unique) {
    await create(client, unique, 3);
    await produce(client, unique, 0, 'a', 'b');
    const session = new Session(client, unique);
    const of = (...partitions: ReturnType<typeof part>[]) => [{ topic: unique, partitions }];
    await session.fetch({ topics: of(part(0, 0), part(1, 0), part(2, 0)) });
    await session.fetch();
    await session.fetch({ topics: of(part(0, 2)) });
    await session.fetch();
    await produce(client, unique, 1, 'c');
    await session.fetch();
    await session.fetch();
    await session.fetch({ topics: of(part(1, 1)) });
    await produce(client, unique, 2, 'd');
    await session.fetch({ forgotten: [{ topic: unique, partitions: [2] }] });
    await session.fetch({ topics: of(part(2, 1)) });
    await session.fetch();
    // What is wrong is told each time.
    await session.fetch({ topics: of(part(0, 99)) });
    await session.fetch();
    await session.fetch({ topics: of(part(0, 2)) });
    await session.fetch();
    await session.fetch({ topics: of(part(7, 0)) });
    await session.fetch();
    await session.fetch({ forgotten: [{ topic: unique, partitions: [7, 8] }] });
    const offsets = [{ name: unique, partitions: [{ partitionIndex: 0, offset: 1 }] }];
    await client.call(ApiKey.DeleteRecords, 2, { topics: offsets, timeoutMs: 5_000 });
    await session.fetch();
    await session.fetch();
    const { id, epoch } = session;
    await session.fetch({ sessionId: id, sessionEpoch: epoch + 1 });
    await session.fetch({ sessionId: id, sessionEpoch: epoch - 1 });
    await session.fetch({ sessionId: id + 1, sessionEpoch: epoch });
    await session.fetch({ version: 13 });
    await session.fetch();
    await session.fetch({ sessionId: id, sessionEpoch: -1, topics: of(part(0, 2)) });
    await session.fetch();
    await session.fetch({ sessionId: 0, sessionEpoch: -1, topics: of(part(0, 2)) });
    return session.answers;
  },

  async 'fetch sessions that lose their partitions'(client, unique) {
    await create(client, unique, 1);
    const session = new Session(client, unique);
    const topics = [{ topic: unique, partitions: [part(0, 0)] }];
    await session.fetch({ topics });
    await session.fetch({ forgotten: [{ topic: unique, partitions: [0] }] });
    await session.fetch({ sessionId: session.id, sessionEpoch: 2, topics });
    const empty = new Session(client, unique);
    await empty.fetch();
    await empty.fetch({ topics });
    await empty.fetch();
    // A full fetch ends the session that it names.
    const replaced = new Session(client, unique);
    await replaced.fetch({ topics });
    const { id } = replaced;
    await replaced.fetch({ sessionId: id, sessionEpoch: 0, topics });
    await replaced.fetch({ sessionId: id, sessionEpoch: 1 });
    return [...session.answers, ...empty.answers, ...replaced.answers];
  },

  async 'fetch sessions by topic id'(client, unique) {
    const topicId = await create(client, unique, 2);
    await produce(client, unique, 0, 'a');
    await produce(client, unique, 1, 'b');
    const session = new Session(client, unique);
    const unknownId = 'AAAAAAAAAAAAAAAAAAAAAQ';
    const topics = [
      { topicId, partitions: [part(0, 0), part(1, 0)] },
      { topicId: unknownId, partitions: [part(0, 0)] },
    ];
    await session.fetch({ version: 13, topics });
    await session.fetch({ version: 13, topics: [{ topicId, partitions: [part(0, 1), part(1, 1)] }] });
    await session.fetch({ version: 16, forgotten: [{ topicId: unknownId, partitions: [0] }] });
    await session.fetch({ version: 18 });
    await session.fetch({ version: 12 });
    await remove(client, unique);
    await session.fetch({ version: 13 });
    const again = await create(client, unique, 2);
    await produce(client, unique, 0, 'c');
    await produce(client, unique, 1, 'd');
    await session.fetch({ version: 13 });
    await session.fetch({ version: 13, topics: [{ topicId: again, partitions: [part(0, 0)] }] });
    return session.answers;
  },

  async 'what a client fetched last'(client, unique) {
    await create(client, unique, 1);
    await produce(client, unique, 0, 'a', 'b', 'c');
    const answers: unknown[] = [];
    for (const [fetchOffset, lastFetchedEpoch] of [
      [2, 0],
      [3, 0],
      [5, 0],
      [1, 7],
    ] as const) {
      const topics = [{ topic: unique, partitions: [part(0, fetchOffset, { lastFetchedEpoch })] }];
      const answer = await client.call(ApiKey.Fetch, 12, { maxWaitMs: 1, minBytes: 1, maxBytes: 100_000, topics });
      const { divergingEpoch, errorCode, highWatermark, records } = answer.responses[0]!.partitions[0]!;
      answers.push([errorInfo(errorCode).name, highWatermark, divergingEpoch, (records?.length ?? 0) > 0]);
    }
    return answers;
  },
};
