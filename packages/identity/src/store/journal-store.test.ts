import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { JournalStore } from './journal-store.ts';
import { MemoryStore } from './memory-store.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-identity-'));
after(() => rmSync(dir, { recursive: true, force: true }));

function open(name: string, now?: () => number): JournalStore {
  return new JournalStore(join(dir, name), silentLogger, now);
}

test('what was written is there again; what was deleted, over, or passing is not', async () => {
  const store = open('kept');
  store.put('User', 'a', { name: 'ada' });
  store.put('User', 'a', { name: 'Ada' });
  store.put('User', 'b', { name: 'bob' });
  store.delete('User', 'b');
  store.put('RefreshToken', 't', { grantId: 'g' }, Date.now() + 60_000);
  store.put('RefreshToken', 'old', {}, Date.now() - 1);
  store.put('Interaction', 'i', {});
  await store.close();
  await store.close();
  const again = open('kept');
  assert.deepEqual([...again.entries('User')], [['a', { name: 'Ada' }]]);
  assert.deepEqual(again.get('RefreshToken', 't'), { grantId: 'g' });
  assert.equal(again.get('RefreshToken', 'old'), undefined);
  assert.equal(again.get('Interaction', 'i'), undefined);
  await again.close();
});

test('a line that a crash tore is cut off, and writing goes on behind it', async () => {
  const store = open('torn');
  store.put('User', 'a', 1);
  await store.close();
  appendFileSync(join(dir, 'torn', 'journal.jsonl'), '["User","b",{"hal');
  const again = open('torn');
  assert.equal(again.get('User', 'b'), undefined);
  again.put('User', 'c', 3);
  await again.close();
  const third = open('torn');
  assert.deepEqual(
    [...third.entries('User')].map(([id]) => id),
    ['a', 'c'],
  );
  await third.close();
});

test('a damaged line in the middle is told, not skipped', async () => {
  const store = open('damaged');
  store.put('User', 'a', 1);
  await store.close();
  appendFileSync(join(dir, 'damaged', 'journal.jsonl'), 'not json\n["User","b",2,0]\n');
  assert.throws(() => open('damaged'), { code: 'HW_IDENTITY_STORE', message: /line 2/ });
});

test('the journal is made small again beside the running work, and nothing is lost', async () => {
  const store = open('large');
  const filler = 'x'.repeat(2_000);
  for (let index = 0; index < 6_000; index++) store.put('Grant', `g-${index % 100}`, { index, filler });
  await store.close();
  assert.ok(statSync(join(dir, 'large', 'journal.jsonl')).size < 9 * 1024 * 1024);
  const again = open('large');
  assert.equal(again.count('Grant'), 100);
  for (const [id, value] of again.entries('Grant')) {
    assert.equal((value as { index: number }).index, 5_900 + Number(id.slice(2)));
  }
  await again.close();
});

test('only the owner can read the files', { skip: process.platform === 'win32' }, async () => {
  const store = open('mode');
  store.put('Key', 'k', 'private');
  await store.close();
  assert.equal(statSync(join(dir, 'mode')).mode & 0o077, 0);
  assert.equal(statSync(join(dir, 'mode', 'journal.jsonl')).mode & 0o077, 0);
  assert.match(readFileSync(join(dir, 'mode', 'journal.jsonl'), 'utf8'), /private/);
});

test('what strangers can make is bounded: the oldest give way', async () => {
  const store = new MemoryStore();
  for (let index = 0; index < 20_005; index++) store.put('Interaction', String(index), index, Date.now() + 60_000);
  assert.ok(store.count('Interaction') <= 20_000);
  assert.equal(store.get('Interaction', '20004'), 20_004);
  assert.equal(store.get('Interaction', '4'), undefined);
  await store.close();
});
