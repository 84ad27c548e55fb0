import assert from 'node:assert/strict';
import { globSync, statSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { temporaryDir } from '../fixtures.ts';
import { killAgainAndAgain } from './harness.ts';
import { HeadwaterProcess } from './killable-broker.ts';

test('8 kills under every kind of load: nothing acknowledged is lost', { timeout: 240_000 }, async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  const broker = new HeadwaterProcess(await temporaryDir(t));
  const report = await killAgainAndAgain({ broker, kills: 8, seed });
  t.diagnostic(JSON.stringify({ ...report, findings: broker.findings }));
  assert.ok(report.kills >= 8 && report.checks > 0);
});

test('the harness notices when the last bytes of a log are gone', { timeout: 240_000 }, async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  const dataDir = await temporaryDir(t);
  const broker = new HeadwaterProcess(dataDir);
  broker.afterKill = () => {
    for (const path of globSync(`${dataDir}/kill-numbers-*/*.log`))
      truncateSync(path, Math.max(0, statSync(path).size - 1));
  };
  const error = await killAgainAndAgain({ broker, kills: 20, seed }).then(
    () => assert.fail('it did not notice'),
    (caught: Error) => caught,
  );
  assert.match(
    String(error.cause),
    /AssertionError.*(acknowledged up to|OUT_OF_ORDER_SEQUENCE_NUMBER|found elsewhere)/s,
  );
});
