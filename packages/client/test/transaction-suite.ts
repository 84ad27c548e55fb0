/** Transactions, on the embedded broker and on Apache Kafka alike, in both generations of the protocol. */
import assert from 'node:assert/strict';
import { BatchBuilder, encodeBatch } from '@headwater/protocol';
import { type KafkaClient, OffsetSpec } from '../index.ts';
import type { WithClient } from './cluster-suite.ts';

async function read(
  client: KafkaClient,
  topic: string,
  partitions: number[],
  isolation: 'read_committed' | 'read_uncommitted',
) {
  const ends = await client.listOffsets(topic, Object.fromEntries(partitions.map((one) => [one, OffsetSpec.latest])));
  const consumer = client.consumer({
    partitions: { [topic]: partitions },
    autoOffsetReset: 'earliest',
    isolation,
    maxWaitMs: 50,
  });
  const values: string[] = [];
  const isThere = () => partitions.every((one) => (consumer.positions()[topic]?.[one] ?? -1) >= ends[one]!.offset);
  do {
    for (const batch of await consumer.poll({ maxWaitMs: 50 }))
      values.push(...batch.records().map(({ value }) => String(value)));
  } while (!isThere());
  await consumer.close();
  return values.sort();
}

export function transactionSuite(withClient: WithClient): void {
  for (const transactionVersion of [2, 1] as const) suiteOf(transactionVersion, withClient);
}

function suiteOf(transactionVersion: 1 | 2, withClient: WithClient): void {
  const label = `transactions ${transactionVersion}: `;
  withClient(`${label}what commits is seen, what aborts is not, in several partitions`, async (client, topic) => {
    await client.createTopics([{ name: topic, partitions: 3 }]);
    const producer = client.transactionalProducer({ transactionVersion, transactionalId: `${topic}-tx`, lingerMs: 0 });
    for (let round = 0; round < 6; round++) {
      await producer.begin();
      const sends = [0, 1, 2].map((partition) =>
        producer.send({ topic, partition, records: [{ value: `${round}-${partition}` }] }),
      );
      if (round % 3 === 2) {
        await Promise.all(sends);
        await producer.abort();
      } else await producer.commit();
    }
    // Nothing in it: no request at all.
    await producer.begin();
    await producer.commit();
    await producer.begin();
    await producer.abort();
    const all = [0, 1, 2, 3, 4, 5].flatMap((round) => [0, 1, 2].map((partition) => `${round}-${partition}`));
    const committed = all.filter((value) => !/^[25]/.test(value));
    assert.deepEqual(await read(client, topic, [0, 1, 2], 'read_uncommitted'), all);
    assert.deepEqual(await read(client, topic, [0, 1, 2], 'read_committed'), committed);
    assert.equal(
      await producer.transaction(
        async (open) => (await open.send({ topic, partition: 0, records: [{ value: '6' }] })).length,
      ),
      1,
    );
    await assert.rejects(
      producer.transaction(async (open) => {
        await open.send({ topic, partition: 0, records: [{ value: '7' }] });
        throw new Error('changed my mind');
      }),
      /changed my mind/,
    );
    await producer.close();
    await producer.close();
    assert.deepEqual(await read(client, topic, [0, 1, 2], 'read_committed'), [...committed, '6']);
  });

  withClient(`${label}calls at the wrong moment are refused`, async (client, topic) => {
    const producer = client.transactionalProducer({ transactionVersion, transactionalId: `${topic}-tx` });
    const state = { code: 'HW_CLIENT_TRANSACTION_STATE' };
    await assert.rejects(producer.send({ topic, records: [{ value: 'v' }] }), state);
    await assert.rejects(producer.commit(), state);
    await producer.begin();
    await assert.rejects(producer.begin(), state);
    await producer.close();
    await assert.rejects(producer.begin(), { code: 'HW_CLIENT_CLOSED' });
    assert.throws(() => client.transactionalProducer({ transactionalId: '' }), { code: 'HW_CLIENT_BAD_OPTION' });
  });

  withClient(
    `${label}a later producer of the same id fences the earlier, and ends what it left open`,
    async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 1 }]);
      const open = () =>
        client.transactionalProducer({ transactionVersion, transactionalId: `${topic}-tx`, lingerMs: 0 });
      const zombie = open();
      await zombie.begin();
      await zombie.send({ topic, records: [{ value: 'of the zombie' }] });
      const heir = open();
      await heir.begin();
      await heir.send({ topic, records: [{ value: 'of the heir' }] });
      await assert.rejects(zombie.send({ topic, records: [{ value: 'too late' }] }), (error: { kafkaName?: string }) =>
        /PRODUCER_FENCED|INVALID_PRODUCER_EPOCH/.test(error.kafkaName ?? ''),
      );
      await assert.rejects(zombie.commit(), { code: 'HW_CLIENT_PRODUCER_FENCED' });
      await assert.rejects(zombie.abort(), { code: 'HW_CLIENT_PRODUCER_FENCED' });
      await heir.commit();
      assert.deepEqual(await read(client, topic, [0], 'read_committed'), ['of the heir']);
      const silent = open();
      await silent.begin();
      await heir.begin();
      await heir.send({ topic, records: [{ value: 'fenced' }] }).catch(() => {});
      await assert.rejects(heir.commit(), { code: 'HW_CLIENT_PRODUCER_FENCED' });
      await silent.commit();
      await Promise.all([zombie.close(), heir.close(), silent.close()]);
    },
  );

  withClient(
    `${label}a failed send has to be answered by an abort, and the producer goes on`,
    async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 2, configs: { 'max.message.bytes': 10_000 } }]);
      const producer = client.transactionalProducer({
        transactionVersion,
        transactionalId: `${topic}-tx`,
        lingerMs: 0,
      });
      await producer.begin();
      await producer.send({ topic, partition: 0, records: [{ value: 'in vain' }] });
      await assert.rejects(producer.send({ topic, partition: 1, records: [{ value: Buffer.alloc(20_000) }] }), {
        kafkaName: 'MESSAGE_TOO_LARGE',
      });
      await assert.rejects(producer.commit(), {
        code: 'HW_CLIENT_TRANSACTION_ABORTED',
        kafkaName: 'MESSAGE_TOO_LARGE',
      });
      await assert.rejects(producer.send({ topic, partition: 0, records: [{ value: 'x' }] }), {
        code: 'HW_CLIENT_TRANSACTION_ABORTED',
      });
      await producer.abort();
      await producer.begin();
      for (const partition of [0, 1])
        void producer.send({ topic, partition, records: [{ value: `good ${partition}` }] });
      await producer.commit();
      await producer.close();
      assert.deepEqual(await read(client, topic, [0, 1], 'read_committed'), ['good 0', 'good 1']);
    },
  );

  for (const groupProtocol of ['classic', 'consumer'] as const) {
    withClient(
      `${label}${groupProtocol}: offsets and records together, exactly once over an abort and a lost member`,
      async (client, topic) => {
        const output = `${topic}-out`;
        await client.createTopics([
          { name: topic, partitions: 2 },
          { name: output, partitions: 2 },
        ]);
        for (const partition of [0, 1]) {
          await client.produce({
            topic,
            partition,
            records: Array.from({ length: 20 }, (_, i) => ({ value: `${partition}:${i}` })),
          });
        }
        const groupId = `${topic}-group`;
        const open = () =>
          client.consumer({
            groupProtocol,
            groupId,
            topics: [topic],
            autoCommit: false,
            autoOffsetReset: 'earliest',
            maxWaitMs: 50,
            isolation: 'read_committed',
          });
        let consumer = open();
        const producer = client.transactionalProducer({
          transactionVersion,
          transactionalId: `${topic}-tx`,
          lingerMs: 0,
        });
        const copy = async (end: 'commit' | 'abort' | 'fenced') => {
          const batches = await consumer.poll({ maxWaitMs: 200 });
          if (batches.length === 0) return 0;
          await producer.begin();
          let count = 0;
          for (const batch of batches) {
            const records = batch.records().map(({ value }) => ({ value }));
            count += records.length;
            void producer.send({ topic: output, partition: batch.partition, records });
          }
          if (end === 'commit') await producer.commit({ group: consumer });
          else if (end === 'abort') {
            await producer.sendOffsets({ group: consumer });
            await producer.abort();
          } else {
            const gone = { ...consumer.groupMetadata(), memberId: 'nobody' };
            await assert.rejects(producer.commit({ group: gone, offsets: consumer.positions() }), {
              code: 'HW_CLIENT_GROUP_FENCED',
            });
            await producer.abort();
          }
          return count;
        };
        for (const end of ['abort', 'fenced'] as const) {
          while ((await copy(end)) === 0);
          assert.deepEqual(await client.committedOffsets(groupId), []);
          await consumer.close();
          consumer = open();
        }
        for (let done = 0; done < 40; ) done += await copy('commit');
        assert.deepEqual(
          (await consumer.committed()).map(({ offset }) => offset),
          [20, 20],
        );
        await consumer.close();
        await producer.close();
        const expected = [0, 1]
          .flatMap((partition) => Array.from({ length: 20 }, (_, i) => `${partition}:${i}`))
          .sort();
        assert.deepEqual(await read(client, output, [0, 1], 'read_committed'), expected);
        await client.deleteTopics([output]);
      },
    );
  }

  withClient(
    `${label}batches that are encoded already go as they are, in order, with their producer's sequence`,
    async (client, topic) => {
      await client.createTopics([{ name: topic, partitions: 1 }]);
      // One time for all: a batch much later than the one before begins another segment, and with it another fetch.
      const now = Date.now();
      const records = (from: number) => Array.from({ length: 3 }, (_, i) => ({ value: `${from + i}`, timestamp: now }));
      const builder = (from: number) => {
        const made = new BatchBuilder();
        for (const record of records(from)) made.append(record);
        return made;
      };
      const producer = client.transactionalProducer({ transactionVersion, transactionalId: `${topic}-tx` });
      await producer.begin();
      const sent = await Promise.all([
        producer.sendBatch({ topic, partition: 0, batch: encodeBatch({ records: records(0), compression: 'lz4' }) }),
        producer.sendBatch({ topic, partition: 0, batch: builder(3) }),
        producer.sendBatch({ topic, partition: 0, batch: encodeBatch({ records: records(6) }) }),
      ]);
      assert.deepEqual(
        sent.map(({ baseOffset }) => baseOffset),
        [0, 3, 6],
      );
      await producer.commit();
      const plain = client.producer();
      // The marker of the commit comes before it, or after.
      assert.ok((await plain.sendBatch({ topic, partition: 0, batch: builder(9) })).baseOffset >= 9);
      const values = await read(client, topic, [0], 'read_committed');
      assert.deepEqual(
        values.map(Number).sort((a, b) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      );
      const [page] = await client.fetch([{ topic, partition: 0, offset: 0 }]);
      const headers = page!.batches.map(({ header }) => header);
      assert.deepEqual(
        headers
          .filter(({ isTransactional, isControl }) => isTransactional && !isControl)
          .map(({ baseSequence }) => baseSequence),
        [0, 3, 6],
      );
      await assert.rejects(plain.sendBatch({ topic, partition: 0, batch: Buffer.alloc(100) }), {
        code: 'HW_CLIENT_BAD_OPTION',
      });
      await producer.close();
    },
  );
}
