import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';

const killsMax = Number(process.env['HEADWATER_TEST_KILLS'] ?? 3);

test('kill -9 at random moments: what Beats sends again and what stands in files is on the log', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  let state = seed;
  const random = (max: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * max);
  };
  console.log(`seed ${seed}`);
  const dir = mkdtempSync(join(tmpdir(), 'headwater-logs-kill-'));
  const broker = await startBroker({ port: 0 });
  const file = join(dir, 'app.log');
  writeFileSync(file, '');
  let port = 0;
  const startProcess = async (): Promise<ChildProcess> => {
    const files = [{ path: join(dir, '*.log') }];
    const options = { bootstrap: broker.bootstrap, port, files, placesFile: join(dir, 'places.json') };
    const path = join(import.meta.dirname, 'logs-process.ts');
    const child = spawn(process.execPath, [path, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
    port = Number(String((await once(child.stdout!, 'data'))[0]));
    return child;
  };
  let child = await startProcess();

  let isSending = true;
  let events = 0;
  let lines = 0;
  /** As Beats does: a window is sent again, on a new connection, until it is acknowledged. */
  const sending = (async () => {
    while (isSending) {
      const first = events;
      const window = Array.from({ length: 1 + random(200) }, () => `beat ${events++}`);
      while (!(await sendWindow(port, window)));
      appendFileSync(file, window.map((_, i) => `file ${first + i}\n`).join(''));
      lines = events;
    }
  })();
  for (let kills = 0; kills < killsMax; kills++) {
    const until = events + 200 + random(2_000);
    while (events < until) await new Promise((resolve) => setTimeout(resolve, random(10)));
    child.kill('SIGKILL');
    await once(child, 'exit');
    child = await startProcess();
  }
  isSending = false;
  await sending;

  const missing = new Set<string>();
  for (let i = 0; i < events; i++) missing.add(`beat ${i}`);
  for (let i = 0; i < lines; i++) missing.add(`file ${i}`);
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  let records = 0;
  for await (const batch of client.tail({ topics: ['headwater-logs'], from: 'earliest' })) {
    for (const { value } of batch.records()) {
      records += 1;
      missing.delete((JSON.parse(String(value)) as { message: string }).message);
    }
    if (missing.size === 0) break;
  }
  console.log(`${events + lines} lines, ${records} records, ${killsMax} kills`);
  assert.ok(records >= events + lines);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await client.close();
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

/** @returns whether it was acknowledged */
async function sendWindow(port: number, messages: readonly string[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const frames = messages.flatMap((message, i) => {
    const data = Buffer.from(JSON.stringify({ message, service: 'beats' }));
    return [Buffer.from('2J'), number(i + 1), number(data.length), data];
  });
  try {
    await once(socket, 'connect');
    socket.write(Buffer.concat([Buffer.from('2W'), number(messages.length), ...frames]));
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      for (let at = 2; at + 4 <= answer.length; at += 6) if (answer.readUInt32BE(at) === messages.length) return true;
    }
  } catch {
    // The part is gone just now.
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    socket.destroy();
  }
  return false;
}
