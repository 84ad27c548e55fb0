import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { tumbling } from '../dsl/windows.ts';
import { serdes } from '../serdes/index.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';

test('each operator is counted by itself, with what it dropped', () => {
  const builder = new StreamsBuilder();
  const input = builder.stream<string, string>('in', { value: serdes.string, name: 'in' });
  input
    .filter((value) => value !== 'no', { name: 'wanted' })
    .groupByKey()
    .windowedBy(tumbling(10, { graceMs: 0 }))
    .count({ name: 'count', store: 'counts' });
  input.to('copy', { value: serdes.string, name: 'copy' });
  const driver = new TopologyTestDriver(builder.build(), { operatorMetrics: true });
  const topic = driver.input('in', serdes.string, serdes.string);
  topic.pipe('k', 'yes', 1);
  topic.pipe('k', 'no', 5);
  topic.pipe('k', 'yes', 25);
  topic.pipe('k', 'yes', 2);
  topic.pipe(null, 'yes', 26);
  const [task] = driver.metrics;
  assert.deepEqual(
    task!.operators.map(({ lateRecordsDropped, name, recordsIn, recordsSkipped }) => [
      name,
      recordsIn,
      lateRecordsDropped,
      recordsSkipped,
    ]),
    [
      ['in', 5, 0, 0],
      ['wanted', 5, 0, 0],
      ['count', 4, 1, 1],
      ['copy', 5, 0, 0],
    ],
  );
  assert.deepEqual([task!.lateRecordsDropped, task!.recordsSkipped], [1, 1]);
  driver.close();
});
