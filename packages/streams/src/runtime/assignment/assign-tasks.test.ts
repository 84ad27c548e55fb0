import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignTasks, type Instance } from './assign-tasks.ts';

const instance = (memberId: string, owned: string[] = [], lags: [string, number][] = []): Instance => ({
  memberId,
  owned,
  stateLags: new Map(lags),
});

function active(assigned: ReturnType<typeof assignTasks>): Record<string, readonly string[]> {
  return Object.fromEntries(Array.from(assigned, ([memberId, { active: list }]) => [memberId, list]));
}

test('tasks are shared out evenly', () => {
  const assigned = active(assignTasks(['0_0', '0_1', '0_2', '1_0', '1_1'], [instance('a'), instance('b')]));
  assert.equal(assigned['a']!.length, 3);
  assert.equal(assigned['b']!.length, 2);
  assert.deepEqual([...assigned['a']!, ...assigned['b']!].sort(), ['0_0', '0_1', '0_2', '1_0', '1_1']);
});

test('what moves is given to nobody before its owner has let it go', () => {
  const all = ['0_0', '0_1', '0_2', '0_3'];
  const first = active(assignTasks(all, [instance('a', all), instance('b')]));
  assert.deepEqual(first, { a: ['0_0', '0_1'], b: [] });
  const second = active(assignTasks(all, [instance('a', [...first['a']!]), instance('b')]));
  assert.deepEqual(second, { a: ['0_0', '0_1'], b: ['0_2', '0_3'] });
});

test('a task goes where its state is the newest', () => {
  const instances = [instance('a', [], [['0_0', 900]]), instance('b', [], [['0_0', 5]]), instance('c')];
  assert.deepEqual(active(assignTasks(['0_0'], instances))['b'], ['0_0']);
});

test('nothing moves when an instance comes back to an even share', () => {
  const assigned = active(assignTasks(['0_0', '0_1', '0_2'], [instance('a', ['0_1']), instance('b', ['0_0', '0_2'])]));
  assert.deepEqual(assigned, { a: ['0_1'], b: ['0_0', '0_2'] });
});

test('what two claim is given to nobody before both have let it go', () => {
  const first = active(assignTasks(['0_0'], [instance('a', ['0_0']), instance('b', ['0_0']), instance('c')]));
  assert.deepEqual(first, { a: [], b: [], c: [] });
  const second = active(assignTasks(['0_0'], [instance('a'), instance('b'), instance('c')]));
  assert.equal(Object.values(second).flat().length, 1);
});

test('standbys are kept beside active tasks, stay where they are, and are preferred when an instance is gone', () => {
  const tasks = ['0_0', '0_1', '0_2'];
  const options = { replicas: 1, stateful: new Set(tasks) };
  const owned = { a: ['0_0'], b: ['0_1'], c: ['0_2'] };
  const first = assignTasks(
    tasks,
    Object.entries(owned).map(([id, list]) => instance(id, list)),
    options,
  );
  const standby = new Map(Array.from(first, ([id, { standby: list }]) => [id, list] as const));
  assert.deepEqual([...standby.values()].flat().sort(), tasks);
  for (const [id, { active: list, standby: kept }] of first) {
    assert.deepEqual(list, owned[id as keyof typeof owned]);
    assert.ok(!kept.some((task) => list.includes(task)), 'not beside itself');
  }
  const again = assignTasks(
    tasks,
    Object.entries(owned).map(([id, list]) =>
      instance(
        id,
        list,
        standby.get(id)!.map((task) => [task, 3]),
      ),
    ),
    options,
  );
  assert.deepEqual(new Map(Array.from(again, ([id, { standby: list }]) => [id, list])), standby);
  // `c` dies: its task goes to who has kept its state.
  const keeper = [...standby].find(([id, list]) => id !== 'c' && list.includes('0_2'))![0];
  const left = assignTasks(
    tasks,
    ['b', 'a'].map((id) =>
      instance(
        id,
        owned[id as 'a'],
        standby.get(id)!.map((task) => [task, 3]),
      ),
    ),
    options,
  );
  assert.ok(left.get(keeper)!.active.includes('0_2'));
});

test('who is to have a task keeps its state until it is let go', () => {
  const tasks = ['0_0', '0_1'];
  const assigned = assignTasks(tasks, [instance('a', tasks), instance('b')], { replicas: 1, stateful: new Set(tasks) });
  assert.deepEqual(assigned.get('a')!.active, ['0_0']);
  assert.deepEqual(assigned.get('b')!.active, []);
  assert.ok(assigned.get('b')!.standby.includes('0_1'));
});
