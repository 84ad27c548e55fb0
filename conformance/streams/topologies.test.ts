import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgeCases } from './edge-cases.ts';
import { NotHere } from './make-topology.ts';
import { randomRecords } from './random-records.ts';
import { runHere } from './run-here.ts';
import { topologies } from './topologies.ts';

// What Kafka Streams makes of them is told by `npm run conformance -- streams`; this needs no Java.
test('each topology runs on the edge cases', () => {
  let count = 0;
  for (const [name, steps] of Object.entries(topologies)) {
    try {
      const { topics } = runHere({ steps, records: edgeCases(steps), hasHeaders: true });
      if (Object.keys(topics).length > 0) count++;
      else console.log(`nothing was written by ${name}`);
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
    }
  }
  assert.ok(count >= 60, `${count} topologies could be made and wrote something`);
});

test('random records are the same for the same seed', () => {
  const steps = topologies['stream-table join']!;
  assert.deepEqual(randomRecords(steps, 50, 7), randomRecords(steps, 50, 7));
  assert.notDeepEqual(randomRecords(steps, 50, 7), randomRecords(steps, 50, 8));
});
