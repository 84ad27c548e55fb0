/**
 * A process to be killed: appends as fast as it can to the data directory that it is given, and prints a line for each append after
 * it was acknowledged: `partition baseOffset count firstValue`.
 */
import { writeSync } from 'node:fs';
import { nodeFiles } from '../files/node-files.ts';
import { openLogStore } from '../log-store.ts';
import { batchOf } from './records.ts';
import { SeededRandom } from './seeded-random.ts';

const [dir, seed] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const store = await openLogStore({
  files: nodeFiles(),
  dir: dir!,
  config: { 'log.flush.offset.checkpoint.interval.ms': 50 },
});
if (store.topic('kill') === undefined) {
  store.createTopic({ name: 'kill', partitions: 3, configs: { 'segment.bytes': '200000' } });
}
const producerId = store.nextProducerId();
const sequences = [0, 0, 0];
for (let n = 0; ; n++) {
  const partition = random.below(3);
  const count = 1 + random.below(20);
  const first = `${producerId}.${n}`;
  const values = Array.from({ length: count }, (_, at) => `${first}.${at}`.padEnd(random.pick([1, 50, 2000]), '.'));
  const baseSequence = sequences[partition]!;
  sequences[partition]! += count;
  const batch = batchOf(values, { timestamp: Date.now(), producerId, producerEpoch: 0, baseSequence });
  const { baseOffset } = store.partition('kill', partition)!.append(batch);
  writeSync(1, `${partition} ${baseOffset} ${count} ${first}\n`);
  // Checkpoints and rolls get their turn.
  if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
}
