import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockFolder } from './folder-lock.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-identity-lock-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const locked = { code: 'HW_IDENTITY_LOCKED' };

test('one at a time; given back once; nothing is left in the folder', () => {
  const path = join(dir, 'one');
  const release = lockFolder(path);
  assert.throws(() => lockFolder(path), { ...locked, message: new RegExp(`process ${process.pid} .*another dataDir`) });
  release();
  const second = lockFolder(path);
  release();
  assert.ok(existsSync(path), 'the first release does not give back the second lock');
  second();
  assert.deepEqual(readdirSync(dir), []);
});

test('another process holds it until its end, also by kill -9', async () => {
  const path = join(dir, 'two');
  const module = new URL('folder-lock.ts', import.meta.url).href;
  const code = `const { lockFolder } = await import(${JSON.stringify(module)});
    lockFolder(${JSON.stringify(path)});
    console.log('locked');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    assert.throws(() => lockFolder(path), { ...locked, message: new RegExp(`process ${child.pid} `) });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  lockFolder(path)();
});

test('what an earlier process of the same number left, or a power cut tore, is no lock', () => {
  const path = join(dir, 'three');
  for (const left of ['', '{"pid":', JSON.stringify({ pid: process.pid, token: 'of-another-life', life: 'then' })]) {
    writeFileSync(path, left);
    const release = lockFolder(path);
    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid, process.pid);
    release();
  }
  // A number that is used again, by a process that began at another time.
  writeFileSync(path, JSON.stringify({ pid: process.ppid, token: 'of-another-life', life: 'then' }));
  if (process.platform === 'linux') lockFolder(path)();
  else assert.throws(() => lockFolder(path), locked);
});
