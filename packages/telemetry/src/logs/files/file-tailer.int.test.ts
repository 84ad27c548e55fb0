import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import type { LogRecord } from '../log-record.ts';
import { startLogs } from '../logs.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-tail-'));
let broker: Broker;

before(async () => {
  broker = await startBroker({ port: 0 });
});
after(async () => {
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

test('files are followed over rotation, truncation and restarts, and each line is there once', async () => {
  const file = join(dir, 'shop.log');
  const start = () =>
    startLogs({
      bootstrap: broker.bootstrap,
      port: 0,
      files: [{ path: join(dir, '*.log'), multiline: false }],
      placesFile: join(dir, 'places.json'),
    });
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  const found: LogRecord[] = [];
  const reading = (async () => {
    while (!(await client.metadata()).topics.some(({ name }) => name === 'headwater-logs'))
      await new Promise(setImmediate);
    for await (const batch of client.tail({ topics: ['headwater-logs'], from: 'earliest' }))
      for (const { value } of batch.records()) found.push(JSON.parse(String(value)) as LogRecord);
  })();
  const sent: string[] = [];
  const lines = (count: number): string => {
    const texts = Array.from({ length: count }, () => `line ${sent.length} ${sent.push('')}`);
    sent.splice(sent.length - count, count, ...texts);
    return `${texts.join('\n')}\n`;
  };
  const arrived = async () => {
    while (found.length < sent.length) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  writeFileSync(file, lines(1_000));
  let logs = await start();
  await arrived();
  appendFileSync(file, lines(500));
  await arrived();
  // Renamed: what is still written to the old one is read, and the new one from its start.
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, lines(10));
  writeFileSync(file, lines(100));
  await arrived();
  // Copied and cut to nothing.
  copyFileSync(file, `${file}.2`);
  truncateSync(file);
  appendFileSync(file, lines(20));
  await arrived();
  // It appears later.
  writeFileSync(join(dir, 'later.log'), lines(30));
  await arrived();
  await logs.close();
  appendFileSync(file, lines(40));
  logs = await start();
  await arrived();
  assert.deepEqual(found.map(({ message }) => message).sort(), [...sent].sort());
  assert.deepEqual([...new Set(found.map(({ service }) => service))].sort(), ['later', 'shop']);
  await logs.close();
  await client.close();
  await reading.catch(() => {});
});
