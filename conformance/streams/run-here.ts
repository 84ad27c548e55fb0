import { TopologyTestDriver } from '@headwater/streams';
import type { Job, Outcome, OutputRecord } from './description.ts';
import { makeTopology } from './make-topology.ts';

/** Runs a job in this project's test driver. */
export function runHere({ records, steps }: Job): Outcome {
  const topics: Record<string, OutputRecord[]> = {};
  const topology = makeTopology(steps);
  const driver = new TopologyTestDriver(topology, { applicationId: 'app' });
  try {
    let seen = 0;
    for (const [index, [topic, key, value, timestamp]] of records.entries()) {
      if (topic === '') driver.advanceWallClock(timestamp);
      else driver.pipe(topic, key, value, timestamp);
      const { written } = driver;
      for (; seen < written.length; seen++) {
        const each = written[seen]!;
        topics[each.topic] ??= [];
        topics[each.topic]!.push([index, textOf(each.key), textOf(each.value), each.timestamp]);
      }
    }
  } finally {
    driver.close();
  }
  return { description: String(topology.describe()), topics };
}

/** A character a byte. */
function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('latin1');
}
