/** The fuzz test with a million damaged frames, batches and compressed blocks (FRAMES), watching the memory that is in use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzRound } from './fuzz.ts';
import { Random } from './random.ts';

const frames = Number(process.env['FRAMES'] ?? 1_000_000);
const growthMaxBytes = 32 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test(`${frames} damaged frames end in a ProtocolError or an answer, and leave nothing behind`, {
  timeout: 3_500_000,
}, async (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  let beforeBytes = 0;
  let slowestMs = 0;
  for (let round = 0; round < frames; round++) {
    const startedMs = performance.now();
    try {
      fuzzRound(random);
    } catch (cause) {
      throw new Error(`SEED=${random.seed}, round ${round}`, { cause });
    }
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    // By then every decoder has been compiled.
    if (round === Math.floor(frames / 10)) beforeBytes = usedBytes();
    if (round % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const growthBytes = usedBytes() - beforeBytes;
  t.diagnostic(`${(growthBytes / 1024 / 1024).toFixed(1)} MiB growth, the slowest took ${slowestMs.toFixed(0)} ms`);
  assert.ok(growthBytes < growthMaxBytes, `${growthBytes} bytes more after ${frames} frames (SEED=${random.seed})`);
});
