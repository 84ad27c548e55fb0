import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubtopologyPlan } from '../topology/topology-plan.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { RunningTask } from './running-task.ts';
import { Turns } from './turns.ts';

/** A task of which only that is there which `Turns` looks at. */
function fakeTask(plan: SubtopologyPlan, repartitionTopics: ReadonlySet<string> = new Set()) {
  const queue = {} as PartitionQueue;
  const task = {
    plan,
    queues: new Map([['in', queue]]),
    times: [] as number[],
    isPaused: false,
    isStarved: false,
    nextTimestamp: () => task.times[0] ?? Number.POSITIVE_INFINITY,
    get isDrained() {
      return task.times.length === 0;
    },
  };
  const running = { task, topology: { plan: { repartitionTopics }, isPaused: false }, isEnding: false };
  return { queue, task, running: running as unknown as RunningTask };
}

const planOf = (...sinks: string[]) =>
  ({ nodes: sinks.map((topic) => ({ kind: 'sink', topic })) }) as unknown as SubtopologyPlan;

test('the oldest record of a subtopology goes first, and subtopologies take turns', () => {
  const turns = new Turns();
  const [one, other] = [planOf('out'), planOf('out')];
  const [a, b, c] = [fakeTask(one), fakeTask(one), fakeTask(other)];
  for (const each of [a, b, c]) turns.add(each.running);
  assert.equal(turns.next(), null);
  a.task.times = [10, 40];
  b.task.times = [20];
  c.task.times = [99];
  for (const each of [a, b, c]) turns.gotInput(each.queue);
  const order = [];
  for (let next = turns.next(); next !== null; next = turns.next()) {
    const found = [a, b, c].find(({ running }) => running === next)!;
    order.push(found.task.times.shift());
  }
  assert.deepEqual(order, [10, 99, 20, 40]);
  assert.equal(turns.hasReady, false);
});

test('before a repartition topic none runs ahead of one whose input is on its way', () => {
  const turns = new Turns();
  const plan = planOf('app-by-user-repartition');
  const internal = new Set(['app-by-user-repartition']);
  const [a, b] = [fakeTask(plan, internal), fakeTask(plan, internal)];
  turns.add(a.running);
  turns.add(b.running);
  a.task.times = [10];
  b.task.isStarved = true;
  turns.gotInput(a.queue);
  assert.equal(turns.next(), null);
  assert.equal(turns.hasReady, true);
  b.task.isStarved = false;
  assert.equal(turns.next(), a.running);
  b.task.isStarved = true;
  turns.remove(b.running);
  assert.equal(turns.next(), a.running);
  turns.remove(a.running);
  assert.equal(turns.next(), null);
});

test('before a repartition topic a turn ends where the next oldest record is', () => {
  const turns = new Turns();
  const [ordered, free] = [planOf('app-by-user-repartition'), planOf('out')];
  const internal = new Set(['app-by-user-repartition']);
  const [a, b, c] = [fakeTask(ordered, internal), fakeTask(ordered, internal), fakeTask(ordered, internal)];
  const [d, e] = [fakeTask(free), fakeTask(free)];
  const times = [3_000, 1_000, 2_000, 10, 20];
  for (const [at, each] of [a, b, c, d, e].entries()) {
    turns.add(each.running);
    each.task.times = [times[at]!];
    turns.gotInput(each.queue);
  }
  assert.equal(turns.next(), b.running);
  assert.equal(turns.turnEndMs, 2_100);
  assert.equal(turns.next(), d.running);
  assert.equal(turns.turnEndMs, Number.POSITIVE_INFINITY);
});
