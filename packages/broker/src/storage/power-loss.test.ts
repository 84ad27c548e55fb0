import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultFiles } from './files/fault-files.ts';
import { openLogStore } from './log-store.ts';
import { PowerLossDisk } from './testing/power-loss-disk.ts';
import { batchOf, listing } from './testing/records.ts';
import { TestClock } from './testing/test-clock.ts';
import type { LogStore, PartitionLog } from './types.ts';

const fsyncMode = { 'flush.messages': '1' };

/** A store whose machine can lose its power, on a disk that then has what was synced and nothing else. */
class Machine {
  readonly disk = new PowerLossDisk();
  readonly clock = new TestClock();
  files = new FaultFiles(this.disk);
  store!: LogStore;

  static async start(): Promise<Machine> {
    const machine = new Machine();
    await machine.#open();
    return machine;
  }

  async topic(configs: Record<string, string>): Promise<PartitionLog> {
    this.store.createTopic({ name: 't', partitions: 1, configs });
    await this.store.flushMetadata();
    return this.log();
  }

  log(): PartitionLog {
    return this.store.partition('t', 0)!;
  }

  async losePower(): Promise<PartitionLog> {
    this.files.hasCrashed = true;
    this.disk.losePower();
    await this.#open();
    return this.log();
  }

  /** The process goes; the machine stays, with what the process wrote and did not sync. */
  async kill(): Promise<PartitionLog> {
    this.files.hasCrashed = true;
    await this.#open();
    return this.log();
  }

  async #open(): Promise<void> {
    this.files = new FaultFiles(this.disk);
    this.store = await openLogStore({ files: this.files, dir: '/var/lib/kafka', clock: this.clock });
  }
}

test('the first record of a partition is as durable as its acknowledgement says: its directory too', async () => {
  const machine = await Machine.start();
  await (await machine.topic(fsyncMode)).append(batchOf(['a'])).flushed;
  assert.equal(await listing(await machine.losePower()), '0:a');
});

test('a batch that is sent again is not acknowledged before the fsync that the first one waits for', async () => {
  const machine = await Machine.start();
  const log = await machine.topic(fsyncMode);
  const sent = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
  const first = log.append(batchOf(['a'], sent));
  const again = log.append(batchOf(['a'], sent));
  assert.equal(again.duplicate, true);
  assert.ok(again.flushed !== null);
  await again.flushed;
  assert.equal(await listing(await machine.losePower()), '0:a');
  await first.flushed?.catch(() => {});
  assert.equal(machine.log().append(batchOf(['a'], sent)).flushed, null);
});

test('the end of a closed segment is lost, the one after it is not: what is left ends at the gap', async () => {
  const machine = await Machine.start();
  const log = await machine.topic({ 'segment.bytes': '150' });
  for (const value of ['a', 'b']) log.append(batchOf([value]));
  await log.flush();
  // The checkpoint of the closed segment is not written any more.
  machine.files.plan = ({ kind, path }) => (kind === 'sync' && path.endsWith('0.log') ? { code: 'EIO' } : null);
  const names = () => machine.disk.list('/var/lib/kafka/t-0').map(({ name }) => name);
  for (const value of ['c', 'd', 'e']) log.append(batchOf([value]));
  assert.ok(names().includes('00000000000000000002.log') && names().includes('00000000000000000004.log'));
  machine.disk.open('/var/lib/kafka/t-0/00000000000000000004.log', 'write').syncSync();
  machine.disk.syncDirectory('/var/lib/kafka/t-0');
  assert.equal(await listing(await machine.losePower()), '0:a 1:b');
  const dropped = machine.store.recovery.findings.filter(({ kind }) => kind === 'segment-dropped');
  assert.match(dropped.map(({ message }) => message).join(), /offsets 2 to 3 before it never reached the disk/);
  assert.equal(machine.log().append(batchOf(['f'])).baseOffset, 2);
  assert.equal(await listing(await machine.kill()), '0:a 1:b 2:f');
});

test('a segment begun by a process that was killed is durable after the next flush, its name too', async () => {
  const machine = await Machine.start();
  const log = await machine.topic({ 'segment.bytes': '100' });
  log.append(batchOf(['a']));
  await log.flush();
  log.append(batchOf(['b']));
  const reopened = await machine.kill();
  reopened.append(batchOf(['c']));
  await reopened.flush();
  assert.equal(await listing(await machine.losePower()), '0:a 1:b 2:c');
});

test('a checkpoint has its bytes on the disk before its name, so that a power cut leaves one that can be read', async () => {
  const machine = await Machine.start();
  const log = await machine.topic({ 'segment.bytes': '500' });
  for (let round = 0; round < 3; round++) {
    log.append(batchOf(['x'.repeat(300)]));
    await machine.store.maintain();
  }
  machine.disk.syncDirectory('/var/lib/kafka/t-0');
  assert.equal((await machine.losePower()).logEndOffset, 3);
  assert.deepEqual(machine.store.recovery.findings, []);
});

test('the cut of what a failed write left behind is synced, though nothing new is there to be', async () => {
  const machine = await Machine.start();
  const log = await machine.topic({});
  log.append(batchOf(['a']));
  await log.flush();
  machine.files.plan = ({ kind }) => (kind === 'write' ? { code: 'ENOSPC', afterBytes: 30 } : null);
  assert.throws(() => log.append(batchOf(['lost'])), { kafkaError: 'KAFKA_STORAGE_ERROR' });
  const synced: string[] = [];
  machine.files.plan = ({ kind, path }) => {
    if (kind === 'sync') synced.push(path);
    return null;
  };
  await log.flush();
  assert.deepEqual(synced, ['/var/lib/kafka/t-0/00000000000000000000.log']);
});

test('a batch that a killed process wrote, sent again, is acknowledged when it is on the disk', async () => {
  const machine = await Machine.start();
  const log = await machine.topic(fsyncMode);
  await log.append(batchOf(['a'])).flushed;
  const sent = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
  machine.files.plan = ({ kind }) => (kind === 'sync' ? { code: 'CRASH' } : null);
  await assert.rejects(async () => log.append(batchOf(['b'], sent)).flushed);
  const again = (await machine.kill()).append(batchOf(['b'], sent));
  assert.equal(again.duplicate, true);
  await again.flushed;
  assert.equal(await listing(await machine.losePower()), '0:a 1:b');
});
