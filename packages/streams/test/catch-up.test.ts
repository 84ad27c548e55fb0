import { equal } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { Streams, StreamsBuilder, tumbling } from '../index.ts';

const dayMs = 86_400_000;
const partitions = 3;
const recordsEach = 300;

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

test('a month that is caught up with in one go is counted whole: no partition runs ahead, so that the rest would be late', async () => {
  await client.createTopics([
    { name: 'visits', partitions, replicationFactor: 1, configs: { 'retention.ms': '-1' } },
    { name: 'visits-a-day', partitions: 1, replicationFactor: 1 },
  ]);
  const firstMs = Date.now() - 30 * dayMs;
  for (let partition = 0; partition < partitions; partition++) {
    const records = Array.from({ length: recordsEach }, (_, at) => ({
      value: `"page ${at % 7}"`,
      timestamp: firstMs + at * 8_000_000 + partition,
      partition,
    }));
    await client.produce({ topic: 'visits', records });
  }
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('visits')
    .groupBy((page) => page)
    .windowedBy(tumbling(dayMs, { graceMs: dayMs }))
    .count()
    .toStream((page, { window }) => `${page} ${window.startMs}`)
    .to('visits-a-day');
  const streams = new Streams({ applicationId: 'month', kafka: broker.bootstrap, commitIntervalMs: 50 });
  streams.add(builder.build());
  await streams.start();
  try {
    const counting = () => streams.metrics.tasks.filter(({ taskId }) => taskId.startsWith('1_'));
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    while (sum(counting().map(({ recordsIn }) => recordsIn)) < partitions * recordsEach) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    equal(sum(counting().map(({ lateRecordsDropped }) => lateRecordsDropped)), 0);
  } finally {
    await streams.close();
  }
});
