import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashBook } from '../board/crash-book.ts';
import type { CrashRecord, StatusRecord } from '../events/records.ts';
import { InstanceWatch } from './instance-watch.ts';

function watchOf(memory?: { crashes: CrashRecord[]; last: StatusRecord }) {
  const statuses: StatusRecord[] = [];
  const crashes: CrashRecord[] = [];
  const told = new CrashBook();
  for (const crash of memory?.crashes ?? []) told.add('orders', 'o-1', crash);
  const watch = new InstanceWatch(
    {
      service: 'orders',
      instance: 'o-1',
      address: 'http://127.0.0.1:1',
      source: 'discovery',
      crawler: 'test',
      isToldCrash: (run, nowMs) => told.has('orders', 'o-1', run, nowMs),
      ...(memory && {
        memory: {
          status: memory.last.status,
          sinceMs: memory.last.timestampMs,
          reason: memory.last.reason,
          run: memory.last.details.run,
        },
      }),
    },
    {
      status: (record) => statuses.push(record),
      crash: (record) => {
        told.add('orders', 'o-1', record);
        crashes.push(record);
      },
    },
  );
  return {
    watch,
    statuses,
    crashes,
    changes: () => statuses.filter(({ isHeartbeat }) => !isHeartbeat).map(({ status }) => status),
  };
}

const exit = {
  pid: 7,
  exitCode: null,
  signal: 'SIGKILL',
  uptimeMs: 5,
  restarts: 0,
  lastLines: ['boom'],
  isExpected: false,
};

test('an exit, two refused looks, an expired lease and the restart are one crash', () => {
  const { changes, crashes, watch } = watchOf();
  watch.listed(0, 'UP', { pid: 7, startedMs: 1_000_000 });
  watch.answered(100, 'UP', 'answers 200', 1);
  assert.equal(watch.failed(1_000, 'refused', 'connection refused', 1), false);
  watch.exited(1_100, exit);
  assert.equal(watch.failed(1_300, 'refused', 'connection refused', 1), false);
  watch.gone(1_350, 'connection refused');
  watch.left(16_000, 'expired');
  watch.listed(17_000, 'UP', { pid: 8, startedMs: 2_000_000 });
  watch.answered(17_100, 'UP', 'answers 200', 1);
  assert.deepEqual(
    crashes.map(({ kind, lastLines, pid, signal }) => ({ kind, pid, signal, lastLines })),
    [{ kind: 'exit', pid: 7, signal: 'SIGKILL', lastLines: ['boom'] }],
  );
  assert.deepEqual([...new Set(changes())], ['UP', 'DOWN']);
  assert.equal(watch.isFlapping(17_200), false);
  watch.exited(18_000, exit);
  assert.equal(crashes.length, 1, 'late news of the same end');
  watch.exited(19_000, { ...exit, pid: 8 });
  assert.equal(crashes.length, 2, 'the next process');
});

test('the lease of a dead process says nothing of the one that its supervisor has started since', () => {
  const { crashes, watch } = watchOf();
  watch.listed(0, 'UP', { pid: 7, startedMs: 1_000_000 });
  watch.answered(100, 'UP', '', 1);
  watch.exited(1_000, exit);
  watch.started(1_300, 8, 1_001_300);
  for (const atMs of [1_400, 2_000, 9_000]) assert.equal(watch.failed(atMs, 'refused', 'connection refused', 1), false);
  watch.left(16_000, 'expired');
  assert.equal(watch.status, 'STARTING');
  watch.listed(20_000, 'UP', { pid: 8, startedMs: 1_015_000 });
  watch.answered(20_100, 'UP', '', 1);
  assert.equal(crashes.length, 1);
  watch.exited(30_000, { ...exit, pid: 8 });
  assert.equal(crashes.length, 2);
});

test('leaving discovery, saying so, or ending as asked is no crash', () => {
  const left = watchOf();
  left.watch.listed(0, 'UP', { pid: 7, startedMs: 1 });
  left.watch.answered(100, 'UP', '', 1);
  left.watch.failed(900, 'refused', 'connection refused', 1);
  left.watch.left(950, 'cancelled');
  left.watch.listed(3_000, 'UP', { pid: 8, startedMs: 90_000 });
  left.watch.answered(3_100, 'UP', '', 1);

  const said = watchOf();
  said.watch.answered(0, 'UP', '', 1);
  said.watch.answered(1_000, 'OUT_OF_SERVICE', 'says OUT_OF_SERVICE', 1);
  said.watch.failed(2_000, 'refused', 'connection refused', 1);
  said.watch.failed(3_000, 'refused', 'connection refused', 1);

  const asked = watchOf();
  asked.watch.started(0, 7, 0);
  asked.watch.answered(100, 'UP', '', 1);
  asked.watch.exited(1_000, { ...exit, signal: null, exitCode: 0 });
  asked.watch.failed(1_100, 'refused', 'connection refused', 1);
  asked.watch.failed(1_200, 'refused', 'connection refused', 1);
  for (const each of [left, said, asked]) {
    assert.equal(each.crashes.length, 0);
    assert.ok(each.changes().includes('OUT_OF_SERVICE'));
  }
});

test('what was taken for dead and answers again can crash again; a hang that ends in time is none', () => {
  const { changes, crashes, watch } = watchOf();
  watch.answered(0, 'UP', '', 1);
  watch.identified(1, { pid: 7, startedMs: 1 });
  assert.equal(watch.failed(3_000, 'silent', 'no answer within 2000 ms', 2_000), false);
  assert.equal(watch.status, 'UP', 'one late answer is no trouble yet');
  assert.equal(watch.failed(6_000, 'silent', 'no answer within 2000 ms', 2_000), false);
  watch.answered(7_000, 'UP', '', 1);
  assert.deepEqual(changes(), ['UP', 'DOWN', 'UP']);
  assert.equal(crashes.length, 0);
  for (const atMs of [8_000, 11_000, 14_000]) watch.failed(atMs, 'silent', 'no answer', 2_000);
  assert.equal(watch.failed(18_500, 'silent', 'no answer', 2_000), true);
  watch.gone(18_500, 'no answer');
  assert.deepEqual(
    crashes.map(({ kind }) => kind),
    ['heartbeat'],
  );
  watch.answered(30_000, 'UP', '', 1);
  watch.identified(30_001, { pid: 7, startedMs: 1 });
  assert.equal(crashes.length, 1);
  watch.exited(31_000, exit);
  assert.equal(crashes.length, 2, 'it came back, and then ended');
});

test('a restart between two looks is a crash; also while the crawler was down, and only once', () => {
  const before = watchOf();
  before.watch.answered(0, 'UP', '', 1);
  before.watch.identified(1, { startedMs: 1_000_000 });
  before.watch.heartbeat(60_000);
  const memory = { crashes: before.crashes, last: before.statuses.at(-1)! };
  const after = watchOf(memory);
  after.watch.answered(120_000, 'UP', '', 1);
  after.watch.identified(120_001, { startedMs: 1_000_000 });
  assert.equal(after.crashes.length, 0, 'the same process');
  const again = watchOf(memory);
  again.watch.answered(120_000, 'UP', '', 1);
  again.watch.identified(120_001, { startedMs: 1_090_000 });
  assert.deepEqual(
    again.crashes.map(({ kind }) => kind),
    ['restart'],
  );
  // Killed before its status was on the log: the crash record is there, the status is the one from before.
  const third = watchOf({ crashes: again.crashes, last: memory.last });
  third.watch.answered(130_000, 'UP', '', 1);
  third.watch.identified(130_001, { startedMs: 1_090_000 });
  assert.equal(third.crashes.length, 0);
});

test('flapping has two thresholds, and crashes are none of it', () => {
  const { crashes, statuses, watch } = watchOf();
  let nowMs = 0;
  watch.answered(nowMs, 'UP', '', 1);
  for (let i = 0; i < 6; i += 1) watch.answered((nowMs += 10_000), i % 2 === 0 ? 'DOWN' : 'UP', '', 1);
  assert.equal(watch.isFlapping(nowMs), true);
  assert.equal(statuses.at(-1)!.isFlapping, true);
  assert.equal(watch.isFlapping(nowMs + 250_000), true, 'between the thresholds it stays');
  assert.equal(watch.isFlapping(nowMs + 300_000), false);
  assert.equal(crashes.length, 0);

  const crashing = watchOf();
  for (let pid = 1; pid < 10; pid += 1) {
    crashing.watch.started(pid * 1_000, pid, pid * 100_000);
    crashing.watch.answered(pid * 1_000 + 500, 'UP', '', 1);
    crashing.watch.exited(pid * 1_000 + 900, { ...exit, pid });
  }
  assert.equal(crashing.crashes.length, 9);
  assert.equal(crashing.watch.isFlapping(10_000), false);
});
