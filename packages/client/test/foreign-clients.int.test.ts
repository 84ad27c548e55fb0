/** What other clients leave behind: groups with members, transactions. HEADWATER_TEST_KAFKA=127.0.0.1:29092 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { createClient, type KafkaClient } from '../index.ts';

const bootstrap = process.env['HEADWATER_TEST_KAFKA'];
const skip = bootstrap === undefined ? 'HEADWATER_TEST_KAFKA is not set (host:port)' : false;

async function withTopic(run: (client: KafkaClient, topic: string) => Promise<void>): Promise<void> {
  const client = createClient({ bootstrap: bootstrap!, clientId: 'headwater-client-test' });
  const topic = `hw-client-foreign-${process.pid}-${Date.now()}`;
  try {
    await client.createTopics([{ name: topic, partitions: 2 }]);
    await run(client, topic);
  } finally {
    await client.deleteTopics([topic]);
    await client.close();
  }
}

for (const groupProtocol of ['classic', 'consumer'] as const) {
  test(`describes a group of the ${groupProtocol} protocol with its member and assignment`, { skip }, async () => {
    await withTopic(async (client, topic) => {
      const groupId = `${topic}-${groupProtocol}`;
      await client.produce({ topic, partition: 0, records: [{ key: 'k', value: 'v' }] });
      const consumer = new Consumer({
        groupId,
        clientId: 'foreign-consumer',
        bootstrapBrokers: [bootstrap!],
        deserializers: stringDeserializers,
        groupProtocol,
      } as never);
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false } as never);
      for await (const message of stream as AsyncIterable<{ commit(): unknown }>) {
        await message.commit();
        break;
      }
      const [group] = await client.describeGroups([groupId]);
      assert.equal(group!.error, null);
      assert.equal(group!.protocolType, 'consumer');
      assert.deepEqual(
        group!.members.map(({ clientId, assignment }) => [
          clientId,
          assignment.map(({ topic: name, partitions }) => [name, [...partitions].sort()]),
        ]),
        [['foreign-consumer', [[topic, [0, 1]]]]],
      );
      const listed = (await client.listGroups()).find((one) => one.groupId === groupId);
      assert.equal(listed!.type, groupProtocol);
      assert.deepEqual(
        (await client.committedOffsets(groupId)).map(({ partition, offset }) => [partition, offset]),
        [[0, 1]],
      );
      await consumer.close(true);
    });
  });
}

test('read_committed leaves out what a transaction aborted, and reads on after it', { skip }, async () => {
  await withTopic(async (client, topic) => {
    const producer = new Producer({
      clientId: 'foreign-producer',
      bootstrapBrokers: [bootstrap!],
      transactionalId: `${topic}-tx`,
      idempotent: true,
      serializers: stringSerializers,
    } as never) as unknown as {
      beginTransaction(): Promise<{
        send(o: unknown): Promise<unknown>;
        commit(): Promise<void>;
        abort(): Promise<void>;
      }>;
      close(): Promise<void>;
    };
    for (const [value, end] of [
      ['committed-1', 'commit'],
      ['aborted', 'abort'],
      ['committed-2', 'commit'],
    ] as const) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic, partition: 0, key: 'k', value }] });
      await transaction[end]();
    }
    const read = async (isolation: 'read_committed' | 'read_uncommitted') => {
      const values: string[] = [];
      for await (const batch of client.tail({ topics: [topic], from: 'earliest', isolation })) {
        values.push(...batch.records().map(({ value }) => String(value)));
        if (values.includes('committed-2')) return values;
      }
    };
    assert.deepEqual(await read('read_uncommitted'), ['committed-1', 'aborted', 'committed-2']);
    assert.deepEqual(await read('read_committed'), ['committed-1', 'committed-2']);
    const [page] = await client.fetch([{ topic, partition: 0, offset: 2 }], { isolation: 'read_committed' });
    assert.equal(page!.nextOffset, page!.highWatermark);
    await producer.close();
  });
});
