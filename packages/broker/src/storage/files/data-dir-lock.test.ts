import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { takeLock } from './data-dir-lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-lock-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('a living process keeps others out; after kill -9 the lock is taken over', async () => {
  const path = join(directory, 'killed');
  const script = `import { takeLock } from ${JSON.stringify(new URL('./data-dir-lock.ts', import.meta.url).href)};
    takeLock(${JSON.stringify(path)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout!, 'data');
    assert.throws(() => takeLock(path), {
      code: 'HW_BROKER_DATA_DIR_LOCKED',
      message: new RegExp(`process ${child.pid} `),
    });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const lock = takeLock(path);
  assert.equal(lock.stalePid, child.pid);
  lock.release();
});

test('a lock with our own pid that this process does not hold is an earlier process', () => {
  const path = join(directory, 'same-pid');
  writeFileSync(path, JSON.stringify({ pid: process.pid, token: 'of an earlier container' }));
  const lock = takeLock(path);
  assert.equal(lock.stalePid, process.pid);
  lock.release();
});

test('a pid that was given to another program since does not hold the lock', {
  skip: process.platform !== 'linux',
}, () => {
  const path = join(directory, 'reused');
  writeFileSync(path, JSON.stringify({ pid: process.ppid, token: 't', startTicks: '1', bootId: 'b' }));
  takeLock(path).release();
});

test('a lock file that is no lock is taken over', () => {
  const path = join(directory, 'garbage');
  writeFileSync(path, 'garb');
  const lock = takeLock(path);
  assert.equal(JSON.parse(readFileSync(path, 'utf8')).pid, process.pid);
  lock.release();
});
