import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '@headwater/logger';
import { type RecordTracer, StreamsBuilder, serdes, TopologyTestDriver, type TracedRecord } from '../../index.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const headersWith = (flags: string) => [
  { key: 'other', value: Buffer.from('x') },
  { key: 'traceparent', value: Buffer.from(`00-${traceId}-b7ad6b7169203331-${flags}`) },
  { key: 'x-correlation-id', value: Buffer.from('tweet-7') },
];
const text = { key: serdes.string, value: serdes.string };

class Spans implements RecordTracer {
  readonly begun: (Omit<TracedRecord, 'key'> & { key: string })[] = [];
  readonly ended: unknown[] = [];
  isRunning = false;

  begin(record: TracedRecord) {
    this.begun.push({ ...record, key: String(record.key) });
    const spanId = String(this.begun.length).padStart(16, '0');
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      run: <R>(work: () => R): R => {
        this.isRunning = true;
        try {
          return work();
        } finally {
          this.isRunning = false;
        }
      },
      end: (error?: unknown) => void this.ended.push(error),
    };
  }
}

test('a record whose trace is recorded makes a span, and what comes of it goes on from there', () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in', text)
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word, text)
    .count({ store: 'counts' })
    .toStream()
    .to('out', { key: serdes.string, value: serdes.long });
  const tracer = new Spans();
  const driver = new TopologyTestDriver(builder.build(), { tracer, applicationId: 'words', isEachUpdateSent: false });
  for (const flags of ['00', '02']) driver.pipe('in', Buffer.from('k'), Buffer.from('a'), 5, headersWith(flags));
  driver.pipe('in', Buffer.from('k'), Buffer.from('a'), 5);
  assert.equal(tracer.begun.length, 0, 'neither of records without a trace nor of those that nobody records');
  const passed = driver.take('out').map(({ headers }) => String(headers[1]?.value));
  assert.deepEqual(passed, [`00-${traceId}-b7ad6b7169203331-00`, `00-${traceId}-b7ad6b7169203331-02`, 'undefined']);

  driver.pipe('in', Buffer.from('k'), Buffer.from('a b'), 5, headersWith('01'));
  const [first, second] = tracer.begun;
  assert.deepEqual(first, {
    application: 'words',
    topology: 'words',
    topic: 'in',
    partition: 0,
    offset: 3,
    timestamp: 5,
    key: 'k',
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    correlationId: 'tweet-7',
  });
  assert.equal(second!.topic, 'words-counts-repartition');
  assert.equal(second!.traceparent, `00-${traceId}-0000000000000001-01`, 'its parent is the span of the tweet');
  const headers = driver.take('out').map(({ headers }) => headers.map(({ value }) => String(value)).join(' '));
  assert.deepEqual(headers, [
    `x 00-${traceId}-0000000000000002-01 tweet-7`,
    `x 00-${traceId}-0000000000000003-01 tweet-7`,
  ]);
  assert.deepEqual(tracer.ended, [undefined, undefined, undefined]);
  driver.close();
});

test('a failure is told to the span, work runs within it, and the log line has the ids of the record', () => {
  const tracer = new Spans();
  const lines: Record<string, unknown>[] = [];
  const log = (fields: Record<string, unknown>): void => void lines.push(fields);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in', text).forEach(() => {
    assert.equal(tracer.isRunning, true);
    throw new Error('no');
  });
  const driver = new TopologyTestDriver(builder.build(), { tracer, errors: { processing: 'skip' }, logger });
  driver.pipe('in', null, Buffer.from('v'), 1, headersWith('01'));
  assert.match(String(tracer.ended[0]), /no/);
  const [{ correlationId, traceId: logged }] = lines as [Record<string, unknown>];
  assert.deepEqual({ correlationId, traceId: logged }, { correlationId: 'tweet-7', traceId });
  driver.close();
});

test('a traceparent that is none is passed on and makes no span', () => {
  const tracer = new Spans();
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in', text).to('out', text);
  const driver = new TopologyTestDriver(builder.build(), { tracer });
  for (const value of [null, Buffer.alloc(0), Buffer.from('01'), Buffer.alloc(55, 0xff)]) {
    driver.pipe('in', null, Buffer.from('v'), 1, [{ key: 'traceparent', value }]);
  }
  assert.equal(tracer.begun.length, 0);
  assert.equal(driver.take('out').length, 4);
  driver.close();
});
