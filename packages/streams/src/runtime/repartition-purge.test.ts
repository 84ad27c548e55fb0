import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { RepartitionPurge } from './repartition-purge.ts';
import type { RunningTask } from './running-task.ts';

const topic = 'app-by-word-repartition';

function running(partition: number, committed: Record<string, number>) {
  const topology = { plan: { repartitionTopics: new Map([[topic, {}]]) } };
  return { committed: new Map(Object.entries(committed)), task: { partition }, topology } as unknown as RunningTask;
}

test('what was committed of repartition topics is taken away, once, one request at a time and not too often', async () => {
  const asked: unknown[] = [];
  const answers: PromiseWithResolvers<Record<string, Record<number, number>>>[] = [];
  const warnings: string[] = [];
  let nowMs = 0;
  const purge = new RepartitionPurge({
    client: {
      deleteRecords: (before) => {
        asked.push(before);
        answers.push(Promise.withResolvers());
        return answers.at(-1)!.promise;
      },
    },
    logger: { ...silentLogger, warn: (_fields: unknown, message?: string) => void warnings.push(message ?? '') },
    intervalMs: 100,
    now: () => nowMs,
  });
  const tasks = [running(0, { [topic]: 5, words: 9 }), running(1, { [topic]: 3 }), running(2, { words: 4 })];
  purge.committed(tasks);
  assert.deepEqual(asked, [], 'not before the interval is over');
  nowMs = 100;
  purge.committed(tasks);
  assert.deepEqual(asked, [{ [topic]: { 0: 5, 1: 3 } }]);
  nowMs = 200;
  purge.committed([running(0, { [topic]: 6 })]);
  assert.equal(asked.length, 1, 'not while one is under way');
  answers[0]!.reject(new Error('no'));
  await new Promise(setImmediate);
  purge.committed(tasks);
  assert.deepEqual(asked[1], { [topic]: { 0: 5, 1: 3 } }, 'again after a failure');
  answers[1]!.resolve({});
  await new Promise(setImmediate);
  nowMs = 300;
  purge.committed([running(0, { [topic]: 8 }), tasks[1]!]);
  assert.deepEqual(asked[2], { [topic]: { 0: 8 } }, 'only what is new');
  answers[2]!.resolve({});
  assert.equal(warnings.length, 1);
  await purge.close();
  await purge.close();
  nowMs = 400;
  purge.committed([running(0, { [topic]: 9 })]);
  assert.equal(asked.length, 3);
});
