import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesOfTar } from './extensions.ts';

test('files of an archive, as tar writes it, come with their paths and bytes', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-tar-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const deep = 'share/'.repeat(20);
  mkdirSync(join(folder, deep), { recursive: true });
  const wanted = { 'a.sql': 'x'.repeat(512), 'empty.sql': '', [`${deep}b.control`]: 'y'.repeat(1_000) };
  for (const [path, text] of Object.entries(wanted)) writeFileSync(join(folder, path), text);
  const archive = execFileSync('tar', ['-c', '--format=ustar', '-C', folder, 'a.sql', 'empty.sql', 'share']);
  const found = [...filesOfTar(archive)].map(({ bytes, path }) => [path, Buffer.from(bytes).toString()]);
  assert.deepEqual(Object.fromEntries(found), wanted);
  assert.throws(() => [...filesOfTar(Buffer.alloc(1_024, 'z'))], /cannot be read at byte 0/);
});
