import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RecordContext } from '../../processor/record-context.ts';
import { serdes } from '../../serdes/index.ts';
import type { KeyValueStore } from '../key-value-store.ts';
import { MemoryKeyValueStore } from '../memory-key-value-store.ts';
import { MemorySessionStore } from '../memory-session-store.ts';
import { MemoryWindowStore } from '../memory-window-store.ts';
import type { ChangelogSink } from '../state-store.ts';
import { DiskKeyValueStore } from './disk-key-value-store.ts';
import { DiskSessionStore } from './disk-session-store.ts';
import type { DiskStore } from './disk-store.ts';
import { DiskWindowStore } from './disk-window-store.ts';
import { nodeFiles, type StateFiles } from './state-files.ts';
import { StateMemory } from './state-memory.ts';

const texts = { key: serdes.string, value: serdes.string };
const context = { changelogTopic: 't', isLogged: true };
let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'disk-stores-'));
});
after(() => rmSync(dir, { recursive: true, force: true }));

/** Deterministic numbers below `max`. */
function randomOf(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
}

/** Every commit writes a run, so that a few rows make many. */
const smallMemory = () => new StateMemory({ bytes: 256 * 1024, flushIntervalMs: 0, openFilesMax: 2 });

/** The system's files until the process that writes them is killed. */
function killableFiles() {
  let isKilled = false;
  const living = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      if (isKilled) throw new Error('the process was killed');
      return call(...args);
    };
  };
  const files: StateFiles = {
    makeDirectory: living(nodeFiles.makeDirectory),
    list: nodeFiles.list,
    read: nodeFiles.read,
    replace: living(nodeFiles.replace),
    remove: living(nodeFiles.remove),
    create: living((path: string) => {
      const file = nodeFiles.create(path);
      return { write: living((data: Buffer) => file.write(data)), close: () => file.close() };
    }),
    open: nodeFiles.open,
  };
  return {
    files,
    kill() {
      isKilled = true;
    },
  };
}

function opened<S extends DiskStore>(store: S, name: string): S {
  store.open(context);
  store.table.open(join(dir, name), name);
  return store;
}

/** As a commit does it; what the changelog gets. */
function commit(store: DiskStore, nextOffset: number): string[] {
  const written: string[] = [];
  const sink: ChangelogSink = {
    append: (key, value, timestamp) => written.push(`${hex(key)} ${value === null ? null : hex(value)} ${timestamp}`),
  };
  store.drainChanges(sink);
  store.table.committed(nextOffset);
  return written.sort();
}

const hex = (bytes: string | Uint8Array) => Buffer.from(bytes as string).toString('hex');

/** Until nothing is done in the background any more. */
async function settled(memory: StateMemory): Promise<void> {
  while (memory.isBusy) await new Promise((resolve) => setImmediate(resolve));
}

/** As `commit`, of a store in memory. */
function drained(store: { drainChanges(sink: ChangelogSink): void }): string[] {
  const written: string[] = [];
  store.drainChanges({
    append: (key, value, timestamp) => written.push(`${hex(key)} ${value === null ? null : hex(value)} ${timestamp}`),
  });
  return written.sort();
}

const rowsOf = <K, V>(store: Pick<KeyValueStore<K, V>, 'range'>, from: K | null, to: K | null) =>
  Array.from(store.range(from, to), ({ key, timestamp, value }) => `${key}=${value}@${timestamp}`);

test('rows on the disk are those of a store in memory, over commits, restarts and kills', async () => {
  const seed = Number(process.env['HEADWATER_SEED'] ?? 20_261_122);
  const random = randomOf(seed);
  const expected = new MemoryKeyValueStore<string, string>('s', texts);
  expected.open(context);
  expected.trackUpdates(new RecordContext());
  let disk = killableFiles();
  const newMemory = () =>
    new StateMemory({ bytes: 256 * 1024, flushIntervalMs: 0, openFilesMax: 2, files: disk.files });
  let memory = newMemory();
  let store = opened(new DiskKeyValueStore<string, string>('s', texts, memory), 'kv');
  store.trackUpdates(new RecordContext());
  const keyOf = () => `${['a', 'ä', 'aa', 'z€'][random(4)]}${random(300)}`;
  let committed = new Map<string, string>();
  let committedOffset = -1;
  for (let round = 1; round <= 70; round++) {
    for (let writes = random(60); writes > 0; writes--) {
      const key = keyOf();
      const value = random(5) === 0 ? null : `v${random(100_000)}${'x'.repeat(random(60))}`;
      assert.equal(store.get(key), expected.get(key), `seed ${seed}, round ${round}, ${key}`);
      expected.put(key, value, round);
      store.put(key, value, round);
    }
    const sent: string[][] = [[], []];
    for (const [index, each] of [expected, store].entries()) {
      each.takeUpdates((key, value, former) => sent[index]!.push(`${key} ${former} ${value}`));
    }
    assert.deepEqual(sent[1]!.sort(), sent[0]!.sort(), `seed ${seed}, round ${round}`);
    assert.deepEqual(commit(store, round * 10), drained(expected), `seed ${seed}, round ${round}`);
    if (random(3) === 0) await settled(memory);
    const [from, to] = [random(2) === 0 ? null : keyOf(), random(2) === 0 ? null : keyOf()];
    assert.deepEqual(rowsOf(store, from, to), rowsOf(expected, from, to), `seed ${seed}, round ${round}`);
    if (random(12) !== 0) continue;
    const isKilled = random(2) === 0;
    if (!isKilled) {
      committed = new Map(Array.from(expected.all(), ({ key, value }) => [key, value]));
      committedOffset = round * 10;
      store.close();
    }
    disk.kill();
    disk = killableFiles();
    memory = newMemory();
    const again = opened(new DiskKeyValueStore<string, string>('s', texts, memory), 'kv');
    again.trackUpdates(new RecordContext());
    const offset = again.table.nextOffset;
    assert.ok(offset >= committedOffset && offset <= round * 10, `seed ${seed}, round ${round}: ${offset}`);
    if (!isKilled) {
      assert.equal(offset, round * 10);
      assert.deepEqual(
        rowsOf(again, null, null),
        rowsOf(expected, null, null),
        `seed ${seed}, round ${round}, ${committed.size} rows`,
      );
    }
    // What came after the offset comes from the changelog: here, all of it once more.
    if (offset < round * 10) {
      for (const { key } of Array.from(again.all())) again.restore(Buffer.from(key), null, 0);
      for (const { key, timestamp, value } of expected.all()) {
        again.restore(Buffer.from(key), Buffer.from(value), timestamp);
      }
      await again.table.restored(round * 10);
    }
    store = again;
  }
  assert.ok(store.table.runsCount < 12, `${store.table.runsCount} runs`);
  store.close();
  store.close();
});

test('what is not committed is never on the disk', async () => {
  const memory = smallMemory();
  const store = opened(new DiskKeyValueStore<string, string>('s', texts, memory), 'uncommitted');
  store.put('a', '1', 1);
  commit(store, 1);
  await settled(memory);
  store.put('a', '2', 2);
  store.put('b', '2', 2);
  store.drainChanges({ append: () => {} });
  await settled(memory);
  // Killed in the middle of the commit, and closed in an orderly way after it has failed.
  const killed = opened(new DiskKeyValueStore<string, string>('s', texts, smallMemory()), 'uncommitted');
  assert.deepEqual(rowsOf(killed, null, null), ['a=1@1']);
  assert.equal(killed.table.nextOffset, 1);
  killed.close();
  store.close();
  const closed = opened(new DiskKeyValueStore<string, string>('s', texts, smallMemory()), 'uncommitted');
  assert.deepEqual(rowsOf(closed, null, null), ['a=1@1']);
  closed.close();
});

test('windows on the disk are those of a store in memory, retention included', async () => {
  const seed = Number(process.env['HEADWATER_SEED'] ?? 20_261_123);
  const random = randomOf(seed);
  const retentionMs = 2_000;
  const expected = new MemoryWindowStore<string, string>('s', texts, retentionMs);
  expected.open(context);
  const memory = smallMemory();
  let store = opened(new DiskWindowStore<string, string>('s', texts, retentionMs, memory), 'windows');
  let nowMs = 10_000;
  for (let round = 1; round <= 90; round++) {
    nowMs += random(150);
    for (let writes = random(40); writes > 0; writes--) {
      const key = `${'k'.repeat(1 + random(3))}${random(8)}`;
      const startMs = Math.max(0, nowMs - random(3_000));
      const value = random(8) === 0 ? null : `v${random(1000)}`;
      const isTaken = expected.put(key, startMs, value, nowMs);
      assert.equal(store.put(key, startMs, value, nowMs), isTaken, `seed ${seed}, round ${round}`);
    }
    assert.deepEqual(commit(store, round), drained(expected), `seed ${seed}, round ${round}`);
    if (random(3) === 0) await settled(memory);
    if (random(20) === 0) {
      store.close();
      store = opened(new DiskWindowStore<string, string>('s', texts, retentionMs, memory), 'windows');
    }
    const oldestMs = store.table.newestMs - retentionMs;
    const key = `${'k'.repeat(1 + random(3))}${random(8)}`;
    const [from, to] = [oldestMs + random(2_000), nowMs - random(1_000)];
    const text = (rows: Iterable<{ key: string; startMs: number; value: string; timestamp: number }>) =>
      Array.from(rows, (row) => `${row.key} ${row.startMs} ${row.value} ${row.timestamp}`);
    assert.deepEqual(text(store.fetchRange(key, from, to)), text(expected.fetchRange(key, from, to)), `seed ${seed}`);
    const all = text(store.fetchAll(from, to));
    assert.deepEqual([...all].sort(), text(expected.fetchAll(from, to)).sort(), `seed ${seed}, round ${round}`);
    const starts = all.map((row) => Number(row.split(' ')[1]));
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
    );
  }
  await settled(memory);
  assert.ok(store.table.count < 6_000, `${store.table.count} rows: old ones are let go`);
  store.close();
});

test('sessions on the disk are those of a store in memory', async () => {
  const seed = Number(process.env['HEADWATER_SEED'] ?? 20_261_124);
  const random = randomOf(seed);
  const retentionMs = 2_000;
  const expected = new MemorySessionStore<string, string>('s', texts, retentionMs);
  expected.open(context);
  const memory = smallMemory();
  let store = opened(new DiskSessionStore<string, string>('s', texts, retentionMs, memory), 'sessions');
  let nowMs = 10_000;
  for (let round = 1; round <= 90; round++) {
    nowMs += random(150);
    for (let writes = random(30); writes > 0; writes--) {
      const key = `${'k'.repeat(1 + random(3))}${random(4)}`;
      const startMs = nowMs - random(1_500);
      const endMs = startMs + random(800);
      const value = random(6) === 0 ? null : `v${random(1000)}`;
      expected.put(key, startMs, endMs, value, nowMs);
      store.put(key, startMs, endMs, value, nowMs);
      const [earliest, latest] = [nowMs - random(1_500), nowMs + random(500)];
      assert.deepEqual(
        store
          .findSessions(key, earliest, latest)
          .map((each) => `${each.startMs} ${each.endMs} ${each.value}`)
          .sort(),
        expected
          .findSessions(key, earliest, latest)
          .map((each) => `${each.startMs} ${each.endMs} ${each.value}`)
          .sort(),
        `seed ${seed}, round ${round}`,
      );
      assert.equal(store.fetchSession(key, startMs, endMs), expected.fetchSession(key, startMs, endMs));
    }
    assert.deepEqual(commit(store, round), drained(expected), `seed ${seed}, round ${round}`);
    if (random(3) === 0) await settled(memory);
    if (random(20) !== 0) continue;
    store.close();
    store = opened(new DiskSessionStore<string, string>('s', texts, retentionMs, memory), 'sessions');
  }
  store.close();
});

test('a file that is cut off or damaged is found: the store begins anew, or says so at the read', async () => {
  const seed = 20_261_125;
  const random = randomOf(seed);
  const memory = smallMemory();
  const store = opened(new DiskKeyValueStore<string, string>('s', texts, memory), 'damaged');
  const rows = Array.from({ length: 3_000 }, (_, n) => `k${n}`);
  for (const key of rows) store.put(key, `value of ${key}`, 1);
  commit(store, 7);
  await settled(memory);
  store.close();
  const path = join(dir, 'damaged');
  const files = new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]));
  let found = 0;
  for (let round = 0; round < 60; round++) {
    rmSync(path, { recursive: true });
    nodeFiles.makeDirectory(path);
    for (const [name, data] of files) writeFileSync(join(path, name), data);
    const name = [...files.keys()][random(files.size)]!;
    const data = files.get(name)!;
    const at = random(data.length);
    const damaged = Buffer.from(round % 2 === 0 ? data.subarray(0, at) : data);
    if (round % 2 === 1) damaged[at]! ^= 1 + random(255);
    writeFileSync(join(path, name), damaged);
    const again = opened(new DiskKeyValueStore<string, string>('s', texts, smallMemory()), 'damaged');
    const label = `seed ${seed}, ${name} byte ${at}`;
    if (again.table.nextOffset === -1) {
      assert.equal(again.table.count, 0, label);
      found++;
    } else {
      try {
        for (const key of rows) assert.equal(again.get(key), `value of ${key}`, label);
        assert.equal(rowsOf(again, null, null).length, rows.length, label);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'HW_STREAMS_TASK_CORRUPTED', label);
        found++;
        // From then on it is filled anew.
        again.close();
        const anew = opened(new DiskKeyValueStore<string, string>('s', texts, smallMemory()), 'damaged');
        assert.equal(anew.table.nextOffset, -1, label);
        anew.close();
      }
    }
    again.close();
  }
  // The rest were bytes that nobody reads, such as a file's unused end.
  assert.ok(found > 50, `${found} of 60 found, seed ${seed}`);
});

test('many more rows than memory are kept in the memory that there is', async () => {
  const memory = new StateMemory({ bytes: 512 * 1024, flushIntervalMs: 1_000_000 });
  const store = opened(new DiskKeyValueStore<string, string>('s', texts, memory), 'large');
  const count = 20_000;
  let usedMax = 0;
  for (let n = 0; n < count; n++) {
    store.put(`k${(n * 7919) % count}`, `value ${n}`, n);
    if (n % 500 !== 499) continue;
    commit(store, n);
    usedMax = Math.max(usedMax, memory.usedBytes);
    await settled(memory);
  }
  assert.ok(usedMax < 1.3 * memory.bytes, `${usedMax} bytes`);
  for (let n = 0; n < count; n += 7) assert.equal(store.get(`k${(n * 7919) % count}`), `value ${n}`);
  assert.equal(rowsOf(store, null, null).length, count);
  assert.ok(memory.usedBytes < 1.3 * memory.bytes, `${memory.usedBytes} bytes`);
  store.close();
  assert.equal(memory.usedBytes, 0);
});
