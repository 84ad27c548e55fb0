import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, decodeRecords, ErrorCode, type ProduceRequest, readBatchHeader } from '@headwater/protocol';
import { FakeBroker } from '../test/fake-broker.ts';
import { type ClientOptions, createClient, type KafkaClient } from './client.ts';

interface Appended {
  partition: number;
  producerId: number;
  sequence: number;
  values: string[];
}

function appended(request: ProduceRequest): Appended[] {
  return request.topicData.flatMap(({ partitionData }) =>
    partitionData.map(({ index, records }) => {
      const header = readBatchHeader(records!);
      const values = decodeRecords(records!).map(({ value }) => String(value));
      return { partition: index, producerId: header.producerId, sequence: header.baseSequence, values };
    }),
  );
}

function answer(request: ProduceRequest, errorCode = 0, baseOffset = 0) {
  return {
    responses: request.topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset })),
    })),
  };
}

async function withBroker(
  run: (client: KafkaClient, broker: FakeBroker) => Promise<void>,
  options: Partial<ClientOptions> = {},
): Promise<void> {
  const broker = await FakeBroker.start();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test', requestTimeoutMs: 2000, ...options });
  try {
    await run(client, broker);
  } finally {
    await client.close();
    await broker.close();
  }
}

test('an answer that gets lost: the same batch goes again under the same sequence', async () => {
  await withBroker(async (client, broker) => {
    const log: Appended[] = [];
    let lost = 0;
    broker.handlers[ApiKey.Produce] = (request) => {
      log.push(...appended(request));
      return lost++ === 0 ? 'drop' : answer(request, 0, log.length * 10);
    };
    const producer = client.producer({ lingerMs: 0 });
    const [first] = await producer.send({ topic: 't', records: [{ value: 'a' }] });
    assert.equal(first!.offset, 20);
    await producer.send({ topic: 't', records: [{ value: 'b' }, { value: 'c' }] });
    await producer.send({ topic: 't', records: [{ value: 'd' }] });
    assert.deepEqual(
      log.map(({ producerId, sequence, values }) => [producerId, sequence, values.join()]),
      [
        [77, 0, 'a'],
        [77, 0, 'a'],
        [77, 1, 'b,c'],
        [77, 3, 'd'],
      ],
    );
  });
});

test('what passes is tried again after a look at the metadata; nothing overtakes', async () => {
  await withBroker(async (client, broker) => {
    const values: string[] = [];
    let refusals = 2;
    broker.handlers[ApiKey.Produce] = (request) => {
      if (refusals-- > 0) return answer(request, ErrorCode.NOT_LEADER_OR_FOLLOWER);
      values.push(...appended(request).flatMap((batch) => batch.values));
      return answer(request);
    };
    const producer = client.producer({ lingerMs: 0 });
    const first = producer.send({ topic: 't', records: [{ value: 'a' }] });
    while (broker.requests(ApiKey.Produce).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = producer.send({ topic: 't', records: [{ value: 'b' }] });
    await Promise.all([first, second]);
    assert.deepEqual(values, ['a', 'b']);
    assert.ok(broker.requests(ApiKey.Metadata).length >= 2);
  });
});

test('a broker that forgot the producer: a new producer id, from sequence 0, for what was surely not written', async () => {
  await withBroker(async (client, broker) => {
    let id = 100;
    broker.handlers[ApiKey.InitProducerId] = () => ({ errorCode: 0, producerId: id++, producerEpoch: 0 });
    const log: Appended[] = [];
    broker.handlers[ApiKey.Produce] = (request) => {
      const [batch] = appended(request);
      if (batch!.producerId === 100 && batch!.sequence > 0) return answer(request, ErrorCode.UNKNOWN_PRODUCER_ID);
      log.push(batch!);
      return answer(request);
    };
    const producer = client.producer({ lingerMs: 0 });
    for (const value of ['a', 'b', 'c']) await producer.send({ topic: 't', records: [{ value }] });
    assert.deepEqual(
      log.map(({ producerId, sequence, values }) => [producerId, sequence, values.join()]),
      [
        [100, 0, 'a'],
        [101, 0, 'b'],
        [101, 1, 'c'],
      ],
    );
  });
});

test('a refused batch takes no sequence', async () => {
  await withBroker(async (client, broker) => {
    const sequences: number[] = [];
    broker.handlers[ApiKey.Produce] = (request) => {
      const [batch] = appended(request);
      sequences.push(batch!.sequence);
      return answer(request, batch!.values[0] === 'bad' ? ErrorCode.INVALID_RECORD : 0);
    };
    const producer = client.producer({ lingerMs: 0 });
    await producer.send({ topic: 't', records: [{ value: 'a' }] });
    await assert.rejects(producer.send({ topic: 't', records: [{ value: 'bad' }] }), { kafkaName: 'INVALID_RECORD' });
    await producer.send({ topic: 't', records: [{ value: 'b' }] });
    assert.deepEqual(sequences, [0, 1, 1]);
  });
});

test('records that nobody acknowledges fail in time, and say whether they may have been written', async () => {
  await withBroker(
    async (client, broker) => {
      broker.handlers[ApiKey.Produce] = () => 'drop';
      const producer = client.producer({ lingerMs: 0, deliveryTimeoutMs: 200 });
      await assert.rejects(producer.send({ topic: 't', records: [{ value: 'a' }] }), (error: Error) => {
        assert.equal((error as { code?: string }).code, 'HW_CLIENT_DELIVERY_TIMEOUT');
        assert.match(error.message, /1 records for t-0 .* they may have been written/);
        return true;
      });
      // The next ones start over: the lost one's sequence may be taken or not.
      const ids = broker.requests(ApiKey.InitProducerId).length;
      broker.handlers[ApiKey.Produce] = (request) => answer(request);
      await producer.send({ topic: 't', records: [{ value: 'b' }] });
      assert.equal(broker.requests(ApiKey.InitProducerId).length, ids + 1);
    },
    { retryTimeoutMs: 1000 },
  );
});

test('send waits while the buffer is full, and its signal ends the wait', async () => {
  await withBroker(async (client, broker) => {
    const release: (() => void)[] = [];
    broker.handlers[ApiKey.Produce] = (request) =>
      new Promise((resolve) => release.push(() => resolve(answer(request))));
    const producer = client.producer({ lingerMs: 0, maxBufferedBytes: 1000 });
    const value = Buffer.alloc(600);
    const first = producer.send({ topic: 't', records: [{ value }] });
    const controller = new AbortController();
    const second = producer.send({ topic: 't', records: [{ value }], signal: controller.signal });
    const third = producer.send({ topic: 't', records: [{ value }] });
    controller.abort(new Error('too slow'));
    await assert.rejects(second, /too slow/);
    assert.ok(producer.bufferedSizeBytes < 1000);
    while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
    release.shift()!();
    await first;
    while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
    release.shift()!();
    await third;
    assert.equal(producer.bufferedSizeBytes, 0);
  });
});

test('close sends what is buffered; flush, too', async () => {
  await withBroker(async (client, broker) => {
    const values: string[] = [];
    broker.handlers[ApiKey.Produce] = (request) => {
      values.push(...appended(request).flatMap((batch) => batch.values));
      return answer(request);
    };
    await client.metadata(['t']);
    const producer = client.producer({ lingerMs: 60_000 });
    const first = producer.send({ topic: 't', records: [{ value: 'a' }] });
    while (producer.bufferedSizeBytes === 0) await new Promise((resolve) => setImmediate(resolve));
    await producer.flush();
    await first;
    const second = producer.send({ topic: 't', records: [{ value: 'b' }] });
    await new Promise((resolve) => setImmediate(resolve));
    await client.close();
    await second;
    assert.deepEqual(values, ['a', 'b']);
    await assert.rejects(producer.send({ topic: 't', records: [{ value: 'c' }] }), { code: 'HW_CLIENT_CLOSED' });
    await producer.close();
  });
});

test('calls keep their order, whichever gets its metadata first', async () => {
  await withBroker(async (client, broker) => {
    const values: string[] = [];
    broker.handlers[ApiKey.Produce] = (request) => {
      values.push(...appended(request).flatMap((batch) => batch.values));
      return answer(request);
    };
    const whole = broker.defaults[ApiKey.Metadata]!;
    broker.handlers[ApiKey.Metadata] = (request, head, socket) => {
      // The first question gets no leader, and is asked again after a pause; by then the second call knows the topic.
      delete broker.handlers[ApiKey.Metadata];
      const good = whole(request, head, socket) as unknown as { topics: { errorCode: number }[] };
      good.topics[0]!.errorCode = ErrorCode.LEADER_NOT_AVAILABLE;
      return good as never;
    };
    const producer = client.producer({ lingerMs: 0 });
    const first = producer.send({ topic: 't', records: [{ value: 'a' }] });
    while (broker.requests(ApiKey.Metadata).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await client.metadata(['t']);
    assert.notEqual(client.cluster.knownTopic('t'), null);
    const second = producer.send({ topic: 't', records: [{ value: 'b' }] });
    await Promise.all([first, second]);
    assert.deepEqual(values, ['a', 'b']);
  });
});

test('a small call does not overtake a large one that waits for room', async () => {
  await withBroker(async (client, broker) => {
    const values: number[] = [];
    const release: (() => void)[] = [];
    broker.handlers[ApiKey.Produce] = (request) => {
      values.push(...appended(request).flatMap((batch) => batch.values.map((value) => value.length)));
      return new Promise((resolve) => release.push(() => resolve(answer(request))));
    };
    const producer = client.producer({ lingerMs: 0, maxBufferedBytes: 1000 });
    const sizes = [600, 500, 10];
    const all = sizes.map((size) => producer.send({ topic: 't', records: [{ value: 'x'.repeat(size) }] }));
    let isDone = false;
    const done = Promise.all(all).then(() => {
      isDone = true;
    });
    while (!isDone) {
      release.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    assert.deepEqual(values, sizes);
  });
});
