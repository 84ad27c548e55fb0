import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { eventually, webhookReceiver } from './testing/webhook-receiver.ts';

const seed = Number(process.env['HEADWATER_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const kills = Number(process.env['HEADWATER_TEST_KILLS'] ?? 3);
const servicesPerKill = 12;

/** mulberry32: the same numbers for the same seed. */
function seeded(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('kill -9 at any moment, and a receiver that fails at random: no alert is lost, repeats have their first id', {
  timeout: 120_000,
}, async (t) => {
  console.log(`HEADWATER_TEST_SEED=${seed}`);
  const random = seeded(seed);
  const folder = mkdtempSync(join(tmpdir(), 'headwater-alerts-kill-'));
  const broker = await startBroker({ port: 0 });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  let isFailing = true;
  const hook = await webhookReceiver(() => isFailing && random() < 0.4);
  let child: ChildProcess | undefined;
  t.after(async () => {
    child?.kill('SIGKILL');
    await client.close();
    await hook.close();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await client.createTopics([{ name: 'causes', partitions: 2 }]);
  const file = join(folder, 'alerts.yaml');
  writeFileSync(
    file,
    `route: { receiver: team, group_by: [service], group_wait: 50ms, group_interval: 200ms }
receivers: [{ name: team, webhook_configs: [{ url: '${hook.url}' }] }]
rules:
  - { name: Cause, kind: rate, topic: causes, by: [service], window: 10m, value: 1 }
`,
  );
  const start = (): ChildProcess => {
    const started = spawn(
      process.execPath,
      [join(import.meta.dirname, 'testing/run-alerts.ts'), broker.bootstrap, file],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child = started;
    return started;
  };
  const services: string[] = [];
  for (let round = 0; round < kills; round++) {
    const running = start();
    const killed = once(running, 'exit');
    // Causes come before it is up, while it starts, and while it delivers.
    if (round % 3 !== 2) await once(running.stdout!, 'data');
    for (let index = 0; index < servicesPerKill; index++) {
      const service = `s${round}-${index}`;
      await client.produce({
        topic: 'causes',
        partition: index % 2,
        records: [{ key: service, value: JSON.stringify({ service }) }],
      });
      services.push(service);
      await pause(random() * 120);
    }
    await pause(random() * 600);
    running.kill('SIGKILL');
    await killed;
  }
  isFailing = false;
  start();
  await eventually('all alerts are delivered', () => {
    const told = new Set(
      hook.received
        .filter(({ message }) => message.status === 'firing')
        .map(({ message }) => message.groupLabels['service']),
    );
    return services.every((service) => told.has(service));
  });
  const ids = new Map<string, Set<string>>();
  for (const { id, message } of hook.received) {
    const what = `${message.status} ${message.groupLabels['service']}`;
    ids.set(what, (ids.get(what) ?? new Set()).add(id));
  }
  for (const [what, all] of ids) assert.equal(all.size, 1, `${what} came under ${all.size} ids`);
  const distinct = new Set(hook.received.map(({ id }) => id)).size;
  t.diagnostic(
    `${kills} kills, ${services.length} alerts, ${hook.refused()} attempts refused, ${hook.received.length - distinct} repeats, 0 lost`,
  );
});
