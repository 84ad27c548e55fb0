import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { syncTree } from './sync-tree.ts';

test('each file and folder of a tree is synced once, many at a time; what fails is told', async (t) => {
  const tree = mkdtempSync(join(tmpdir(), 'headwater-sync-'));
  t.after(() => rmSync(tree, { recursive: true, force: true }));
  mkdirSync(join(tree, 'base/1'), { recursive: true });
  const files = Array.from({ length: 40 }, (_, n) => join('base/1', `${n}`));
  for (const file of files) writeFileSync(join(tree, file), 'x');
  symlinkSync('nowhere', join(tree, 'base/link'));
  const probe = await fs.open(join(tree, files[0]!), 'r');
  const handles = Object.getPrototypeOf(probe) as fs.FileHandle;
  await probe.close();
  let [running, most, synced] = [0, 0, 0];
  const original = handles.sync;
  t.mock.method(handles, 'sync', async function (this: fs.FileHandle) {
    most = Math.max(most, ++running);
    synced++;
    await original.call(this);
    running--;
  });
  await syncTree(tree);
  // The tree, base, base/1 and the files; not what a link names.
  assert.equal(synced, 3 + files.length);
  assert.ok(most > 1 && most <= 16, `${most} at a time`);
  await assert.rejects(syncTree(join(tree, 'none')), { code: 'ENOENT' });
});
