import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/random.ts';
import type { CompressionName } from '../compression/compression.ts';
import { ErrorCode } from '../errors.ts';
import { ProtocolError } from '../protocol-error.ts';
import { BatchBuilder, encodeBatch, type RecordInput } from './batch-builder.ts';
import {
  iterateBatches,
  readBatchHeader,
  setBaseOffset,
  setLeaderEpoch,
  setMaxTimestampAndType,
} from './batch-header.ts';
import { decodeRecords, openRecords } from './records.ts';
import { kafkaErrorOf, validateBatch } from './validate-batch.ts';

const codecs: CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

function randomRecords(random: Random): (RecordInput & { timestamp: number })[] {
  const blob = () => (random.chance(0.2) ? null : random.bytes(random.pick([0, 1, 5, 63, 64, 200, 9000])));
  return Array.from({ length: random.int(1, 20) }, () => ({
    key: blob(),
    value: random.chance(0.3) ? 'a text '.repeat(random.int(0, 100)) : blob(),
    timestamp: 1_700_000_000_000 + random.pick([0, 1, -5, 100_000, -(2 ** 40), 2 ** 41]),
    headers: Array.from({ length: random.pick([0, 0, 1, 3]) }, () => ({ key: 'kopf-é', value: blob() })),
  }));
}

const asBuffer = (bytes: Uint8Array | string | null | undefined) =>
  bytes == null ? null : Buffer.from(bytes as string);

test('records come back as they were, in every compression', (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  for (let n = 0; n < 40; n++) {
    for (const compression of codecs) {
      const records = randomRecords(random);
      const batch = encodeBatch({ records, compression, baseOffset: 1000 });
      const header = validateBatch(batch);
      assert.equal(header.compression, compression);
      assert.equal(header.sizeBytes, batch.length);
      assert.equal(header.maxTimestamp, Math.max(...records.map((record) => record.timestamp)));
      const expected = records.map((record, i) => ({
        offset: 1000 + i,
        timestamp: record.timestamp,
        key: asBuffer(record.key),
        value: asBuffer(record.value),
        headers: record.headers!.map(({ key, value }) => ({ key, value: asBuffer(value) })),
      }));
      assert.deepEqual(decodeRecords(batch), expected);
    }
  }
});

test('a value that is written in place makes the record that append makes', (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  for (let n = 0; n < 40; n++) {
    const records = randomRecords(random).map(({ key, timestamp, value }) => {
      return { key: asBuffer(key), timestamp, value: asBuffer(value) ?? Buffer.alloc(0) };
    });
    const builder = new BatchBuilder(random.pick([0, 100, 10_000]));
    for (const { key, timestamp, value } of records) {
      if (random.chance(0.2)) {
        // Forgotten: it is never ended.
        builder.bytes.fill(0xff, builder.beginRecord(random.int(0, 1000), key, key?.length ?? 0, 50));
      }
      if (random.chance(0.2)) {
        builder.append({ key, timestamp, value });
        continue;
      }
      const room = value.length + random.pick([0, 1, 1_000]);
      const start = builder.beginRecord(timestamp, key, key?.length ?? 0, room);
      builder.endRecord(start + value.copy(builder.bytes, start));
    }
    assert.deepEqual(builder.finish(), encodeBatch({ records }));
  }
});

test('headers go from one batch into another as they stand', (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  for (let n = 0; n < 40; n++) {
    const records = randomRecords(random).map((record) => ({ ...record, value: asBuffer(record.value) }));
    const cursor = openRecords(encodeBatch({ records }));
    const builder = new BatchBuilder(random.pick([0, 100, 10_000]));
    for (const { key, timestamp, value } of records) {
      cursor.next();
      const raw = cursor.rawHeaders();
      const headers = random.chance(0.5) ? raw.copy() : raw;
      if (value === null || random.chance(0.5)) {
        builder.append({ key: key ?? null, value, timestamp, headers });
        continue;
      }
      const ownKey = asBuffer(key);
      const start = builder.beginRecord(timestamp, ownKey, ownKey?.length ?? 0, value.length, raw.sizeBytes);
      builder.endRecord(start + value.copy(builder.bytes, start), headers);
    }
    assert.deepEqual(builder.finish(), encodeBatch({ records }));
  }
});

test('a header is found by its key without views', () => {
  const headers = [
    { key: 'ab', value: null },
    { key: 'trace', value: Buffer.from('one') },
    { key: 'trace', value: Buffer.from('two') },
  ];
  const records = [
    { key: null, value: null },
    { key: null, value: 'x', headers },
  ];
  const cursor = openRecords(encodeBatch({ records }));
  const found = (key: string) => {
    const at = cursor.findHeader(Buffer.from(key));
    return at < 0
      ? undefined
      : cursor.headerLength < 0
        ? null
        : cursor.data.toString('utf8', at, at + cursor.headerLength);
  };
  cursor.next();
  assert.equal(found('trace'), undefined);
  cursor.next();
  assert.deepEqual([found('trace'), found('ab'), found('tracE'), found('t')], ['one', null, undefined, undefined]);
});

test('offset, leader epoch and log append time are set in place', () => {
  const batch = encodeBatch({
    records: [
      { value: 'a', timestamp: 5 },
      { value: 'b', timestamp: 7 },
    ],
  });
  setBaseOffset(batch, 0, 2 ** 40 + 3);
  setLeaderEpoch(batch, 0, 12);
  assert.equal(validateBatch(batch).lastOffset, 2 ** 40 + 4);
  assert.equal(readBatchHeader(batch).partitionLeaderEpoch, 12);
  setMaxTimestampAndType(batch, 0, 99, 'LogAppendTime');
  assert.equal(validateBatch(batch, 0, { isFromLog: true }).timestampType, 'LogAppendTime');
  assert.deepEqual(
    decodeRecords(batch).map((record) => record.timestamp),
    [99, 99],
  );
});

test('iterates whole batches and leaves a cut-off one', () => {
  const one = encodeBatch({ records: [{ value: 'a' }] });
  const two = encodeBatch({ records: [{ value: 'b' }, { value: null }] });
  const log = Buffer.concat([one, two, one.subarray(0, one.length - 1)]);
  const found = [...iterateBatches(log)].map(({ offset, sizeBytes, header }) => [
    offset,
    sizeBytes,
    header.recordsCount,
  ]);
  assert.deepEqual(found, [
    [0, one.length, 1],
    [one.length, two.length, 2],
  ]);
});

test('a compacted batch keeps its gaps, and may be empty', () => {
  const records = [
    { value: 'a', offsetDelta: 3 },
    { value: 'b', offsetDelta: 8 },
  ];
  const batch = encodeBatch({ records, baseOffset: 100, lastOffsetDelta: 9 });
  assert.throws(() => validateBatch(batch), { code: 'HW_PROTOCOL_INVALID_RECORD' });
  assert.equal(validateBatch(batch, 0, { isFromLog: true }).nextOffset, 110);
  assert.deepEqual(
    decodeRecords(batch).map((record) => record.offset),
    [103, 108],
  );
  const empty = encodeBatch({ records: [], baseOffset: 100, lastOffsetDelta: 9 });
  assert.equal(validateBatch(empty, 0, { isFromLog: true }).nextOffset, 110);
  assert.deepEqual(decodeRecords(empty), []);
});

test('any single damaged byte under the CRC is found', () => {
  const batch = encodeBatch({ records: [{ key: 'k', value: 'v'.repeat(50), headers: [{ key: 'h', value: 'x' }] }] });
  for (let i = 16; i < batch.length; i++) {
    const damaged = Buffer.from(batch);
    damaged[i]! ^= 0x10;
    assert.throws(() => validateBatch(damaged), ProtocolError, `byte ${i}`);
  }
});

test("each refusal has Kafka's own error code", () => {
  const code = (batch: Buffer) => {
    try {
      validateBatch(batch);
    } catch (error) {
      return kafkaErrorOf(error as ProtocolError);
    }
    return 0;
  };
  const good = encodeBatch({ records: [{ value: 'v' }] });
  assert.equal(code(good), 0);
  const old = Buffer.from(good);
  old[16] = 1;
  assert.equal(code(old), ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT);
  const crc = Buffer.from(good);
  crc[crc.length - 1]! ^= 1;
  assert.equal(code(crc), ErrorCode.CORRUPT_MESSAGE);
  assert.equal(code(good.subarray(0, good.length - 1)), ErrorCode.CORRUPT_MESSAGE);
  assert.equal(code(encodeBatch({ records: [{ value: 'v' }], isControl: true })), ErrorCode.INVALID_RECORD);
  assert.equal(code(encodeBatch({ records: [] })), ErrorCode.INVALID_RECORD);
  assert.equal(code(encodeBatch({ records: [{ value: 'v' }], lastOffsetDelta: 3 })), ErrorCode.INVALID_RECORD);
});
