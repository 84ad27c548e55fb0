import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectedOf, scripted, scriptOf, settingsOf } from '@headwater/example-service-monitor';
import { createSqlClient } from '@headwater/sql';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

const data = mkdtempSync(join(tmpdir(), 'headwater-service-monitor-'));
const processes: HeadwaterProcess[] = [];
const seed = 1 + (process.pid % 1_000);
const env = {
  HEADWATER_SERVICE_MONITOR_SEED: String(seed),
  HEADWATER_SERVICE_MONITOR_RATE: '100',
  HEADWATER_SERVICE_MONITOR_LIVES: '2',
  HEADWATER_SERVICE_MONITOR_ONCE: 'true',
};

/** Ends what was started. */
export async function closeRounds(): Promise<void> {
  for (const each of processes) await each.kill();
  rmSync(data, { recursive: true, force: true });
}

async function start(): Promise<HeadwaterProcess> {
  const running = await startHeadwater(['--data', data, '--ports', 'auto', '--example', 'service-monitor'], env);
  processes.push(running);
  return running;
}

/** Key → number of a view, of all windows together. */
async function counted(running: HeadwaterProcess, query: string): Promise<Record<string, number>> {
  const client = createSqlClient({ url: running.addresses['sql']! });
  const counts: Record<string, number> = {};
  try {
    for await (const row of (await client.query(query)).arrays()) {
      const key = row.slice(0, -1).join(' ');
      counts[key] = (counts[key] ?? 0) + Number(row.at(-1));
    }
  } catch {
    // The views are not there yet, or not ready.
    return {};
  } finally {
    client.close();
  }
  return counts;
}

function sorted(counts: Record<string, number>): string {
  return JSON.stringify(Object.entries(counts).sort());
}

/** Waits until the view says so; when it does not, tells what it says instead. */
async function says(running: HeadwaterProcess, query: string, expected: Record<string, number>): Promise<void> {
  let found = '';
  await waitFor(async () => (found = sorted(await counted(running, query))) === sorted(expected), 240_000).catch(() =>
    assert.equal(found, sorted(expected), `seed ${seed}: ${query}\n${running.output().slice(-3_000)}`),
  );
}

/** Views count what the services of the example did, also after a kill -9 of everything between rounds. */
export async function runRounds(rounds: number): Promise<void> {
  console.log(`seed ${seed}`);
  let running = await start();
  for (let round = 1; round <= rounds; round += 1) {
    const missing = new Set(running.output().match(/\w+(?= +not here: needs)/g));
    for (const name of missing) console.log(`not here: ${name}`);
    const triggers: Record<string, number> = {};
    const notifications: Record<string, number> = {};
    const exits: Record<string, number> = {};
    for (const service of scripted) {
      if (missing.has(service)) continue;
      const expected = expectedOf(scriptOf(service, settingsOf(env)));
      for (const [name, count] of Object.entries(expected.triggers)) triggers[`${service} ${name}`] = round * count;
      notifications[service] = round * expected.notifications;
      exits[service] = round * expected.crashes.length;
    }
    await says(running, 'SELECT service, trigger, triggers FROM trigger_names_per_day;', triggers);
    await says(running, 'SELECT service, notifications FROM notification_per_day;', notifications);
    // A service that a busy machine keeps from answering counts as crashed too; and who runs with headwater dies with it.
    await waitFor(async () => {
      const found = await counted(running, 'SELECT service, crashes FROM crash_per_day;');
      return Object.entries(exits).every(([service, count]) => (found[service] ?? 0) >= count);
    }, 240_000);
    const perService: Record<string, number> = {};
    for (const [key, count] of Object.entries(triggers)) {
      const service = key.split(' ')[0]!;
      perService[service] = (perService[service] ?? 0) + count;
    }
    for (const view of ['trigger_per_minute', 'trigger_per_hour', 'trigger_per_day', 'trigger_per_week'])
      await says(running, `SELECT service, triggers FROM ${view};`, perService);
    if (round === rounds) break;
    await running.kill();
    running = await start();
  }
}
