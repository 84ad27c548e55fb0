/**
 * The same topologies here and in Kafka Streams on the same records: `npm run conformance -- streams [--records N] [--seeds N] [NAME …]`.
 * See README.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { differences } from './compare.ts';
import type { InputRecord, Outcome, Step } from './description.ts';
import { edgeCases } from './edge-cases.ts';
import { JavaPeer, javaClassPath } from './java-peer.ts';
import { NotHere } from './make-topology.ts';
import { randomRecords } from './random-records.ts';
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
      update: { type: 'boolean', default: false },
    },
  });
  const java = await javaClassPath();
  if (typeof java === 'string') {
    console.log(`skipped: ${java}\n0 passed, 0 failed, ${Object.keys(topologies).length} skipped`);
    return 0;
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const peer = new JavaPeer(java.classPath);
  try {
    for (const [name, steps] of Object.entries(topologies)) {
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
        counts.skipped++;
        console.log(`skip ${name}: ${error.message}`);
        continue;
      }
      if (failures.length === 0) counts.passed++;
      else {
        counts.failed++;
        console.log(`FAIL ${name}\n${failures.map((each) => `     | ${each}`).join('\n')}`);
      }
    }
  } finally {
    await peer.close();
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return positionals.length === 0 ? await againstRatchet(counts, values.update) : Number(counts.failed > 0);
}

const ratchetFile = join(import.meta.dirname, '../ratchets.json');

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What passed once must pass again. */
async function againstRatchet({ failed, passed, skipped }: Counts, isUpdated: boolean): Promise<number> {
  const ratchets = JSON.parse(await readFile(ratchetFile, 'utf8')) as Record<string, { passed: number; total: number }>;
  const { streams } = ratchets;
  if (isUpdated) {
    ratchets['streams'] = { passed, total: passed + failed + skipped };
    await writeFile(ratchetFile, `${JSON.stringify(ratchets, null, 2)}\n`);
  } else if (streams !== undefined && passed < streams.passed) {
    console.log(`${streams.passed} have passed before (ratchets.json)`);
    return 1;
  }
  return 0;
}

async function compared(peer: JavaPeer, steps: readonly Step[], records: readonly InputRecord[]): Promise<string[]> {
  let here: Outcome;
  try {
    here = runHere({ steps, records });
  } catch (error) {
    if (error instanceof NotHere) throw error;
    here = {
      description: '',
      topics: {},
      error: error instanceof Error ? (error.stack ?? error.message).slice(0, 300) : String(error),
    };
  }
  return differences(here, await peer.run({ steps, records }), steps);
}
