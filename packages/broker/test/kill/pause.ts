import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';

/** So that the logs stay of a size that can be read again at each check. */
export async function pause(random: SeededRandom, maxMs: number): Promise<void> {
  const ms = random.below(maxMs + 1);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
