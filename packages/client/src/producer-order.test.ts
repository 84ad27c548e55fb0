/** A producer against a partition leader that checks sequences as Kafka does and fails by chance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, decodeRecords, ErrorCode, readBatchHeader } from '@headwater/protocol';
import { FakeBroker } from '../test/fake-broker.ts';
import { createClient } from './client.ts';

/** Small, seeded and repeatable. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

interface ProducerState {
  nextSequence: number;
  /** The last five, by first sequence. */
  recent: { sequence: number; count: number; baseOffset: number }[];
}

class Leader {
  readonly log: string[] = [];
  private readonly producers = new Map<number, ProducerState>();

  append(records: Buffer): { errorCode: number; baseOffset: number } {
    const { producerId, baseSequence: sequence, recordsCount: count } = readBatchHeader(records);
    let state = this.producers.get(producerId);
    const duplicate = state?.recent.find((one) => one.sequence === sequence && one.count === count);
    if (duplicate !== undefined) return { errorCode: 0, baseOffset: duplicate.baseOffset };
    // Of a producer that it does not know it takes any sequence, as Kafka does.
    if (state !== undefined && sequence !== state.nextSequence) {
      return { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
    }
    state ??= { nextSequence: 0, recent: [] };
    this.producers.set(producerId, state);
    const baseOffset = this.log.length;
    for (const { value } of decodeRecords(records)) this.log.push(String(value));
    state.nextSequence = sequence + count;
    state.recent = [...state.recent, { sequence, count, baseOffset }].slice(-5);
    return { errorCode: 0, baseOffset };
  }
}

for (const seed of [1, 2, 3]) {
  test(`whatever gets lost or refused: each record once and in order (seed ${seed})`, {
    timeout: 30_000,
  }, async (t) => {
    const next = random(seed);
    const leaders = [new Leader(), new Leader()];
    const broker = await FakeBroker.start();
    broker.partitions = 2;
    let ids = 100;
    broker.handlers[ApiKey.InitProducerId] = () => ({ errorCode: 0, producerId: ids++, producerEpoch: 0 });
    let calls = 0;
    broker.handlers[ApiKey.Produce] = async (request) => {
      const chance = calls++ < 200 ? next() : 1;
      const refuse = chance < 0.08;
      const responses = request.topicData.map(({ name, partitionData }) => ({
        name,
        partitionResponses: partitionData.map(({ index, records }) =>
          refuse
            ? { index, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }
            : { index, ...leaders[index]!.append(records!) },
        ),
      }));
      await new Promise((resolve) => setImmediate(resolve));
      if (chance >= 0.08 && chance < 0.14) {
        // Appended, and nobody hears of it.
        broker.dropConnections();
        return { responses: [] };
      }
      return { responses };
    };
    const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test', requestTimeoutMs: 5000 });
    t.after(async () => {
      await client.close();
      await broker.close();
    });
    const producer = client.producer({ lingerMs: 0, batchBytes: 200 });
    const sends: Promise<unknown>[] = [];
    const sent: string[][] = [[], []];
    for (let i = 0; i < 600; i++) {
      const partition = i % 2;
      sent[partition]!.push(`${i}`);
      sends.push(producer.send({ topic: 't', partition, records: [{ value: `${i}` }] }));
      if (next() < 0.1) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(sends);
    assert.deepEqual(leaders[0]!.log, sent[0]);
    assert.deepEqual(leaders[1]!.log, sent[1]);
  });
}

test('full batches of a partition are sent without waiting for the one before', { timeout: 30_000 }, async (t) => {
  const leader = new Leader();
  const broker = await FakeBroker.start();
  let waiting: (() => void)[] = [];
  let calls = 0;
  broker.handlers[ApiKey.Produce] = async (request) => {
    const { name, partitionData } = request.topicData[0]!;
    const result = leader.append(partitionData[0]!.records!);
    calls++;
    // The first goes alone, as its producer id is new; the next four are answered when all of them are there.
    if (calls > 1 && calls < 5) await new Promise<void>((resolve) => waiting.push(resolve));
    else {
      for (const go of waiting) go();
      waiting = [];
      // Answers go in the order of the requests.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { responses: [{ name, partitionResponses: [{ index: 0, ...result }] }] };
  };
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(async () => {
    await client.close();
    await broker.close();
  });
  const producer = client.producer({ lingerMs: 0, batchBytes: 100 });
  const values = Array.from({ length: 40 }, (_, i) => `${i}`);
  await Promise.all(values.map((value) => producer.send({ topic: 't', partition: 0, records: [{ value }] })));
  assert.deepEqual(leader.log, values);
  assert.throws(() => client.producer({ inFlightBatches: 6 }), { code: 'HW_CLIENT_BAD_OPTION' });
  assert.throws(() => client.producer({ acks: 1, inFlightBatches: 2 }), { code: 'HW_CLIENT_BAD_OPTION' });
});
