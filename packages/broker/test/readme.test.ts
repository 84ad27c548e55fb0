import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { startBroker } from '../index.ts';
import { brokerConfigTable } from '../src/config/broker-config.ts';
import { handlers } from '../src/handlers/index.ts';
import { testBroker } from './fixtures.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8');

test('the example of the README is the one that runs', () => {
  const [, example] = /```ts\n(import assert[\s\S]*?)```/.exec(read('README.md'))!;
  assert.equal(example, read('test/example.test.ts'));
});

/** Strips types from a function's body that may wait. */
function runnable(code: string): (...given: unknown[]) => Promise<void> {
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const names = ['broker', 'startBroker', 'assert', 'kafka', 'producer', 'admin'];
  return new AsyncFunction(
    ...names,
    stripTypeScriptTypes(`async () => {${code}}`).slice('async () => {'.length, -1),
  ) as never;
}

const controls = /^## In tests\n([\s\S]*?)^## /m.exec(read('README.md'))![1]!;
for (const { 1: code, index } of controls.matchAll(/```ts\n([\s\S]*?)```/g)) {
  const title = [...controls.slice(0, index).matchAll(/^\*\*([^*]+)\*\*/gm)].at(-1)![1];
  test(`the README, in tests: ${title}`, async (t) => {
    const { broker } = await testBroker(t);
    const kafka = new Kafka({
      brokers: [broker.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 20 },
    });
    const [producer, admin] = [kafka.producer(), kafka.admin()];
    await Promise.all([producer.connect(), admin.connect()]);
    t.after(() => Promise.all([producer.disconnect(), admin.disconnect()]));
    await admin.createTopics({ topics: [{ topic: 'orders' }], waitForLeaders: true });
    await runnable(code!)(broker, startBroker, assert, kafka, producer, admin);
  });
}

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
