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

  async 'what is told of transactions'(client, unique) {
    await create(client, unique);
    const [one, other] = [new Producer(client, `${unique}-one`), new Producer(client, `${unique}-other`)];
    const answers: unknown[] = [];
    const show = async () => {
      const transactionalIds = [`${unique}-one`, `${unique}-other`, `${unique}-none`, ''];
      const described = await client.call(ApiKey.DescribeTransactions, 0, { transactionalIds });
      answers.push(
        described.transactionStates.map((each) => [
          code(each.errorCode),
          each.transactionalId.replace(unique, ''),
          each.transactionState,
          each.transactionTimeoutMs,
          Math.sign(each.transactionStartTimeMs),
          each.producerEpoch,
          each.topics.map(({ partitions }) => partitions),
        ]),
      );
      const topics = [
        { name: unique, partitionIndexes: [0, 7] },
        { name: `${unique}-none`, partitionIndexes: [0] },
        { name: 'a b', partitionIndexes: [0] },
      ];
      const producers = await client.call(ApiKey.DescribeProducers, 0, { topics });
      answers.push(
        producers.topics.map(({ partitions }) =>
          partitions.map(({ activeProducers, errorCode, errorMessage, partitionIndex }) => [
            partitionIndex,
            code(errorCode),
            errorMessage,
            activeProducers
              .sort((a, b) => a.producerId - b.producerId)
              .map((each) => [
                each.producerEpoch,
                each.lastSequence,
                Math.sign(each.lastTimestamp),
                Math.sign(each.coordinatorEpoch),
                each.currentTxnStartOffset,
              ]),
          ]),
        ),
      );
    };
    const list = async (more: object) => {
      const body = { stateFilters: [], producerIdFilters: [], ...more };
      const { errorCode, transactionStates, unknownStateFilters } = await client.call(ApiKey.ListTransactions, 2, body);
      const ours = transactionStates.filter(({ transactionalId }) => transactionalId.startsWith(unique));
      const shown = ours.map((each) => [each.transactionalId.replace(unique, ''), each.transactionState]);
      answers.push([code(errorCode), shown.sort(), unknownStateFilters]);
    };
    await one.find();
    await one.init();
    await other.find();
    await other.init({ transactionTimeoutMs: 30_000 });
    await show();
    await one.send(unique);
    await other.send(unique);
    await show();
    await list({});
    await list({ stateFilters: ['Ongoing', 'Nonsense'] });
    await list({ stateFilters: ['Nonsense'] });
    await list({ stateFilters: ['Empty', 'Dead'] });
    await list({ producerIdFilters: [one.producerId] });
    await list({ durationFilter: 3_600_000 });
    await list({ durationFilter: 0 });
    await list({ transactionalIdPattern: `${unique}-o.*` });
    await list({ transactionalIdPattern: `${unique}-o` });
    await list({ transactionalIdPattern: '.*-(one|two)' });
    await list({ transactionalIdPattern: '(' });
    await list({ transactionalIdPattern: '' });
    await other.end(true);
    await one.end(false);
    await untilStable(client, unique);
    await show();
    await list({});
    await list({ durationFilter: 3_600_000 });
    return answers;
  },

  async 'offsets of a transaction'(client, unique) {
    await create(client, unique);
    const producer = new Producer(client, unique);
    const answers: unknown[] = [];
    const addOffsets = async (version: number, more: object = {}) => {
      const { epoch: producerEpoch, producerId } = producer;
      const body = { transactionalId: unique, producerId, producerEpoch, groupId: unique, ...more };
      answers.push(code((await client.call(ApiKey.AddOffsetsToTxn, version, body)).errorCode));
    };
    const commit = async (version: number, committedOffset: number, more: object = {}, topic = unique) => {
      const { epoch: producerEpoch, producerId } = producer;
      const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: 'm' }];
      const topics = [{ name: topic, partitions }];
      const body = { transactionalId: unique, groupId: unique, producerId, producerEpoch, topics, ...more };
      for (let tries = 1; ; tries++) {
        const answer = await client.call(ApiKey.TxnOffsetCommit, version, body);
        const errorCode = code(answer.topics[0]!.partitions[0]!.errorCode);
        if (errorCode === 'CONCURRENT_TRANSACTIONS' && tries < 50) continue;
        answers.push(errorCode);
        break;
      }
    };
    const offset = async (requireStable: boolean, group = unique) => {
      const topics = [{ name: unique, partitionIndexes: [0] }];
      const body = {
        groups: [
          { groupId: group, topics },
          { groupId: group, topics: null },
        ],
        requireStable,
      };
      const { groups } = await client.call(ApiKey.OffsetFetch, 9, body);
      answers.push(
        groups.map(({ errorCode, topics }) => [
          code(errorCode),
          topics.map(({ partitions }) =>
            partitions.map((each) => [code(each.errorCode), each.committedOffset, each.metadata]),
          ),
        ]),
      );
    };
    /** Kafka writes its marker after it has answered. */
    const untilDecided = async (group = unique) => {
      for (let isOpen = true; isOpen; ) {
        const topics = [{ name: unique, partitionIndexes: [0] }];
        const { groups } = await client.call(ApiKey.OffsetFetch, 9, {
          groups: [{ groupId: group, topics }],
          requireStable: true,
        });
        isOpen = groups[0]!.topics[0]!.partitions[0]!.errorCode !== 0;
      }
    };
    const plainCommit = async (committedOffset: number) => {
      const topics = [{ name: unique, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: 'p' }] }];
      const answer = await client.call(ApiKey.OffsetCommit, 8, { groupId: unique, memberId: '', topics });
      answers.push(code(answer.topics[0]!.partitions[0]!.errorCode));
    };
    await producer.find();
    await producer.init();
    await commit(3, 1);
    await commit(4, 1);
    await addOffsets(3, { producerEpoch: 7 });
    await addOffsets(1, { producerEpoch: 7 });
    await addOffsets(3, { producerId: 1 });
    await addOffsets(3, { transactionalId: `${unique}-none` });
    await addOffsets(3, { transactionalId: '' });
    await addOffsets(3, { groupId: '' });
    await addOffsets(3);
    await commit(3, 5);
    await commit(2, 6);
    await offset(false);
    await offset(true);
    await commit(3, 5, {}, `${unique}-none`);
    await commit(3, 5, { producerEpoch: 7 });
    await commit(3, 5, { producerId: 1 });
    await commit(3, 5, { transactionalId: `${unique}-none` });
    await commit(3, 5, { generationId: 3, memberId: 'm' });
    await commit(3, 5, { memberId: 'm' });
    await commit(5, 5, { groupId: `${unique}-new`, generationId: 1, memberId: 'm' });
    answers.push(await producer.end(true, { version: 4 }));
    await untilDecided();
    await offset(true);
    answers.push('aborted');
    await commit(5, 9);
    await offset(false);
    answers.push(await producer.end(false));
    await untilDecided();
    await offset(true);
    answers.push('a commit in between wins');
    await commit(5, 11);
    await plainCommit(20);
    await offset(false);
    await offset(true);
    answers.push(await producer.end(true));
    await untilDecided();
    await offset(true);
    answers.push('a group is deleted meanwhile');
    await commit(5, 30);
    answers.push(code((await client.call(ApiKey.DeleteGroups, 2, { groupsNames: [unique] })).results[0]!.errorCode));
    await offset(false);
    await offset(true);
    answers.push(await producer.end(true));
    await untilDecided();
    await offset(true);
    answers.push('only in a transaction');
    const group = `${unique}-only`;
    await commit(5, 40, { groupId: group });
    await offset(true, group);
    await offset(false, group);
    const { groups } = await client.call(ApiKey.DescribeGroups, 5, { groups: [group] });
    answers.push(groups.map(({ errorCode, groupState }) => [code(errorCode), groupState]));
    answers.push(await producer.end(false));
    await untilDecided(group);
    await offset(true, group);
    answers.push('wrong epoch');
    await commit(5, 41, { producerEpoch: 0 });
    await commit(5, 41, { producerEpoch: 99 });
    await commit(5, 41, { producerId: 1 });
    await commit(5, 41, { transactionalId: '' });
    return answers;
  },

  async 'markers written by hand'(client, unique) {
    await create(client, unique);
    const producer = new Producer(client, unique);
    await producer.find();
    await producer.init();
    const answers: unknown[] = [];
    const mark = async (version: number, more: object = {}, topic = unique) => {
      const topics = [{ name: topic, partitionIndexes: [0] }];
      const { epoch: producerEpoch, producerId } = producer;
      const marker = { producerId, producerEpoch, transactionResult: false, topics, coordinatorEpoch: 100, ...more };
      const answer = await client.call(ApiKey.WriteTxnMarkers, version, { markers: [marker] });
      answers.push(answer.markers.map((each) => each.topics.map((one) => code(one.partitions[0]!.errorCode))));
      answers.push(await fetched(client, unique, 1, producer));
    };
    answers.push('version 1');
    await producer.add(unique);
    await producer.send(unique, { version: 9 });
    await mark(1, {}, `${unique}-none`);
    await mark(1);
    await mark(1);
    await mark(1, { coordinatorEpoch: 99 });
    await mark(1, { producerEpoch: 5 });
    await mark(1, { producerEpoch: 4 });
    answers.push(await producer.send(unique, { version: 9 }));
    answers.push(await producer.end(false, { version: 4 }), await untilStable(client, unique));
    answers.push('version 2');
    const next = new Producer(client, `${unique}-2`);
    await next.find();
    await next.init();
    answers.push(await next.send(unique));
    const { producerId } = next;
    const two = { producerId, coordinatorEpoch: 200, transactionVersion: 2 };
    await mark(2, { ...two, producerEpoch: 0 });
    await mark(2, { ...two, producerEpoch: 1 });
    await mark(2, { ...two, producerEpoch: 1 });
    await mark(2, { ...two, producerEpoch: 1, transactionResult: true });
    await mark(2, { ...two, producerEpoch: 0 });
    await mark(1, { ...two, producerEpoch: 1 });
    await mark(1, { producerId: producerId + 1_000_000, producerEpoch: 3 });
    await mark(2, { ...two, producerId: producerId + 1_000_001, producerEpoch: 3 });
    await mark(2, { ...two, producerId: producerId + 1_000_001, producerEpoch: 3 });
    answers.push(await next.end(true));
    return answers;
  },
});
