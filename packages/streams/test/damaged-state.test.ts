import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type KeyValueStore, StateMemory, Streams, StreamsBuilder, serdes } from '../index.ts';

test('a block of state that is damaged on the disk is found when it is read: the store is filled from its changelog, and no count is lost', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'streams-damaged-'));
  const broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'damage-test' });
  const keys = Array.from({ length: 2_000 }, (_, n) => `key ${n}`);
  const warnings: string[] = [];
  const run = async () => {
    const builder = new StreamsBuilder();
    builder.stream<string, string>('in', { value: serdes.string }).groupByKey().count({ store: 'counts' });
    const streams = new Streams({
      applicationId: 'damaged',
      kafka: broker.bootstrap,
      guarantee: 'exactly-once',
      groupInstanceId: 'one',
      stateDir: dir,
      storage: 'disk',
      stateMemory: new StateMemory({ bytes: 256 * 1024 }),
      logger: {
        debug() {},
        info() {},
        warn: (fields) => warnings.push(String((fields as { error?: unknown }).error)),
        error: (fields) => warnings.push(String((fields as { error?: unknown }).error)),
      },
    });
    streams.add(builder.build());
    await streams.start();
    return streams;
  };
  /** Each key once more; until all have that count. */
  const countOnce = async (streams: Streams, count: number) => {
    await client.produce({ topic: 'in', records: keys.map((key) => ({ key, value: 'v' })) });
    const areAllThere = () => {
      try {
        const [store] = streams.localStores<KeyValueStore<string, number>>('counts');
        return keys.every((key) => store!.get(key) === count);
      } catch {
        // Given up, and begun anew.
        return false;
      }
    };
    while (!areAllThere()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    await client.createTopics([{ name: 'in', partitions: 1 }]);
    const first = await run();
    await countOnce(first, 1);
    await first.close();
    const runs = globSync(join(dir, 'damaged', '*', '*.rows', '*.run'));
    assert.ok(runs.length > 0);
    for (const path of runs) {
      const data = readFileSync(path);
      data[Math.floor(data.length / 3)]! ^= 1;
      writeFileSync(path, data);
    }
    const second = await run();
    await countOnce(second, 2);
    assert.ok(
      warnings.some((warning) => /damaged on the disk and is filled anew/.test(warning)),
      warnings.join('\n'),
    );
    await second.close();
  } finally {
    await client.close();
    await broker.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
