import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type RestoreReading, type Storage, Streams, StreamsBuilder, serdes } from '../index.ts';

for (const storage of ['memory', 'disk'] satisfies Storage[]) {
  test(`what is restored is told while it goes on, and sizes of stores are known after it (${storage})`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'streams-restore-'));
    const broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
    const client = createClient({ bootstrap: broker.bootstrap, clientId: 'restore-test' });
    const run = async (stateDir: string) => {
      const told: RestoreReading[] = [];
      const builder = new StreamsBuilder();
      builder.stream<string, string>('in', { value: serdes.string }).groupByKey().count({ store: 'counts' });
      const streams = new Streams({
        applicationId: `restoring-${storage}`,
        kafka: broker.bootstrap,
        groupInstanceId: 'one',
        stateDir,
        storage,
        onRestore: (reading) => told.push(reading),
      });
      streams.add(builder.build());
      await streams.start();
      return { streams, told };
    };
    try {
      await client.createTopics([{ name: 'in', partitions: 2 }]);
      const records = Array.from({ length: 1_000 }, (_, n) => ({ key: `key ${n}`, value: 'v' }));
      await client.produce({ topic: 'in', records });
      const first = await run(join(dir, 'a'));
      const rowsOf = (streams: Streams) =>
        streams.metrics.tasks.flatMap(({ stores }) => stores).reduce((sum, { rows }) => sum + rows, 0);
      while (rowsOf(first.streams) < 1_000) await new Promise((resolve) => setTimeout(resolve, 10));
      await first.streams.close();
      // On another disk: all of it comes from the changelog.
      const second = await run(join(dir, 'b'));
      for (const partition of [0, 1]) {
        const readings = second.told.filter((each) => each.partition === partition);
        const { total } = readings[0]!;
        const place = { topology: '', taskId: `0_${partition}`, store: 'counts', partition };
        assert.deepEqual(readings[0], {
          ...place,
          topic: `restoring-${storage}-counts-changelog`,
          restored: 0,
          total,
          isDone: false,
        });
        assert.ok(readings.some(({ isDone, restored }) => !isDone && restored > 0));
        assert.deepEqual(readings.at(-1), { ...readings[0], restored: total, isDone: true });
      }
      assert.equal(
        second.told.filter(({ isDone }) => isDone).reduce((sum, { total }) => sum + total, 0),
        1_000,
      );
      assert.deepEqual(second.streams.metrics.restores, []);
      for (const { stores } of second.streams.metrics.tasks) {
        const { bytes, rows } = stores[0]!;
        // Keys of 5 to 7 bytes, values of 8; on the disk and before it somewhat more.
        assert.ok(rows > 300 && bytes >= rows * 13 && bytes < rows * 400, `${rows} rows, ${bytes} bytes`);
      }
      await second.streams.close();
      // From its own disk: nothing is left to be read.
      const third = await run(join(dir, 'b'));
      assert.equal(rowsOf(third.streams), 1_000);
      assert.ok(third.told.every(({ total }) => total === 0));
      await third.streams.close();
    } finally {
      await client.close();
      await broker.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
