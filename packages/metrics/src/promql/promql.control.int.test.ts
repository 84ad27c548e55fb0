import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePromql } from '../../control/compare-promql.ts';
import { toolPath } from '../../control/real-prometheus.ts';

const isThere = toolPath('prometheus') !== undefined && toolPath('promtool') !== undefined;
/** Answers that may differ, of a thousand: the last digits of floating point, and the order of equal values in `topk`. A ratchet: it only falls. */
const differencesMax = 10;

test('random queries have the answers of the real Prometheus', {
  skip: isThere ? false : 'no prometheus on the PATH',
}, async (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  const count = Number(process.env['COUNT'] ?? 600);
  t.diagnostic(`SEED=${seed} COUNT=${count}`);
  const { differences, queries, refused, withValues } = await comparePromql(seed, count);
  t.diagnostic(
    `${queries} queries: ${withValues} with values, ${refused} refused by both, ${differences.length} differences`,
  );
  for (const each of differences) t.diagnostic(JSON.stringify(each));
  assert.ok(withValues > queries / 3, `only ${withValues} of ${queries} had values`);
  assert.ok(
    differences.length <= Math.ceil((queries * differencesMax) / 1_000) + 2,
    `SEED=${seed}: ${differences.length} differences`,
  );
});
