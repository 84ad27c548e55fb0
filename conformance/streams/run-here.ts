import { TopologyTestDriver } from '@headwater/streams';
import { inputHeader, type Job, type Outcome, type OutputRecord } from './description.ts';
import { makeTopology } from './make-topology.ts';

/** Runs a job in this project's test driver. */
export function runHere({ hasHeaders, records, steps }: Job): Outcome {
  const topics: Record<string, OutputRecord[]> = {};
  const topology = makeTopology(steps);
  const driver = new TopologyTestDriver(topology, { applicationId: 'app' });
  try {
    let seen = 0;
    for (const [index, [topic, key, value, timestamp]] of records.entries()) {
      if (topic === '') driver.advanceWallClock(timestamp);
      else driver.pipe(topic, key, value, timestamp, hasHeaders ? headersOf(index) : []);
      const { written } = driver;
      for (; seen < written.length; seen++) {
        const each = written[seen]!;
        topics[each.topic] ??= [];
        const headers = each.headers.map((header) => `${header.key}=${textOf(header.value as Buffer)}`).join();
        topics[each.topic]!.push([index, textOf(each.key), textOf(each.value), each.timestamp, headers]);
      }
    }
  } finally {
    driver.close();
  }
  return { description: String(topology.describe()), topics };
}

function headersOf(index: number) {
  const value = inputHeader(index);
  return value === null ? [] : [{ key: 'n', value: Buffer.from(value) }];
}

/** A character a byte. */
function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('latin1');
}
