import assert from 'node:assert/strict';
import { test } from 'node:test';
import { query, sync } from '../protocol/frontend-messages.ts';
import { MessageSplitter } from '../protocol/message-splitter.ts';
import { optionSettings } from '../protocol/startup-message.ts';
import { customSettings, databaseCommand, listens } from './sql-text.ts';

test('statements that are not PostgreSQL’s alone are found in their text', () => {
  assert.deepEqual(listens('LISTEN news; UNLISTEN *; listen "Two words"'), [
    { isOn: true, channel: 'news' },
    { isOn: false, channel: '*' },
    { isOn: true, channel: 'Two words' },
  ]);
  assert.deepEqual(customSettings("SET app.tenant = 'a'; SELECT set_config('app.user', 'b', false)"), [
    'app.tenant',
    'app.user',
  ]);
  assert.deepEqual(databaseCommand('drop database if exists "My-Own" with (force);'), {
    kind: 'drop',
    name: 'My-Own',
    isIfExists: true,
    isForced: true,
  });
  assert.equal(databaseCommand('SELECT 1'), null);
});

test('options of a StartupMessage are settings', () => {
  assert.deepEqual(optionSettings('-c search_path=a\\ b --statement-timeout=5'), [
    ['search_path', 'a b'],
    ['statement_timeout', '5'],
  ]);
});

test('messages are cut from any pieces, and too large ones are refused', () => {
  const bytes = Buffer.concat([query('SELECT 1'), sync, query('SELECT 2')]);
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new MessageSplitter(100);
    const types: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      splitter.push(bytes.subarray(at, at + size), (type) => types.push(String.fromCharCode(type)));
    }
    assert.deepEqual(types, ['Q', 'S', 'Q'], `pieces of ${size}`);
  }
  assert.throws(() => new MessageSplitter(10).push(query('SELECT 1'), () => {}), RangeError);
});
