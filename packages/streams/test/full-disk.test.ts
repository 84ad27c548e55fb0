import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ErrorPolicies,
  type KeyValueStore,
  StateMemory,
  StreamsBuilder,
  serdes,
  TopologyTestDriver,
} from '../index.ts';
import type { DiskStore } from '../src/stores/disk/disk-store.ts';
import { SmallDisk } from './small-disk.ts';

function driverOn(disk: SmallDisk, errors: Partial<ErrorPolicies>) {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in', { value: serdes.string })
    .groupByKey()
    .count({ store: 'counts', storage: 'disk' })
    .toStream()
    .to('out', { value: serdes.long });
  const stateMemory = new StateMemory({ bytes: 256 * 1024, flushIntervalMs: 0, files: disk });
  const driver = new TopologyTestDriver(builder.build(), { errors, stateMemory });
  const input = driver.input('in', serdes.string, serdes.string);
  return { driver, input, counts: driver.store<KeyValueStore<string, number> & DiskStore>('counts') };
}

const inBackground = () => new Promise((resolve) => setImmediate(resolve));

test('a full disk stops the topology at the record for which there is no room', async () => {
  const { counts, driver, input } = driverOn(new SmallDisk(20_000), {});
  let worked = 0;
  const run = async () => {
    for (let n = 0; n < 5_000; n++) {
      input.pipe(`key ${n}`, 'v', n);
      worked++;
      if (n % 50 === 0) await inBackground();
    }
  };
  await assert.rejects(run(), (error: Error & { code: string; place: object }) => {
    assert.equal(error.code, 'HW_STREAMS_STORE');
    assert.match(error.message, /store counts .*ENOSPC/);
    assert.deepEqual(error.place, { topic: 'in', partition: 0, offset: worked });
    return true;
  });
  assert.ok(worked > 100);
  // What was worked on is there.
  for (let n = 0; n < worked; n++) assert.equal(counts.get(`key ${n}`), 1);
  driver.close();
});

test('a full disk sends records to the dead letters by policy, and takes them again when there is room', async () => {
  const disk = new SmallDisk(20_000);
  const { counts, driver, input } = driverOn(disk, { store: 'dead-letter', deadLetterTopic: 'dead' });
  const dead = driver.output('dead', serdes.string, serdes.string);
  let first = -1;
  for (let n = 0; n < 5_000 && first === -1; n++) {
    input.pipe(`key ${n}`, 'v', n);
    if (n % 50 === 0) await inBackground();
    if (driver.metrics[0]!.storeFailures > 0) first = n;
  }
  assert.ok(first > 100, `${first}`);
  const [letter] = dead.readAll();
  assert.equal(letter!.key, `key ${first}`);
  const headers = new Map(letter!.headers.map(({ key, value }) => [key, String(value)]));
  assert.match(headers.get('__streams.errors.message')!, /store counts .*ENOSPC/);
  assert.equal(headers.get('__streams.errors.offset'), String(first));
  assert.ok(counts.table.failures > 0);
  // Rows that are in memory can still be counted on, as soon as there is room on the disk.
  disk.bytesLeft = 10_000_000;
  const isTaken = (n: number) => {
    const { recordsDeadLettered } = driver.metrics[0]!;
    input.pipe(`key ${n}`, 'v', n);
    return driver.metrics[0]!.recordsDeadLettered === recordsDeadLettered;
  };
  let again = first;
  // It is tried anew after a while.
  for (const until = performance.now() + 30_000; !isTaken(again) && performance.now() < until; again++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let n = again + 1; n < again + 2_000; n++) {
    assert.ok(isTaken(n));
    if (n % 50 === 0) await inBackground();
  }
  const lost = driver.metrics[0]!.recordsDeadLettered;
  assert.equal(lost, again - first + 1);
  for (let n = 0; n < first; n++) assert.equal(counts.get(`key ${n}`), 1);
  for (let n = again + 1; n < again + 2_000; n++) assert.equal(counts.get(`key ${n}`), 1);
  driver.close();
});
