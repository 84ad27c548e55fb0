/** What the choice looks at of a run. */
export interface RunFacts {
  readonly sizeBytes: number;
  readonly oldestMs: number;
  readonly newestMs: number;
}

/** Fewer are left alone. */
const runsMin = 4;
/** A run that is larger than this many times all newer ones together is left for later. */
const sizeRatio = 1.5;

/**
 * Which runs, the newest first, are to become one: [from, to), or null. Newer ones are merged as soon as together they are about as large as
 * the next, so that a row is written again a number of times that grows with the logarithm of all there are. A run of which half is past its
 * time is written anew alone. `limitMs`: rows of before are past their time.
 */
export function runsToMerge(runs: readonly RunFacts[], limitMs: number): [from: number, to: number] | null {
  for (let index = 0; index < runs.length; index++) {
    const { newestMs, oldestMs } = runs[index]!;
    if (limitMs > oldestMs && limitMs - oldestMs >= (newestMs - oldestMs) / 2) return [index, index + 1];
  }
  if (runs.length < runsMin) return null;
  let bytes = runs[0]!.sizeBytes;
  let count = 1;
  while (count < runs.length && runs[count]!.sizeBytes <= bytes * sizeRatio) bytes += runs[count++]!.sizeBytes;
  if (count > 1) return [0, count];
  // One large run that is newer than many small ones: those first.
  for (let from = 1; from + 1 < runs.length; from++) {
    if (runs[from + 1]!.sizeBytes <= runs[from]!.sizeBytes * sizeRatio) return [from, from + 2];
  }
  return null;
}
