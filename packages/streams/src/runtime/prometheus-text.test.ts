import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prometheusText } from './prometheus-text.ts';

test('metrics as Prometheus reads them, labels escaped', () => {
  const text = prometheusText({
    topologies: [{ name: 'a"b\\', state: 'running', isPaused: false }],
    tasks: [
      {
        topology: 'a"b\\',
        taskId: '0_1',
        recordsIn: 7,
        recordsOut: 3,
        lateRecordsDropped: 1,
        recordsSkipped: 0,
        recordsFailed: 2,
        recordsDeadLettered: 1,
        storeFailures: 0,
        punctuations: 2,
        punctuationMs: 250,
        streamTimeMs: 1500,
        bufferedBytes: 10,
        inputs: [
          { topic: 'in', partition: 1, offset: 0, lagRecords: 4 },
          { topic: 'new', partition: 1, offset: 0, lagRecords: -1 },
        ],
        stores: [{ name: 'counts', rows: 5, bytes: 120 }],
        operators: [{ name: 'KSTREAM-FILTER-0000000001', recordsIn: 7, lateRecordsDropped: 1, recordsSkipped: 0 }],
      },
    ],
    commits: { count: 2, lastMs: 3, totalMs: 8 },
    restores: [
      { topology: '', taskId: '0_2', store: 's', topic: 't', partition: 2, restored: 30, total: 100, isDone: false },
    ],
  });
  const task = 'topology="a\\"b\\\\",task="0_1"';
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(samples.includes(`headwater_streams_records_in_total{${task}} 7`));
  assert.ok(samples.includes(`headwater_streams_lag_records{${task},topic="in",partition="1"} 4`));
  assert.ok(samples.includes(`headwater_streams_stream_time_seconds{${task}} 1.5`));
  assert.ok(samples.includes(`headwater_streams_store_rows{${task},store="counts"} 5`));
  const operator = `${task},operator="KSTREAM-FILTER-0000000001"`;
  assert.ok(samples.includes(`headwater_streams_operator_records_in_total{${operator}} 7`));
  assert.ok(samples.includes(`headwater_streams_operator_late_records_dropped_total{${operator}} 1`));
  assert.ok(samples.includes(`headwater_streams_punctuation_seconds_total{${task}} 0.25`));
  assert.ok(samples.includes(`headwater_streams_store_bytes{${task},store="counts"} 120`));
  assert.ok(samples.includes('headwater_streams_restore_records_left{topology="",task="0_2",store="s"} 70'));
  assert.ok(samples.includes('headwater_streams_commit_seconds_total 0.008'));
  assert.ok(!text.includes('topic="new"'));
});
