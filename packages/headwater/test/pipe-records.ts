import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { createClient } from '@headwater/client';

const bin = resolve(import.meta.dirname, '../bin/headwater.ts');

/** The command as a user runs it; its standard error goes to `said()`. */
export function command(
  kafka: string,
  args: readonly string[],
): { child: ChildProcess; said: () => string; residentMaxMiB: () => number } {
  // No registry answers: lines are text.
  const env = { ...process.env, HEADWATER_KAFKA_URL: kafka, HEADWATER_REGISTRY_URL: 'http://127.0.0.1:1' };
  const child = spawn(process.execPath, ['--max-semi-space-size=8', bin, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  child.stdin!.on('error', () => {});
  let residentMaxMiB = 0;
  const look = setInterval(() => {
    const status = `/proc/${child.pid}/status`;
    if (!existsSync(status)) return;
    residentMaxMiB = Math.max(
      residentMaxMiB,
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) / 1024,
    );
  }, 100);
  child.once('exit', () => clearInterval(look));
  return { child, said: () => said, residentMaxMiB: () => residentMaxMiB };
}

export interface Piped {
  produceMs: number;
  consumeMs: number;
  produceMiB: number;
  consumeMiB: number;
}

/** So many records of 100 bytes through `headwater produce`, and all of them, each once, out of `headwater consume`. */
export async function pipeRecords(kafka: string, topic: string, count: number): Promise<Piped> {
  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  await client.createTopics([{ name: topic, partitions: 3 }]);
  await client.close();
  const producing = command(kafka, ['produce', topic, '--format', 'text']);
  const produceExit = once(producing.child, 'exit');
  const producedAt = performance.now();
  await writeLines(producing.child.stdin!, count);
  assert.deepEqual(await produceExit, [0, null], producing.said());
  assert.match(producing.said(), new RegExp(`^${count.toLocaleString('en-US')} records acknowledged`, 'm'));
  const produceMs = performance.now() - producedAt;

  const consuming = command(kafka, ['consume', topic, '--exit', '--format', 'value']);
  const consumeExit = once(consuming.child, 'exit');
  const consumedAt = performance.now();
  const seen = new Uint8Array(count);
  let rest = '';
  for await (const chunk of consuming.child.stdout!) {
    const lines = (rest + (chunk as Buffer).toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) seen[Number(line.slice(0, 12))]! += 1;
  }
  assert.deepEqual(await consumeExit, [0, null], consuming.said());
  assert.equal(
    seen.findIndex((times) => times !== 1),
    -1,
    'each of them once',
  );
  return {
    produceMs,
    consumeMs: performance.now() - consumedAt,
    produceMiB: producing.residentMaxMiB(),
    consumeMiB: consuming.residentMaxMiB(),
  };
}

async function writeLines(to: Writable, count: number): Promise<void> {
  const filling = 'x'.repeat(88);
  let text = '';
  for (let at = 0; at < count; at += 1) {
    text += `${String(at).padStart(12, '0')}${filling}\n`;
    if (text.length < 256 * 1024) continue;
    if (!to.write(text)) await once(to, 'drain');
    text = '';
  }
  to.end(text);
}
