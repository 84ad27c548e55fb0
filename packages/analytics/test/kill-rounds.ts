import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startAnalytics } from '../index.ts';

const program = fileURLToPath(new URL('./killed-store.ts', import.meta.url));

/**
 * Kills a store again and again while two clients write transactions of two rows. What was acknowledged must be there, and no transaction by half.
 *
 * @param random from 0 to 1
 * @returns how many transactions were acknowledged
 */
export async function killRounds(dataDir: string, rounds: number, random: () => number): Promise<number> {
  const acknowledged: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const killAfter = Math.floor(random() * 150);
    const first = (acknowledged.at(-1) ?? 0) + 1_000;
    const child = spawn(process.execPath, ['--no-warnings', program, dataDir, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let rest = '';
    let count = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        acknowledged.push(Number(line));
        if (count++ === killAfter) child.kill('SIGKILL');
      }
    });
    await exited;
    assert.ok(count > killAfter, `the store ended by itself in round ${round}`);
    acknowledged.sort((a, b) => a - b);
  }
  await using store = await startAnalytics({ dataDir });
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  const { rows } = await client.query<{ id: number; twin: number }>('SELECT id, twin FROM rows');
  await client.end();
  const found = new Set(rows.map(({ id }) => id));
  assert.deepEqual(
    acknowledged.filter((id) => !found.has(id)),
    [],
    'acknowledged, and gone',
  );
  assert.deepEqual(
    rows.filter(({ twin }) => !found.has(twin)),
    [],
    'transactions of which one row is there',
  );
  return acknowledged.length;
}
