import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBatch } from '@headwater/protocol';
import { batchOf, headersOf, readAll } from './testing/records.ts';
import { SeededRandom } from './testing/seeded-random.ts';
import { TestStore } from './testing/test-store.ts';
import type { PartitionLog } from './types.ts';

/** A producer that counts its sequences. */
class Producer {
  readonly #id: number;
  #epoch = 0;
  #sequence = 0;

  constructor(id: number) {
    this.#id = id;
  }

  send(log: PartitionLog, ...values: string[]): number {
    const batch = {
      producerId: this.#id,
      producerEpoch: this.#epoch,
      baseSequence: this.#sequence,
      isTransactional: true,
    };
    this.#sequence += values.length;
    return log.append(batchOf(values, batch)).baseOffset;
  }

  end(log: PartitionLog, isCommit: boolean): number {
    return log.appendMarker({ producerId: this.#id, producerEpoch: this.#epoch, coordinatorEpoch: 0, isCommit })
      .baseOffset;
  }
}

async function committed(log: PartitionLog, offset = log.logStartOffset): Promise<string> {
  const headers = headersOf(await log.read(offset, 1_000_000, true, undefined, 'read_committed'));
  return headers.map(({ baseOffset, lastOffset }) => `${baseOffset}-${lastOffset}`).join(' ');
}

async function markers(log: PartitionLog): Promise<number> {
  let count = 0;
  for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
    const headers = headersOf(await log.read(offset, 100_000, true));
    count += headers.filter(({ isControl }) => isControl).length;
    offset = headers.at(-1)!.nextOffset;
  }
  return count;
}

test('what is not decided holds back read_committed readers, and nobody else', async () => {
  const log = (await TestStore.open()).topic();
  const [a, b] = [new Producer(1), new Producer(2)];
  log.append(batchOf(['x']));
  a.send(log, 'a1', 'a2');
  log.append(batchOf(['y']));
  b.send(log, 'b1');
  assert.deepEqual([log.lastStableOffset, log.highWatermark], [1, 5]);
  assert.equal(await committed(log), '0-0');
  assert.deepEqual(log.read(1, 1000, true, undefined, 'read_committed'), []);
  assert.equal((await readAll(log)).length, 5);
  let heard = 0;
  log.onAppend(() => heard++);
  assert.equal(a.end(log, true), 5);
  assert.deepEqual([log.lastStableOffset, heard], [4, 1]);
  assert.equal(await committed(log), '0-0 1-2 3-3');
  b.end(log, false);
  assert.equal(log.lastStableOffset, 7);
  assert.equal(await committed(log), '0-0 1-2 3-3 4-4 5-5 6-6');
  const headers = headersOf(await log.read(5, 1000, true));
  assert.ok(
    headers.every(({ isControl, isTransactional, recordsCount }) => isControl && isTransactional && recordsCount === 1),
  );
  assert.deepEqual(log.abortedTransactions(0, 7), [{ producerId: 2, firstOffset: 4, lastOffset: 6 }]);
  assert.deepEqual(log.abortedTransactions(0, 4), []);
  assert.deepEqual(log.abortedTransactions(6, 7).length, 1);
  assert.deepEqual(
    log.producers().map(({ currentTransactionStartOffset }) => currentTransactionStartOffset),
    [-1, -1],
  );
});

test('markers are fenced by the epochs of producer and coordinator', async () => {
  const log = (await TestStore.open()).topic();
  const marker = { producerId: 1, producerEpoch: 3, coordinatorEpoch: 5, isCommit: true };
  // A partition that the producer never reached.
  log.appendMarker(marker);
  assert.throws(() => log.appendMarker({ ...marker, producerEpoch: 2 }), { kafkaError: 'INVALID_PRODUCER_EPOCH' });
  assert.throws(() => log.appendMarker({ ...marker, coordinatorEpoch: 4 }), {
    kafkaError: 'TRANSACTION_COORDINATOR_FENCED',
  });
  const batch = (producerEpoch: number, baseSequence: number, isTransactional = true) =>
    log.append(batchOf(['x'], { producerId: 1, producerEpoch, baseSequence, isTransactional }));
  assert.throws(() => batch(2, 0), { kafkaError: 'INVALID_PRODUCER_EPOCH' });
  assert.throws(() => batch(3, 7), { kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
  batch(3, 0);
  assert.throws(() => batch(3, 1, false), { kafkaError: 'INVALID_TXN_STATE' });
  // A marker of the next epoch ends the transaction and fences the producer.
  log.appendMarker({ ...marker, producerEpoch: 4, isCommit: false });
  assert.throws(() => batch(3, 1), { kafkaError: 'INVALID_PRODUCER_EPOCH' });
  assert.equal(log.abortedTransactions(0, 100).length, 1);
});

test('open and aborted transactions survive restarts and kills, with and without a checkpoint', async () => {
  for (const flushMessages of ['1', '9223372036854775807']) {
    const test = await TestStore.open();
    let log = test.topic({ 'segment.bytes': '500', 'flush.messages': flushMessages });
    const [a, b, c] = [new Producer(1), new Producer(2), new Producer(3)];
    const open = c.send(log, 'open');
    const aborted: object[] = [];
    const write = () => {
      for (let n = 0; n < 5; n++) {
        const firstOffset = a.send(log, 'x'.repeat(50));
        b.send(log, 'y'.repeat(50));
        aborted.push({ producerId: 1, firstOffset, lastOffset: a.end(log, false) });
        b.end(log, true);
      }
    };
    const check = () => {
      assert.deepEqual(log.abortedTransactions(0, log.logEndOffset), aborted);
      assert.equal(log.lastStableOffset, open);
    };
    write();
    log = await test.kill();
    check();
    write();
    await test.store.maintain();
    log = await test.kill();
    check();
    write();
    log = await test.restart();
    check();
    test.disk.remove('/data/t-0/checkpoint');
    log = await test.kill();
    check();
    c.end(log, true);
    await log.flush();
    await log.flush();
    assert.equal(log.lastStableOffset, log.logEndOffset);
  }
});

test('a lookup in a long log reads only where it must', async () => {
  const test = await TestStore.open();
  const log = test.topic({ 'segment.bytes': '400' });
  const producer = new Producer(1);
  for (let n = 0; n < 40; n++) {
    producer.send(log, 'x'.repeat(100));
    producer.end(log, false);
  }
  await test.restart();
  let opened = 0;
  test.files.plan = ({ kind, path }) => {
    if (kind === 'open' && path.endsWith('.txnindex')) opened++;
    return null;
  };
  assert.deepEqual(test.log().abortedTransactions(40, 42), [{ producerId: 1, firstOffset: 40, lastOffset: 41 }]);
  assert.ok(opened <= 2, `${opened} files opened`);
});

test('a lookup among many aborted transactions reads little of their index', async () => {
  const test = await TestStore.open();
  const log = test.topic();
  const producer = new Producer(1);
  for (let n = 0; n < 1_000; n++) {
    producer.send(log, 'x');
    producer.end(log, false);
  }
  await test.restart();
  let readBytes = 0;
  test.files.plan = ({ kind, path, sizeBytes }) => {
    if (kind === 'read' && path.endsWith('.txnindex')) readBytes += sizeBytes;
    return null;
  };
  for (const offset of [0, 2, 1_000, 1_998]) {
    const expected = [{ producerId: 1, firstOffset: offset, lastOffset: offset + 1 }];
    assert.deepEqual(test.log().abortedTransactions(offset, offset + 2), expected);
  }
  assert.ok(readBytes < 4 * 4_000, `${readBytes} bytes`);
  assert.equal(test.log().abortedTransactions(0, 2_000).length, 1_000);
  assert.deepEqual(test.log().abortedTransactions(2_000, 2_000), []);
});

test('compaction drops what was aborted, does not let it supersede anything, and drops markers in time', async () => {
  const test = await TestStore.open();
  let log = test.topic({
    'cleanup.policy': 'compact',
    'segment.bytes': '600',
    'min.cleanable.dirty.ratio': '0',
    'delete.retention.ms': '1000',
  });
  const put = (producerId: number, baseSequence: number, pairs: [string, string][]) =>
    log.append(
      encodeBatch({
        producerId,
        producerEpoch: 0,
        baseSequence,
        isTransactional: true,
        timestamp: test.clock.now(),
        records: pairs.map(([key, value]) => ({ key, value })),
      }),
    );
  const end = (producerId: number, isCommit: boolean) =>
    log.appendMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, isCommit });
  const fill = () => log.append(batchOf(['x'.repeat(500)], { key: 'fill' }));
  put(1, 0, [['k', 'committed']]);
  end(1, true);
  put(1, 1, [['k', 'aborted']]);
  end(1, false);
  put(1, 2, [['other', 'committed']]);
  end(1, true);
  put(2, 0, [['open', 'undecided']]);
  fill();
  fill();
  const values = async () =>
    (await readAll(log))
      .filter(({ key }) => key !== 'fill')
      .map(({ key, value }) => (value === null || key === null ? '' : value));
  await test.store.maintain();
  // The open transaction keeps its segment from being compacted.
  assert.equal((await readAll(log, 0)).length, 9);
  end(2, true);
  fill();
  await test.store.maintain();
  assert.deepEqual(
    (await values()).filter((value) => value.length > 6),
    ['committed', 'committed', 'undecided'],
  );
  assert.equal(await markers(log), 4);
  assert.deepEqual(log.abortedTransactions(0, 4), []);
  test.clock.advance(1000);
  fill();
  await test.store.maintain();
  log = await test.kill();
  assert.deepEqual(
    (await values()).filter((value) => value.length > 6),
    ['committed', 'committed', 'undecided'],
  );
  assert.equal(await markers(log), 3, 'those of records that are still there');

  // Read from its first byte, as when the checkpoint is lost, the log is as decided as before.
  test.disk.remove('/data/t-0/checkpoint');
  test.disk.remove('/data/t-0/checkpoint.previous');
  log = await test.kill();
  assert.equal(log.lastStableOffset, log.logEndOffset);
  for (const key of ['k', 'other', 'open']) log.append(batchOf(['newer'], { key }));
  for (let round = 0; round < 3; round++) {
    fill();
    fill();
    await test.store.maintain();
    test.clock.advance(1000);
  }
  assert.equal(await markers(log), 0);
});

test('random transactions: committed readers see what a model sees, through kills and restarts', async (t) => {
  const random = SeededRandom.fresh();
  t.diagnostic(`SEED=${random.seed}`);
  for (let run = 0; run < 5; run++) {
    const test = await TestStore.open({ 'headwater.cache.bytes': random.pick([0, 100_000]) });
    let log = test.topic({ 'segment.bytes': String(random.pick([500, 2000])) });
    const producers = [1, 2, 3].map((id) => ({ id, producer: new Producer(id), open: [] as number[] }));
    const decided = new Map<number, boolean>();
    for (let step = 0; step < 150; step++) {
      const each = random.pick(producers);
      if (each.open.length > 0 && random.chance(0.4)) {
        const isCommit = random.chance(0.6);
        each.producer.end(log, isCommit);
        for (const offset of each.open.splice(0)) decided.set(offset, isCommit);
      } else {
        each.open.push(each.producer.send(log, 'v'.repeat(random.below(80))));
      }
      const dice = random.next();
      if (dice < 0.05) log = await test.kill();
      else if (dice < 0.1) log = await test.restart();
      else if (dice < 0.2) await test.store.maintain();
      if (step % 10 > 0) continue;
      const undecided = producers.flatMap(({ open }) => open);
      const stable = undecided.length === 0 ? log.logEndOffset : Math.min(...undecided);
      assert.equal(log.lastStableOffset, stable);
      const seen: number[] = [];
      for (let offset = 0; offset < stable; ) {
        const headers = headersOf(await log.read(offset, 3000, true, undefined, 'read_committed'));
        const end = headers.at(-1)!.nextOffset;
        const aborted = log.abortedTransactions(offset, end);
        for (const header of headers) {
          if (header.isControl || header.baseOffset < offset) continue;
          const isAborted = aborted.some(
            ({ producerId, firstOffset, lastOffset }) =>
              producerId === header.producerId && header.baseOffset >= firstOffset && header.baseOffset < lastOffset,
          );
          if (!isAborted) seen.push(header.baseOffset);
        }
        offset = end;
      }
      const expected = [...decided]
        .filter(([offset, isCommit]) => isCommit && offset < stable)
        .map(([offset]) => offset);
      assert.deepEqual(
        seen,
        expected.sort((one, other) => one - other),
      );
    }
  }
});
