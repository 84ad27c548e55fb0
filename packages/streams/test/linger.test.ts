import { deepEqual, equal } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { Streams, StreamsBuilder } from '../index.ts';

let broker: Broker;
let client: KafkaClient;

before(async () => {
  broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
});
after(async () => {
  await client?.close();
  await broker?.close();
});

test('with lingerMs results are there long before the commit, each once and in order', async () => {
  await client.createTopics(['given', 'made'].map((name) => ({ name, partitions: 1, replicationFactor: 1 })));
  const builder = new StreamsBuilder();
  builder.stream<string, string>('given').to('made');
  const streams = new Streams({
    applicationId: 'soon',
    kafka: broker.bootstrap,
    commitIntervalMs: 3_600_000,
    lingerMs: 1,
  });
  streams.add(builder.build());
  await streams.start();
  const tail = client.tail({ topics: ['made'], from: 'earliest' });
  try {
    const values: string[] = [];
    for (let round = 0; round < 3; round++) {
      const records = Array.from({ length: 100 }, (_, at) => ({ key: 'k', value: `"${round * 100 + at}"` }));
      await client.produce({ topic: 'given', records });
      while (values.length < (round + 1) * 100) {
        const { value: batch } = await tail.next();
        for (const { value } of batch.records()) values.push(String(value));
      }
    }
    deepEqual(
      values,
      Array.from({ length: 300 }, (_, at) => `"${at}"`),
    );
    equal(streams.metrics.commits.count, 0);
  } finally {
    await tail.close();
    await streams.close();
  }
});
