import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { killRounds } from './kill-rounds.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-analytics-kill-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('SIGKILL at any moment loses no acknowledged row', { timeout: 3_600_000 }, async (t) => {
  const count = await killRounds(join(directory, 'data'), 100, Math.random);
  t.diagnostic(`${count} transactions acknowledged, 100 kills`);
});
