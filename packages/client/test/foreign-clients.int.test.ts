/**
 * What other clients leave behind: groups with members, transactions. HEADWATER_TEST_KAFKA=127.0.0.1:29092; and groups that are shared
 * with Java's consumer: HEADWATER_TEST_KAFKA_TOOL=<a program that runs Kafka's command-line tools by name>
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
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

const tool = process.env['HEADWATER_TEST_KAFKA_TOOL'];
const toolSkip = skip || (tool === undefined ? 'HEADWATER_TEST_KAFKA_TOOL is not set' : false);
const strategies = {
  range: 'RangeAssignor',
  roundrobin: 'RoundRobinAssignor',
  sticky: 'StickyAssignor',
  'cooperative-sticky': 'CooperativeStickyAssignor',
} as const;

for (const [name, java] of Object.entries(strategies)) {
  test(`a group is shared with Java's consumer: ${name}`, { skip: toolSkip, timeout: 120_000 }, async () => {
    const client = createClient({ bootstrap: bootstrap!, clientId: 'headwater-client-test' });
    const topic = `hw-client-java-${process.pid}-${Date.now()}`;
    await client.createTopics([{ name: topic, partitions: 6 }]);
    const options = {
      assignors: [name as keyof typeof strategies],
      heartbeatIntervalMs: 200,
      sessionTimeoutMs: 10_000,
    };
    const mine = client.consumer({ ...options, groupId: topic, topics: [topic], autoOffsetReset: 'earliest' });
    const values: string[] = [];
    const poll = async () => {
      for (const batch of await mine.poll({ maxWaitMs: 100 })) {
        values.push(...batch.records().map(({ value }) => String(value)));
      }
    };
    while (mine.assignment().length !== 6) await poll();
    const strategy = `partition.assignment.strategy=org.apache.kafka.clients.consumer.${java}`;
    const args = [
      'console-consumer',
      '--bootstrap-server',
      bootstrap!,
      '--topic',
      topic,
      '--group',
      topic,
      '--command-property',
    ];
    const other = spawn(tool!, [...args, strategy, '--command-property', 'heartbeat.interval.ms=200'], {
      detached: true,
    });
    let printed = '';
    other.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    try {
      while (mine.assignment().length !== 3) await poll();
      for (let partition = 0; partition < 6; partition++) {
        await client.produce({ topic, partition, records: [{ value: `${partition}` }] });
      }
      const theirs = () => printed.split('\n').filter((line) => /^[0-5]$/.test(line));
      while (values.length + theirs().length < 6) await poll();
      assert.deepEqual([...values, ...theirs()].sort(), ['0', '1', '2', '3', '4', '5']);
      assert.equal(values.length, 3);
      process.kill(-other.pid!, 'SIGTERM');
      while (mine.assignment().length !== 6) await poll();
    } finally {
      other.kill('SIGKILL');
      await client.deleteTopics([topic]);
      await client.close();
    }
  });
}
