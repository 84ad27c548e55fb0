/** The fuzz test for as long as HEADWATER_SOAK_SECONDS says (default 120), watching the memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzRound } from './fuzz.ts';
import { Random } from './random.ts';

test('hostile bytes, for long', { timeout: 24 * 3600 * 1000 }, async (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  const untilMs = Date.now() + Number(process.env['HEADWATER_SOAK_SECONDS'] ?? 120) * 1000;
  let rounds = 0;
  while (Date.now() < untilMs) {
    for (let n = 0; n < 1000; n++, rounds++) {
      try {
        fuzzRound(random);
      } catch (cause) {
        throw new Error(`SEED=${random.seed}, round ${rounds}`, { cause });
      }
    }
    const { rss } = process.memoryUsage();
    assert.ok(rss < 600 * 1024 * 1024, `${rss} bytes after ${rounds} rounds (SEED=${random.seed})`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.diagnostic(`${rounds} rounds`);
});
