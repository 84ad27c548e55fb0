import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Serde } from '../serdes/serde.ts';
import { PreparedRestore } from './prepared-restore.ts';

const text: Serde<unknown> = { encode: String, decode: (data, start, end) => data.toString('utf8', start, end) };

function restoreWith(valueSerde: Serde<unknown>) {
  const rows: string[] = [];
  const failures: unknown[] = [];
  const restore = new PreparedRestore({
    store: { restore: (key, value) => void rows.push(`${key}=${value}`) },
    keySerde: text,
    valueSerde,
    topic: 't',
    onFailed: (error) => failures.push(error),
    onError: (error) => failures.push(error),
  });
  return { rows, failures, restore };
}

test('rows go on at once where nothing has to be asked for', () => {
  const { restore, rows } = restoreWith(text);
  restore.restore(Buffer.from('a'), Buffer.from('1'), 0);
  restore.restore(Buffer.from('a'), null, 0);
  assert.deepEqual(rows, ['a=1', 'a=null']);
  assert.equal(restore.settled(), undefined);
});

test('rows wait for what their serde has to ask for, and keep their order', async () => {
  const asked = Promise.withResolvers<void>();
  let isKnown = false;
  const { restore, rows } = restoreWith({
    ...text,
    prepare: (data, start, end) => (isKnown || data.toString('utf8', start, end) !== 'new' ? undefined : asked.promise),
  });
  restore.restore(Buffer.from('a'), Buffer.from('old'), 0);
  const lent = Buffer.from('new');
  restore.restore(Buffer.from('a'), lent, 1);
  lent.fill('x');
  restore.restore(Buffer.from('a'), null, 2);
  assert.deepEqual(rows, ['a=old']);
  isKnown = true;
  asked.resolve();
  await restore.settled();
  assert.deepEqual(rows, ['a=old', 'a=new', 'a=null']);
  restore.restore(Buffer.from('b'), Buffer.from('new'), 3);
  assert.equal(rows.length, 4);
});

test('nothing goes on behind the end', async () => {
  const { restore, rows } = restoreWith({ ...text, prepare: () => Promise.resolve() });
  restore.restore(Buffer.from('a'), Buffer.from('1'), 0);
  restore.close();
  await restore.settled();
  assert.deepEqual(rows, []);
});
