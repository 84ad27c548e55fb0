import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../ratchets.json');

/** Names of topologies. */
export interface Outcomes {
  readonly passed: string[];
  readonly failed: string[];
  readonly skipped: string[];
}

/** The names of those that are not the same yet; every other one must be. */
interface Ratchet {
  differ: string[];
  skipped: string[];
}

/** What was the same once must be so again, and what has come new must be at once. `isUpdated`: takes down what differs now. Gives the exit code. */
export async function againstRatchet({ failed, skipped }: Outcomes, isUpdated: boolean): Promise<number> {
  const ratchets = JSON.parse(await readFile(file, 'utf8')) as { streams: Ratchet };
  if (isUpdated) {
    ratchets.streams = { differ: failed, skipped };
    await writeFile(file, `${JSON.stringify(ratchets, null, 2)}\n`);
    return 0;
  }
  const known = ratchets.streams;
  const lost = [
    ...failed.filter((name) => !known.differ.includes(name)),
    ...skipped.filter((name) => !known.skipped.includes(name)),
  ];
  if (lost.length > 0) console.log(`not among those that differ or are missing by ratchets.json: ${lost.join(', ')}`);
  const won = [...known.differ, ...known.skipped].filter((name) => !failed.includes(name) && !skipped.includes(name));
  if (won.length > 0) console.log(`the same now, to be taken out of ratchets.json (--update): ${won.join(', ')}`);
  return Number(lost.length > 0);
}
