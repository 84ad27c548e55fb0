import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createCluster, isCluster } from '../src/engine/create-cluster.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-analytics-create-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('where no template can be kept a database is made without it', { timeout: 120_000 }, async () => {
  const file = join(directory, 'not-a-folder');
  writeFileSync(file, '');
  await createCluster(join(directory, 'made'), 'words', { isSynced: false, templates: file });
  assert.ok(isCluster(join(directory, 'made')));
});

test('who is told to stop leaves neither a template nor a database', async () => {
  const templates = join(directory, 'stopped');
  const signal = AbortSignal.abort();
  const options = { isSynced: true, templates, signal };
  await assert.rejects(createCluster(join(directory, 'none'), 'none', options), { code: 'HW_ANALYTICS_CREATE' });
  assert.deepEqual(readdirSync(templates), []);
  assert.equal(existsSync(join(directory, 'none')), false);
});
