import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, listing, readAll } from './testing/records.ts';
import { TestStore } from './testing/test-store.ts';

const firstSegment = '/data/t-0/00000000000000000000.log';

function write(test: TestStore, path: string, change: (bytes: Buffer) => Buffer): void {
  test.disk.replaceFile(path, change(test.disk.readFile(path)), true);
}

test('a torn tail is cut at the last whole batch, and the report says so', async () => {
  for (const cut of [1, 30, 69]) {
    const test = await TestStore.open();
    const log = test.topic();
    for (const value of ['a', 'b', 'c']) log.append(batchOf([value]));
    write(test, firstSegment, (bytes) => bytes.subarray(0, bytes.length - cut));
    assert.equal(await listing(await test.kill()), '0:a 1:b');
    const { isClean, staleLockPid, findings } = test.store.recovery;
    assert.deepEqual([isClean, staleLockPid], [false, 4711]);
    assert.equal(findings.length, 1);
    assert.deepEqual(
      [findings[0]!.kind, findings[0]!.where, findings[0]!.offset, findings[0]!.bytes],
      ['tail-cut', 't-0', 2, 70 - cut],
    );
    assert.equal(test.log().append(batchOf(['d'])).baseOffset, 2);
    assert.equal(await listing(await test.kill()), '0:a 1:b 2:d');
  }
});

test('a tail whose bytes are wrong is found by its CRC', async () => {
  const test = await TestStore.open();
  const log = test.topic();
  for (const value of ['a', 'b', 'c']) log.append(batchOf([value]));
  write(test, firstSegment, (bytes) => {
    bytes[bytes.length - 2]! ^= 1;
    return bytes;
  });
  assert.equal(await listing(await test.kill()), '0:a 1:b');
  assert.match(
    test.store.recovery.findings[0]!.message,
    /Cut 70 bytes off 00000000000000000000.log after offset 1: the CRC is/,
  );
});

test('a start reads only what came after the checkpoint', async () => {
  const test = await TestStore.open();
  const log = test.topic();
  for (let n = 0; n < 100; n++) log.append(batchOf(['x'.repeat(1000)]));
  await test.store.maintain();
  log.append(batchOf(['after']));
  await test.kill();
  assert.ok(test.store.recovery.scannedBytes < 200, `${test.store.recovery.scannedBytes}`);
  assert.equal(test.log().logEndOffset, 101);
  await test.restart();
  assert.deepEqual(
    [test.store.recovery.isClean, test.store.recovery.scannedBytes, test.store.recovery.partitionsChecked],
    [true, 0, 0],
  );
});

test('a checkpoint that is lost, damaged or of another file costs a scan, not records', async () => {
  const damages: [string, (test: TestStore) => void][] = [
    [
      'both gone',
      (test) => ['', '.previous'].forEach((suffix) => void test.disk.remove(`/data/t-0/checkpoint${suffix}`)),
    ],
    ['empty', (test) => write(test, '/data/t-0/checkpoint', () => Buffer.alloc(0))],
    [
      'edited',
      (test) => write(test, '/data/t-0/checkpoint', (bytes) => Buffer.from(bytes.toString().replace(',2,', ',3,'))),
    ],
    ['log shorter', (test) => write(test, firstSegment, (bytes) => bytes.subarray(0, 140))],
  ];
  for (const [name, damage] of damages) {
    const test = await TestStore.open();
    const log = test.topic();
    const send = (n: number) => log.append(batchOf([`${n}`], { producerId: 1, producerEpoch: 0, baseSequence: n }));
    for (let n = 0; n < 3; n++) send(n);
    await test.store.maintain();
    damage(test);
    await test.kill();
    const expected = name === 'log shorter' ? '0:0 1:1' : '0:0 1:1 2:2';
    assert.equal(await listing(test.log()), expected, name);
    const again = test.log().append(batchOf(['1'], { producerId: 1, producerEpoch: 0, baseSequence: 1 }));
    assert.equal(again.duplicate, true, name);
  }
});

test('missing and wrong indexes are made anew', async () => {
  const damages: ((bytes: Buffer) => Buffer | null)[] = [
    () => null,
    () => Buffer.alloc(0),
    (bytes) => bytes.subarray(0, bytes.length - 1),
    (bytes) => Buffer.alloc(bytes.length),
    (bytes) => Buffer.alloc(bytes.length, 0x7f),
    (bytes) => Buffer.from(bytes).fill(0, 0, Math.max(0, bytes.length - 12)),
  ];
  for (const [number, damage] of damages.entries()) {
    const test = await TestStore.open({ 'headwater.cache.bytes': 0 });
    const log = test.topic({ 'segment.bytes': '2000', 'index.interval.bytes': '100' });
    for (let n = 0; n < 60; n++) log.append(batchOf([`${n}`], { timestamp: 1000 + n }));
    const expected = await readAll(log);
    await test.store.close();
    for (const name of test.names('t-0').filter((each) => /index$/.test(each))) {
      const path = `/data/t-0/${name}`;
      const bytes = damage(test.disk.readFile(path));
      if (bytes === null) test.disk.remove(path);
      else test.disk.replaceFile(path, bytes, true);
    }
    await test.restart();
    for (let n = 0; n < 60; n++) {
      assert.deepEqual((await readAll(test.log(), n))[0], expected[n], `damage ${number}, offset ${n}`);
      assert.deepEqual(test.log().offsetForTimestamp(1000 + n), { offset: n, timestamp: 1000 + n });
    }
    assert.ok(
      test.store.recovery.findings.some(({ kind }) => kind === 'index-rebuilt'),
      `damage ${number}`,
    );
  }
});

test('a damaged segment makes its partition say so, and leaves the others alone', async () => {
  const test = await TestStore.open({ 'headwater.cache.bytes': 0 });
  const log = test.topic({ 'segment.bytes': '200' });
  for (const value of ['a', 'b', 'c', 'd', 'e']) log.append(batchOf([value]));
  test.topic({}, 'u').append(batchOf(['fine']));
  await test.restart();
  write(test, firstSegment, (bytes) => bytes.fill(0xee));
  await assert.rejects(async () => test.log().read(0, 1000, true), {
    kafkaError: 'KAFKA_STORAGE_ERROR',
    message: /Reading t-0/,
  });
  assert.equal(await listing(test.log(), 2), '2:c 3:d 4:e');
  assert.equal(await listing(test.log('u')), '0:fine');
});

test('an unreadable partition does not keep the store from opening', async () => {
  const test = await TestStore.open();
  test.topic().append(batchOf(['a']));
  test.topic({}, 'u').append(batchOf(['b']));
  const sizeBytes = test.disk.sizeBytes.bind(test.disk);
  test.disk.sizeBytes = (path) => {
    if (path === firstSegment) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return sizeBytes(path);
  };
  await test.kill();
  assert.deepEqual(
    test.store.recovery.findings.map(({ kind, where }) => [kind, where]),
    [['unreadable', 't-0']],
  );
  assert.throws(() => test.log().logEndOffset, { kafkaError: 'KAFKA_STORAGE_ERROR' });
  assert.equal(await listing(test.log('u')), '0:b');
  test.disk.sizeBytes = sizeBytes;
  assert.equal(await listing(test.log()), '0:a');
});
