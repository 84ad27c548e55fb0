import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type ReadOnlyWindowStore, Streams, StreamsBuilder, serdes, tumbling } from '../index.ts';

test('what was too late before a restart is too late after it', { timeout: 60_000 }, async () => {
  await using broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'restart-test' });
  await client.createTopics([{ name: 'in', partitions: 1 }]);
  const seen: number[] = [];
  const newInstance = () => {
    const builder = new StreamsBuilder();
    const timestamp = (_value: string, _key: string, recordMs: number, partitionMs: number) => {
      seen.push(partitionMs);
      return recordMs;
    };
    builder
      .stream<string, string>('in', { value: serdes.string, timestamp })
      .groupByKey()
      .windowedBy(tumbling(10, { graceMs: 5 }))
      .count({ store: 'counts', retentionMs: 100_000 });
    const streams = new Streams({ applicationId: 'restarted', kafka: broker.bootstrap, commitIntervalMs: 20 });
    streams.add(builder.build());
    return streams;
  };
  const write = (...timestamps: number[]) =>
    client.produce({ topic: 'in', records: timestamps.map((timestamp) => ({ key: 'k', value: 'v', timestamp })) });
  const worked = async (streams: Streams, count: number) => {
    while (streams.metrics.tasks.reduce((sum, { recordsIn }) => sum + recordsIn, 0) < count) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return streams.metrics.tasks[0]!;
  };
  try {
    const first = newInstance();
    await first.start();
    await write(3, 40);
    await worked(first, 2);
    await first.close();
    const second = newInstance();
    await second.start();
    await write(4, 31, 41);
    const { lateRecordsDropped, streamTimeMs } = await worked(second, 3);
    assert.deepEqual([lateRecordsDropped, streamTimeMs], [1, 41]);
    assert.deepEqual(seen, [-1, 3, 40, 40, 40]);
    const windows = second.store<ReadOnlyWindowStore<string, number>>('counts');
    assert.deepEqual(
      Array.from(windows.fetchRange('k', 0, 100), ({ startMs, value }) => [startMs, value]),
      [
        [0, 1],
        [30, 1],
        [40, 2],
      ],
    );
    await second.close();
  } finally {
    await client.close();
  }
});
