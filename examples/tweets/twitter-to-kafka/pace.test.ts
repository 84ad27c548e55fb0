import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pace } from './pace.ts';

test('the rate is kept on average, in batches when it is high', async () => {
  const stop = new AbortController();
  const started = performance.now();
  let due = 0;
  let batches = 0;
  for await (const count of pace(20_000, stop.signal)) {
    due += count;
    batches += 1;
    if (due >= 6_000) stop.abort();
  }
  const seconds = (performance.now() - started) / 1_000;
  const rate = due / seconds;
  // A loaded machine may fall behind; it must never be too fast (the first second's debt included).
  assert.ok(rate < 30_000, `${rate} a second`);
  assert.ok(batches < due / 10, `${batches} batches for ${due}`);
});

test('it ends at once when it is aborted', async () => {
  const stop = new AbortController();
  const first = pace(0.01, stop.signal);
  await first.next(); // the first one is due at once
  const second = first.next();
  stop.abort();
  assert.equal((await second).done, true);
});
