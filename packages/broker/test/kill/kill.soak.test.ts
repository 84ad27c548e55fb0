import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { temporaryDir } from '../fixtures.ts';
import { killAgainAndAgain } from './harness.ts';
import { ForeignBroker, HeadwaterProcess } from './killable-broker.ts';

const kills = Number(process.env['KILLS'] ?? 200);
const pauseMs = Number(process.env['PAUSE_MS'] ?? 400);
/** Another broker as the control of the harness itself, such as Apache Kafka: shell commands that start it (and print its address) and kill it. */
const startCommand = process.env['KILL_START'];
const killCommand = process.env['KILL_KILL'];

test(`${kills} kills under every kind of load: nothing acknowledged is lost`, { timeout: 3_500_000 }, async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  const own = new HeadwaterProcess(await temporaryDir(t));
  const isForeign = startCommand !== undefined && killCommand !== undefined;
  const broker = isForeign ? new ForeignBroker(startCommand, killCommand) : own;
  const startedMs = performance.now();
  const onKill = (kill: number) => {
    if (kill % 10 === 0) t.diagnostic(`${kill} kills, ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  };
  const report = await killAgainAndAgain({ broker, kills, seed, pauseMs, onKill });
  t.diagnostic(JSON.stringify({ ...report, findings: own.findings }));
  assert.ok(report.kills >= kills && report.checks > 0);
});
