import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeFiles } from './files/node-files.ts';
import { openLogStore } from './log-store.ts';
import { readAll } from './testing/records.ts';
import { SeededRandom } from './testing/seeded-random.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-sigkill-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const rounds = Number(process.env['HEADWATER_KILL_ROUNDS'] ?? 8);

/** Runs the appender until `appends` were acknowledged, kills it, and returns all that was acknowledged. */
async function appendAndKill(seed: number, appends: number): Promise<string[]> {
  const script = new URL('./testing/appender.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, dir, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let isKilled = false;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    if (isKilled || output.split('\n').length <= appends) return;
    isKilled = true;
    child.kill('SIGKILL');
  });
  await once(child, 'close');
  assert.ok(isKilled, 'the appender ended by itself');
  return output.split('\n').slice(0, -1);
}

test(`every acknowledged record is there, once and in order, after each of ${rounds} SIGKILLs`, async (t) => {
  const random = SeededRandom.fresh();
  t.diagnostic(`SEED=${random.seed}`);
  const acknowledged = Array.from({ length: 3 }, () => new Map<number, string>());
  for (let round = 0; round < rounds; round++) {
    for (const line of await appendAndKill(random.below(2 ** 31), 20 + random.below(1500))) {
      const [partition, baseOffset, count, first] = line.split(' ');
      for (let at = 0; at < Number(count); at++)
        acknowledged[Number(partition)]!.set(Number(baseOffset) + at, `${first}.${at}`);
    }
    const store = await openLogStore({ files: nodeFiles(), dir });
    assert.equal(store.recovery.isClean, false);
    assert.ok(store.recovery.staleLockPid !== null);
    for (const [partition, expected] of acknowledged.entries()) {
      const records = await readAll(store.partition('kill', partition)!, 0, 1_000_000);
      assert.deepEqual(
        records.map(({ offset }) => offset),
        records.map((_, at) => at),
      );
      for (const { offset, value } of records) {
        const known = expected.get(offset);
        // The append that the kill interrupted may be there although nobody was told.
        if (known === undefined) expected.set(offset, value!.replace(/\.+$/, ''));
        else assert.equal(value!.replace(/\.+$/, ''), known);
      }
      assert.equal(records.length, expected.size, `partition ${partition} lost records`);
    }
    await store.close();
  }
  t.diagnostic(`${acknowledged.reduce((sum, { size }) => sum + size, 0)} records`);
});
