/**
 * The same topologies here and in Kafka Streams on the same records: `npm run conformance -- streams [--records N] [--seeds N] [NAME …]`.
 * See README.md.
 */
import { parseArgs } from 'node:util';
import { differences } from './compare.ts';
import type { InputRecord, Outcome, Step } from './description.ts';
import { edgeCases } from './edge-cases.ts';
import { JavaPeer, javaClassPath } from './java-peer.ts';
import { NotHere } from './make-topology.ts';
import { randomRecords } from './random-records.ts';
import { randomTopology } from './random-topologies.ts';
import { againstRatchet, type Outcomes } from './ratchet.ts';
import { runHere } from './run-here.ts';
import { topologies } from './topologies.ts';

export async function runStreamsSuite(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      records: { type: 'string', default: '300' },
      seeds: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      compositions: { type: 'string', default: '40' },
      composition: { type: 'string', default: '1' },
      update: { type: 'boolean', default: false },
    },
  });
  const java = await javaClassPath();
  if (typeof java === 'string') {
    console.log(`skipped: ${java}\n0 passed, 0 failed, ${Object.keys(topologies).length} skipped`);
    return 0;
  }
  const outcomes: Outcomes = { passed: [], failed: [], skipped: [] };
  const peer = new JavaPeer(java.classPath);
  try {
    const composed = Array.from({ length: Number(values.compositions) }, (_, n) => Number(values.composition) + n);
    const all = [
      ...Object.entries(topologies),
      ...composed.map((seed) => [`composition ${seed}`, randomTopology(seed)] as const),
    ];
    for (const [name, steps] of all) {
      if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
      const failures: string[] = [];
      try {
        const inputs: [string, InputRecord[]][] = [['edge cases', edgeCases(steps)]];
        for (let seed = Number(values.seed); inputs.length <= Number(values.seeds); seed++) {
          inputs.push([`seed ${seed}`, randomRecords(steps, Number(values.records), seed)]);
        }
        for (const [input, records] of inputs) {
          const found = await compared(peer, steps, records);
          if (found.length > 0) failures.push(...found.map((each) => `${input}: ${each}`));
        }
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
        outcomes.skipped.push(name);
        console.log(`skip ${name}: ${error.message}`);
        continue;
      }
      if (failures.length === 0) outcomes.passed.push(name);
      else {
        outcomes.failed.push(name);
        console.log(`FAIL ${name}\n${failures.map((each) => `     | ${each}`).join('\n')}`);
      }
    }
  } finally {
    await peer.close();
  }
  const { failed, passed, skipped } = outcomes;
  console.log(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return positionals.length === 0 ? await againstRatchet(outcomes, values.update) : Number(failed.length > 0);
}

async function compared(peer: JavaPeer, steps: readonly Step[], records: readonly InputRecord[]): Promise<string[]> {
  // Without caches Kafka Streams leaves headers out where sessions are updated; with caches it has them, as is the case here.
  const hasHeaders = steps.every(({ gapMs }) => gapMs === undefined);
  let here: Outcome;
  try {
    here = runHere({ steps, records, hasHeaders });
  } catch (error) {
    if (error instanceof NotHere) throw error;
    here = {
      description: '',
      topics: {},
      error: error instanceof Error ? (error.stack ?? error.message).slice(0, 300) : String(error),
    };
  }
  // What is sent when its window is closed goes in the order of the store's rows: that of the stores which Kafka Streams has by default.
  const onDisk = steps.some(({ emit }) => emit === 'final');
  return differences(here, await peer.run({ steps, records, hasHeaders, onDisk }), steps);
}
