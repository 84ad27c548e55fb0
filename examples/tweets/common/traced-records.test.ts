import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SendingRecord } from '@headwater/service';
import type { OutRecord } from './kafka.ts';
import { SampledSends, tracedHeaders } from './traced-records.ts';

function sendingRecord(isSampled: boolean, places: unknown[]): SendingRecord {
  return {
    headers: { traceparent: 't', 'x-correlation-id': 'c' },
    correlationId: 'c',
    isSampled,
    sent: (place) => void places.push(place),
    failed: (error) => void places.push(String(error)),
    run: (work) => work(),
  };
}

test('headers of trace and correlation stand beside those of a record', () => {
  const own = [{ key: 'source', value: Buffer.from('file') }];
  const headers = tracedHeaders(sendingRecord(false, []), own).map(({ key, value }) => `${key}=${value}`);
  assert.deepEqual(headers, ['source=file', 'traceparent=t', 'x-correlation-id=c']);
  assert.equal(own.length, 1);
});

test('sampled records are told of with their places, and the others at the end', () => {
  const places: unknown[] = [];
  const sends = new SampledSends();
  const records = [0, 1, 0, 0, 1].map((partition) => ({ topic: 't', partition }) as OutRecord);
  records.forEach((record, n) => void sends.add(record, sendingRecord(n !== 0, places)));
  const told: OutRecord[] = [];
  const offsets = [10, 5, 11, 12].map((offset, n) => ({ partition: records[n]!.partition, offset }));
  sends.sent(records.slice(0, 4), offsets, (record) => void told.push(record));
  assert.deepEqual(told, records.slice(1, 4));
  assert.deepEqual(places, [
    { partition: 1, offset: 5 },
    { partition: 0, offset: 11 },
    { partition: 0, offset: 12 },
  ]);
  sends.close();
  assert.match(String(places[3]), /stopped before/);
});
