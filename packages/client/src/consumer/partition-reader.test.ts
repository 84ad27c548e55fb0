import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '../client.ts';

test('partitions are read from the positions that they were added with, and come and go', async () => {
  const broker = await startBroker({ port: 0 });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader-test' });
  try {
    await client.createTopics([{ name: 'numbers', partitions: 2 }]);
    for (const partition of [0, 1]) {
      const records = Array.from({ length: 5 }, (_, index) => ({ value: `${partition}.${index}` }));
      await client.produce({ topic: 'numbers', partition, records });
    }
    const news = new EventTarget();
    const reader = client.partitionReader({
      onReady: () => {},
      onAnswered: () => news.dispatchEvent(new Event('answer')),
      onOutOfRange: (topic, partition) => reader.seek(topic, partition, 0),
      onError: assert.ifError,
    });
    const values: string[] = [];
    const readUntil = async (count: number) => {
      while (values.length < count) {
        const answer = once(news, 'answer');
        for (let batch = reader.take(); batch !== null; batch = reader.take()) {
          values.push(...batch.records().map(({ value }) => String(value)));
        }
        if (values.length < count) await answer;
      }
    };
    reader.add('numbers', 0, 3);
    await readUntil(2);
    assert.deepEqual(values, ['0.3', '0.4']);
    assert.equal(reader.position('numbers', 0), 5);
    assert.equal(reader.endOffset('numbers', 0), 5);
    reader.remove('numbers', 0);
    assert.throws(() => reader.position('numbers', 0), { code: 'HW_CLIENT_BAD_OPTION' });
    reader.add('numbers', 1, 99);
    await readUntil(7);
    assert.deepEqual(values.slice(2), ['1.0', '1.1', '1.2', '1.3', '1.4']);
    await reader.close();
    await reader.close();
  } finally {
    await client.close();
    await broker.close();
  }
});
