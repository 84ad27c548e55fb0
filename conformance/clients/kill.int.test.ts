import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { clients } from './clients.ts';

const scripts = join(import.meta.dirname, 'scripts');

interface Running {
  child: ChildProcess;
  lines: string[];
  closed: Promise<unknown>;
}

function start(command: string, args: string[]): Running {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  return { child, lines, closed: once(child, 'close') };
}

async function until(what: string, condition: () => boolean, timeoutMs = 120_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function startBroker(dataDir: string, port: string): Promise<Running & { bootstrap: string }> {
  const running = start(process.execPath, [join(scripts, 'broker-process.ts'), dataDir, port]);
  await until('the broker', () => running.lines.length > 0 || running.child.exitCode !== null);
  return { ...running, bootstrap: JSON.parse(running.lines[0]!).bootstrap };
}

/** Lines of one kind as `[partition, offset, number]`. */
function parsed(lines: readonly string[], kind: string): number[][] {
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' ').slice(1).map(Number));
}

test('kill -9 under an idempotent librdkafka producer: every acknowledged record once, in order; commits stay', async (t) => {
  const launcher = await clients.find(({ name }) => name === 'confluent-kafka')!.prepare();
  if (typeof launcher === 'string') return t.skip(launcher);
  const kills = Number(process.env['KILLS'] ?? 6);
  const count = kills * 6_000;
  const python = (...args: string[]) => start(launcher.command, [join(scripts, 'kill_client.py'), ...args]);
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-kill-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));

  let broker = await startBroker(dataDir, '0');
  const { bootstrap } = broker;
  const port = bootstrap.split(':')[1]!;
  const producer = python(bootstrap, 'numbers', 'produce', String(count));
  const consumer = python(bootstrap, 'numbers', 'consume');
  t.after(() => {
    for (const { child } of [broker, producer, consumer]) child.kill('SIGKILL');
  });
  await until('the producer', () => producer.lines.includes('started'));
  for (let kill = 0; kill < kills; kill++) {
    const acked = producer.lines.length;
    // Not while it is down from the kill before, and not after the end.
    await until('progress', () => producer.lines.length > acked + 200 || producer.child.exitCode !== null);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
    broker.child.kill('SIGKILL');
    await broker.closed;
    broker = await startBroker(dataDir, port);
  }
  await producer.closed;
  // On a slow machine the consumer has not yet come back to its group.
  await until('a commit', () => parsed(consumer.lines, 'commit').length > 0 || consumer.child.exitCode !== null);
  consumer.child.stdin!.end();
  await consumer.closed;
  assert.equal(producer.lines.at(-1), 'done 0');
  assert.deepEqual(
    producer.lines.filter((line) => line.startsWith('failed')),
    [],
  );

  const reader = python(bootstrap, 'numbers', 'read');
  await reader.closed;
  const records = parsed(reader.lines, 'record');
  assert.equal(records.length, count, 'each record once');
  for (let partition = 0; partition < 3; partition++) {
    const numbers = records.filter(([where]) => where === partition).map(([, , number]) => number!);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, index) => partition + index * 3),
      `partition ${partition} in order`,
    );
  }
  const found = new Set(records.map((record) => record.join(' ')));
  const acks = parsed(producer.lines, 'ack');
  assert.equal(acks.length, count);
  const lost = acks.filter((ack) => !found.has(ack.join(' ')));
  assert.deepEqual(lost, [], 'what was acknowledged is where it was said to be');

  const commits = parsed(consumer.lines, 'commit');
  assert.ok(commits.length > 0, 'the consumer committed');
  for (const [partition, offset] of parsed(reader.lines, 'committed')) {
    const answered = commits.filter(([where]) => where === partition).map(([, committed]) => committed!);
    assert.ok(offset! >= Math.max(...answered), `partition ${partition}: ${offset} after ${Math.max(...answered)}`);
  }
  broker.child.kill('SIGTERM');
  await broker.closed;
  t.diagnostic(`${kills} kills, ${count} records, ${commits.length} commits`);
});
