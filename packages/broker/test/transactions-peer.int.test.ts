import { ApiKey, errorInfo, type ResponseOf } from '@headwater/protocol';
import { batch, createTopic } from './fixtures.ts';
import { compareWithKafka } from './peer-compare.ts';
import type { RawClient } from './raw-client.ts';

/** Kafka's controller answers before its broker knows the topic. */
async function create(client: RawClient, name: string): Promise<void> {
  await createTopic(client, name);
  for (let isKnown = false; !isKnown; ) {
    const known = await client.call(ApiKey.Metadata, 9, { topics: [{ name }], allowAutoTopicCreation: false });
    isKnown = known.topics[0]!.errorCode === 0;
  }
}

const code = (errorCode: number) => errorInfo(errorCode).name;

/** A transactional producer in raw requests; the errors are what is compared. */
class Producer {
  readonly #client: RawClient;
  readonly #id: string;
  #firstId = -1;
  #lastId = -1;
  producerId = -1;
  epoch = -1;
  sequence = 0;

  constructor(client: RawClient, id: string) {
    this.#client = client;
    this.#id = id;
  }

  async init(more: object = {}, version = 5) {
    const body = { transactionalId: this.#id, transactionTimeoutMs: 60_000, ...more };
    for (let tries = 1; ; tries++) {
      const { errorCode, producerEpoch, producerId } = await this.#client.call(ApiKey.InitProducerId, version, body);
      // While the coordinator looks for its feet, or ends what was open.
      if (/COORDINATOR/.test(code(errorCode)) || (code(errorCode) === 'CONCURRENT_TRANSACTIONS' && tries < 50)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      if (errorCode === 0) {
        [this.producerId, this.epoch, this.sequence] = [producerId, producerEpoch, 0];
      }
      return [code(errorCode), this.#which(producerId), producerEpoch];
    }
  }

  /** A new producer comes, once: what is open is aborted, and nobody has a new epoch yet. */
  async fenceOnly() {
    const body = { transactionalId: this.#id, transactionTimeoutMs: 60_000 };
    return code((await this.#client.call(ApiKey.InitProducerId, 5, body)).errorCode);
  }

  /** Ids differ between brokers: told as the first one, another one. */
  #which(producerId: number): string {
    if (producerId === -1) return 'none';
    if (this.#firstId === -1) this.#firstId = producerId;
    const isLast = producerId === this.#lastId;
    this.#lastId = producerId;
    return producerId === this.#firstId ? 'first' : isLast ? 'same' : 'new';
  }

  async find() {
    for (;;) {
      const body = { keyType: 1, coordinatorKeys: [this.#id] };
      const { coordinators } = await this.#client.call(ApiKey.FindCoordinator, 5, body);
      if (coordinators[0]!.errorCode === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async add(topic: string, { epoch = this.epoch, producerId = this.producerId, partition = 0, version = 3 } = {}) {
    const answer = await this.#client.call(ApiKey.AddPartitionsToTxn, version, {
      v3AndBelowTransactionalId: this.#id,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: epoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    });
    return code(answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode);
  }

  async send(
    topic: string,
    { epoch = this.epoch, version = 12, isTransactional = true, id = this.#id as string | null } = {},
  ) {
    const records = batch(['x'], {
      producerId: this.producerId,
      producerEpoch: epoch,
      baseSequence: this.sequence,
      isTransactional,
    });
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
    for (let tries = 1; ; tries++) {
      const body = { transactionalId: id, acks: -1, timeoutMs: 5_000, topicData };
      const { responses } = await this.#client.call(ApiKey.Produce, version, body);
      const { errorCode, errorMessage, baseOffset } = responses[0]!.partitionResponses[0]!;
      if ((errorCode === 6 || errorCode === 19 || errorCode === 51) && tries < 50) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      if (errorCode === 0) this.sequence++;
      return [code(errorCode), baseOffset, errorCode === 19 ? errorMessage : ''];
    }
  }

  async end(committed: boolean, { epoch = this.epoch, producerId = this.producerId, version = 5 } = {}) {
    const body = { transactionalId: this.#id, producerId, producerEpoch: epoch, committed };
    for (let tries = 1; ; tries++) {
      const answer = await this.#client.call(ApiKey.EndTxn, version, body);
      if (code(answer.errorCode) === 'CONCURRENT_TRANSACTIONS' && tries < 50) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const result = [
        code(answer.errorCode),
        version >= 5 ? [this.#which(answer.producerId), answer.producerEpoch] : '',
      ];
      if (version >= 5 && answer.errorCode === 0) {
        [this.producerId, this.epoch, this.sequence] = [answer.producerId, answer.producerEpoch, 0];
      }
      return result;
    }
  }
}

/** Values, what was aborted, and how far is decided. */
async function fetched(client: RawClient, topic: string, isolationLevel: number, producer: Producer) {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1024 * 1024 };
  const body = {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1024 * 1024,
    isolationLevel,
    topics: [{ topic, partitions: [partition] }],
  };
  const answer: ResponseOf[typeof ApiKey.Fetch] = await client.call(ApiKey.Fetch, 12, body);
  const { abortedTransactions, errorCode, highWatermark, lastStableOffset, records } =
    answer.responses[0]!.partitions[0]!;
  const aborted = abortedTransactions?.map(({ firstOffset, producerId }) => [
    firstOffset,
    producerId === producer.producerId,
  ]);
  const batches = records === null ? 0 : records.length;
  return { error: code(errorCode), highWatermark, lastStableOffset, aborted, batches };
}

/** Kafka writes its markers after it has answered. */
async function untilStable(client: RawClient, topic: string) {
  for (;;) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    const offsets = [];
    for (const isolationLevel of [0, 1]) {
      const answer = await client.call(ApiKey.ListOffsets, 7, { replicaId: -1, isolationLevel, topics });
      offsets.push(answer.topics[0]!.partitions[0]!.offset);
    }
    if (offsets[0] === offsets[1]) return offsets[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

compareWithKafka({
  async 'a transaction of protocol version 1'(client, unique) {
    await create(client, unique);
    const producer = new Producer(client, unique);
    await producer.find();
    const answers: unknown[] = [await producer.init()];
    answers.push(await producer.send(unique, { version: 9 }));
    answers.push(await producer.send(unique, { version: 11 }));
    answers.push(await producer.add(unique));
    answers.push(await producer.add(unique));
    answers.push(await producer.add(`${unique}-none`));
    answers.push(await producer.add(unique, { partition: 5 }));
    answers.push(await producer.send(unique, { version: 9 }));
    answers.push(await fetched(client, unique, 0, producer), await fetched(client, unique, 1, producer));
    answers.push(await producer.send(unique, { version: 9, isTransactional: false }));
    answers.push(await producer.send(unique, { version: 9, id: null }));
    answers.push(await producer.end(true, { version: 4 }));
    answers.push(await untilStable(client, unique));
    answers.push(await producer.end(true, { version: 4 }));
    answers.push(await producer.end(false, { version: 4 }));
    answers.push(await producer.send(unique, { version: 9 }));
    answers.push(await producer.add(unique), await producer.send(unique, { version: 9 }));
    answers.push(await producer.end(false, { version: 4 }));
    answers.push(await untilStable(client, unique));
    answers.push(await producer.end(false, { version: 4 }), await producer.end(true, { version: 4 }));
    answers.push(await fetched(client, unique, 0, producer), await fetched(client, unique, 1, producer));
    return answers;
  },

  async 'a transaction of protocol version 2'(client, unique) {
    await create(client, unique);
    const producer = new Producer(client, unique);
    await producer.find();
    const answers: unknown[] = [await producer.init()];
    answers.push(await producer.send(unique), await producer.send(unique));
    answers.push(await fetched(client, unique, 0, producer), await fetched(client, unique, 1, producer));
    const { producerId } = producer;
    answers.push(await producer.end(true), await untilStable(client, unique));
    answers.push('again', await producer.end(true, { epoch: 0, producerId }), producer.epoch);
    answers.push('other way', await producer.end(false, { epoch: 0, producerId }));
    answers.push('nothing', await producer.end(true));
    answers.push('abort nothing', await producer.end(false), await producer.end(false));
    answers.push('old epoch', await producer.send(unique, { epoch: 0 }));
    answers.push(await producer.send(unique), await producer.end(false), await untilStable(client, unique));
    answers.push(await fetched(client, unique, 0, producer), await fetched(client, unique, 1, producer));
    answers.push('init again', await producer.init({ producerId, producerEpoch: producer.epoch - 1 }));
    answers.push('init again', await producer.init({ producerId, producerEpoch: producer.epoch }));
    answers.push('init as old', await producer.init({ producerId, producerEpoch: 0 }));
    answers.push('mixed', await producer.send(unique), await producer.end(true, { version: 4 }));
    answers.push(await untilStable(client, unique));
    answers.push(await producer.end(true, { version: 4 }), await producer.end(true));
    return answers;
  },

  async 'producers that are fenced'(client, unique) {
    await create(client, unique);
    const [old, young] = [new Producer(client, unique), new Producer(client, unique)];
    await old.find();
    const answers: unknown[] = [await old.init(), await old.send(unique), await young.init()];
    answers.push(await untilStable(client, unique));
    answers.push(await old.add(unique), await old.add(unique, { version: 1 }));
    answers.push(await old.send(unique), await old.send(unique, { version: 9 }), await old.end(true));
    answers.push(await old.end(true, { version: 4 }), await old.end(true, { version: 1 }));
    answers.push(await old.init({ producerId: old.producerId, producerEpoch: 0 }));
    answers.push(await old.init({ producerId: old.producerId, producerEpoch: 0 }, 3));
    answers.push(await old.init({ producerId: old.producerId + 1000, producerEpoch: 0 }));
    answers.push(await old.init({ producerId: old.producerId, producerEpoch: -1 }));
    answers.push('young', await young.add(unique), await young.send(unique, { version: 9 }));
    answers.push(await young.add(unique, { producerId: 12345678 }), await young.add(unique, { epoch: 99 }));
    answers.push(await young.end(true, { producerId: 12345678 }), await young.end(true, { epoch: 99 }));
    answers.push(await young.end(false, { version: 4 }), await untilStable(client, unique));
    answers.push(await fetched(client, unique, 1, young));
    answers.push('fenced', await young.send(unique), await young.fenceOnly(), await untilStable(client, unique));
    answers.push(await young.end(true, { epoch: young.epoch }), await young.end(false, { epoch: young.epoch }));
    answers.push(await young.send(unique, { epoch: young.epoch - 1 }), await young.init());
    answers.push(await young.add(unique), await young.send(unique, { version: 9 }), await young.fenceOnly());
    answers.push(
      await untilStable(client, unique),
      await young.end(true, { version: 4 }),
      await young.end(false, { version: 4 }),
    );
    const none = new Producer(client, `${unique}-unknown`);
    answers.push('unknown', await none.add(unique, { producerId: 1, epoch: 0 }));
    answers.push(await none.end(true, { producerId: 1, epoch: 0 }));
    const empty = new Producer(client, '');
    answers.push('empty', await empty.init(), await empty.add(unique, { producerId: 1, epoch: 0 }));
    answers.push(await empty.end(true, { producerId: 1, epoch: 0 }));
    for (const transactionTimeoutMs of [0, -1, 900_000, 900_001])
      answers.push(await young.init({ transactionTimeoutMs }));
    return answers;
  },
});
