import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type Guarantee, type KeyValueStore, type Storage, Streams, StreamsBuilder, serdes } from '../index.ts';

const partitions = 2;
const recordsARound = 400;

interface Restored {
  topic: string;
  partition: number;
  fromOffset: number;
  toOffset: number;
  message: string;
}

/** Starts an instance in a process of its own; resolves when its tasks run. */
async function startInstance(environment: Record<string, string>): Promise<{ child: ChildProcess; told: Restored[] }> {
  const script = new URL('./counting-instance.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: Restored[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    const fields = JSON.parse(line) as Restored;
    told.push(fields);
    if (fields.message === 'running') break;
  }
  assert.ok(
    told.some(({ message }) => message === 'running'),
    JSON.stringify(told),
  );
  child.stdout!.resume();
  return { child, told };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export interface CheckpointKillOptions {
  guarantee: Guarantee;
  storage: Storage;
  /** Kills, one after the other. */
  rounds: number;
}

/** An instance is killed again and again in the middle of its work; in the end each record was counted, from the checkpoint on. */
export async function killAndCount({ guarantee, rounds, storage }: CheckpointKillOptions): Promise<void> {
  const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 100_000);
  console.log(`seed ${seed} (HEADWATER_SEED)`);
  let state = seed;
  const random = (max: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
  const dir = mkdtempSync(join(tmpdir(), 'streams-kill-'));
  const broker: Broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'kill-test' });
  try {
    await client.createTopics([{ name: 'in', partitions }]);
    const applicationId = 'killed';
    const environment = {
      APPLICATION_ID: applicationId,
      BOOTSTRAP: broker.bootstrap,
      GUARANTEE: guarantee,
      INPUT: 'in',
      STATE_DIR: dir,
      STORAGE: storage,
    };
    const expected = new Map<string, number>();
    let written = 0;
    const write = async () => {
      const records = Array.from({ length: recordsARound }, () => ({ key: `k${random(100)}`, value: 'v' }));
      for (const { key } of records) expected.set(key, (expected.get(key) ?? 0) + 1);
      await client.produce({ topic: 'in', records });
      written += records.length;
    };
    const committed = async () => {
      const offsets = await client.committedOffsets(applicationId, { partitions: { in: [0, 1] } });
      return offsets.reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
    };
    let wereRestored: Restored[] = [];
    for (let round = 0; round < rounds; round++) {
      const { child, told } = await startInstance(environment);
      wereRestored = told.filter(({ topic }) => topic !== undefined);
      // A first half that is surely committed, and another that is cut somewhere.
      await write();
      await until(async () => (await committed()) >= written);
      await write();
      const cutAt = written - random(recordsARound);
      await until(async () => (await committed()) >= Math.min(cutAt, written));
      await kill(child);
    }
    // The last one that was started read the changelog's tail only: the checkpoint is of the commit before the kill, or one earlier.
    assert.ok(
      wereRestored.some(({ fromOffset }) => fromOffset > 0),
      JSON.stringify(wereRestored),
    );

    const builder = new StreamsBuilder();
    builder.stream<string, string>('in', { value: serdes.string }).groupByKey().count({ store: 'counts' });
    const told: Restored[] = [];
    const tell = (fields: Record<string, unknown>, message: string) =>
      told.push({ ...fields, message } as unknown as Restored);
    const last = new Streams({
      applicationId,
      kafka: broker.bootstrap,
      guarantee,
      stateDir: dir,
      storage,
      groupInstanceId: 'one',
      logger: { debug() {}, info: tell, warn: tell, error: tell },
    });
    last.add(builder.build());
    await last.start();
    await until(async () => (await committed()) >= written);
    const counts = new Map<string, number>();
    for (const store of last.localStores<KeyValueStore<string, number>>('counts')) {
      for (const { key, value } of store.all()) counts.set(key, value);
    }
    for (const [key, count] of expected) {
      const found = counts.get(key) ?? 0;
      if (guarantee === 'exactly-once') assert.equal(found, count, `${key}, seed ${seed}`);
      else assert.ok(found >= count, `${key}: ${found} of ${count}, seed ${seed}`);
    }
    const restored = told.filter(({ topic }) => topic !== undefined);
    assert.ok(
      restored.every(({ fromOffset, toOffset }) => fromOffset > 0 || toOffset === 0),
      JSON.stringify(told),
    );

    // Another process cannot have the directory at the same time.
    const other = new Streams({ applicationId, kafka: broker.bootstrap, stateDir: dir });
    other.add(builder.build());
    await assert.rejects(other.start(), { code: 'HW_STREAMS_STATE_DIR_LOCKED' });
    await last.close();
  } finally {
    await client.close();
    await broker.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
