import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Rest, startRest } from './rest.ts';

let broker: Broker;
let client: KafkaClient;
let rest: Rest;

before(async () => {
  broker = await startBroker({ port: 0 });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'live-tail-test' });
  rest = await startRest({ kafkaUrl: broker.bootstrap, port: 0 });
});
after(async () => {
  await rest.close();
  await client.close();
  await broker.close();
});

const batchRecords = 100;

async function fill(topic: string, batches: number): Promise<number> {
  const value = JSON.stringify({ t: 'x'.repeat(10_000) });
  for (let i = 0; i < batches; i++)
    await client.produce({ topic, partition: i % 2, records: Array.from({ length: batchRecords }, () => ({ value })) });
  return batches * batchRecords;
}

interface Reader {
  records: number;
  offsets: string[];
  dropped: number;
  /** The plain connection, to pause and resume. */
  socket: ReturnType<typeof connect>;
}

/** Counts what comes over a plain connection, which reads only when it is told to. */
function listen(path: string): Reader {
  const { hostname, port } = new URL(rest.url);
  const socket = connect(Number(port), hostname);
  const reader: Reader = { records: 0, offsets: [], dropped: 0, socket };
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      if (block.includes('event: record')) {
        reader.records += 1;
        reader.offsets.push(/"partition":(\d+),"offset":(\d+)/.exec(block)!.slice(1).join(':'));
      }
      const dropped = /"droppedRecords":(\d+)/.exec(block)?.[1];
      if (dropped !== undefined) reader.dropped = Number(dropped);
    }
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  return reader;
}

async function until(condition: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, what());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('what the log already has is given whole to a reader that keeps reading', async () => {
  await client.createTopics([{ name: 'replay', partitions: 2 }]);
  const total = await fill('replay', 20);
  const reader = listen('/api/consume/replay?from=earliest');
  await until(
    () => reader.records === total,
    () => `${reader.records} of ${total}`,
  );
  assert.equal(reader.dropped, 0);
  assert.equal(new Set(reader.offsets).size, total);
  reader.socket.destroy();
});

test('a live reader that stops loses records and is told how many; one that waits gets all of them', async () => {
  await client.createTopics([{ name: 'slow', partitions: 2 }]);
  const drops = listen('/api/consume/slow');
  const waits = listen('/api/consume/slow?onSlow=wait');
  const sees = listen('/api/consume/slow');
  let total = 0;
  // All three are at the end of the log once each has seen a record.
  while (drops.records === 0 || waits.records === 0 || sees.records === 0) {
    total += await fill('slow', 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  drops.socket.pause();
  waits.socket.pause();
  // More than all buffers on the way hold, and for longer than a reader may take nothing.
  const paused = performance.now();
  while (performance.now() - paused < 1_500 || total < 4_000) total += await fill('slow', 2);
  drops.socket.resume();
  waits.socket.resume();
  await until(
    () => waits.records >= total - batchRecords,
    () => `${waits.records} of ${total}`,
  );
  assert.equal(waits.dropped, 0);
  await until(
    () => drops.dropped > 0,
    () => `nothing was dropped of ${total}, ${drops.records} came`,
  );
  assert.ok(drops.records + drops.dropped <= total);
  assert.equal(sees.dropped, 0, 'the one that reads is not touched by the others');
  for (const reader of [drops, waits, sees]) reader.socket.destroy();
});
