import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../log-record.ts';
import { RecordProcessor } from './process-record.ts';

const record = (message: string): LogRecord => ({
  timestampMs: 1,
  receivedMs: 1,
  service: 'web',
  message,
  source: 'tcp',
});

test('a pipeline makes fields of a line, drops others, and what it fails on stays', () => {
  const processor = new RecordProcessor({
    processors: [
      {
        grok: {
          field: 'message',
          patterns: ['%{TIMESTAMP_ISO8601:time} %{WORD:level} %{IP:client} took %{NUMBER:tookMs:int}'],
        },
      },
      { date: { field: 'time', formats: ['ISO8601'] } },
      { remove: { field: 'time' } },
      { drop: { if: "ctx.level == 'DEBUG'" } },
    ],
  });
  const made = processor.process(record('2026-11-22T10:00:00Z WARN 10.0.0.1 took 17'))!;
  assert.deepEqual(
    [made.timestampMs, made.level, made.attributes],
    [Date.UTC(2026, 10, 22, 10), 'WARN', { client: '10.0.0.1', tookMs: '17' }],
  );
  assert.equal(processor.process(record('2026-11-22T10:00:00Z DEBUG 10.0.0.1 took 17')), null);
  assert.equal(processor.process(record('something else'))!.message, 'something else');
  assert.equal(processor.failed, 1);
});

test('each message has its template', () => {
  const processor = new RecordProcessor();
  processor.process(record('order 17 paid'));
  assert.equal(processor.process(record('order 18 paid'))!.template, 'order <*> paid');
});
