import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brokerConfigTable } from '../src/config/broker-config.ts';
import { handlers } from '../src/handlers/index.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8');

test('the example of the README is the one that runs', () => {
  const [, example] = /```ts\n(import assert[\s\S]*?)```/.exec(read('README.md'))!;
  assert.equal(example, read('test/example.test.ts'));
});

test('COMPATIBILITY.md lists each API that is served with its versions', () => {
  const text = read('COMPATIBILITY.md');
  const listed = [...text.matchAll(/^\| (\d+) \| \w+ \| (\d+)(?:-(\d+))? \|/gm)].map(([, key, min, max]) => [
    Number(key),
    Number(min),
    Number(max ?? min),
  ]);
  assert.deepEqual(
    listed,
    handlers.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
  );
});

test('the README lists the settings of the broker with their defaults', () => {
  const text = read('README.md');
  for (const [name, definition] of Object.entries(brokerConfigTable)) {
    assert.ok(text.includes(`| \`${name}\` | ${definition.default === '' ? 'empty' : definition.default} |`), name);
  }
});
