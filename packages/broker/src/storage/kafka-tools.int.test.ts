import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { nodeFiles } from './files/node-files.ts';
import { openLogStore } from './log-store.ts';
import { batchOf } from './testing/records.ts';
import { SeededRandom } from './testing/seeded-random.ts';

const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const tool = join(shared, 'peers/kafka-tool');
const dir = mkdtempSync(join(tmpdir(), 'headwater-dump-'));
after(() => rmSync(dir, { recursive: true, force: true }));

function problem(): string | false {
  if (!existsSync(tool)) return `Kafka's tools are not there (${tool})`;
  try {
    execFileSync(tool, ['--list'], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `Kafka's tools do not run: ${(error as Error).message.split('\n')[0]}`;
  }
}

test('Kafka’s own DumpLogSegments reads the segments and finds nothing wrong with the indexes', {
  skip: problem(),
}, async () => {
  const random = new SeededRandom(1);
  const store = await openLogStore({ files: nodeFiles(), dir });
  store.createTopic({
    name: 't',
    partitions: 1,
    configs: { 'segment.bytes': '30000', 'index.interval.bytes': '1000' },
  });
  const log = store.partition('t', 0)!;
  let records = 0;
  for (let n = 0; n < 300; n++) {
    const values = Array.from({ length: 1 + random.below(4) }, () => 'v'.repeat(random.pick([1, 100, 3000])));
    const compression = random.pick(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const);
    log.append(batchOf(values, { timestamp: Date.now() - random.below(1000), compression }));
    records += values.length;
  }
  // An aborted transaction, for its index.
  const producer = { producerId: 7, producerEpoch: 0 };
  log.append(batchOf(['never'], { ...producer, baseSequence: 0, isTransactional: true, timestamp: Date.now() }));
  log.appendMarker({ ...producer, coordinatorEpoch: 0, isCommit: false });
  records += 2;
  await store.close();
  const files = readdirSync(join(dir, 't-0')).filter((name) => /\.(log|index|timeindex|txnindex)$/.test(name));
  assert.ok(files.length > 6);
  const list = files.map((name) => join(dir, 't-0', name)).join(',');
  const { stdout, stderr, status } = spawnSync(tool, ['dump-log', '--deep-iteration', '--files', list], {
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout.match(/\| offset: /g)?.length, records);
  assert.doesNotMatch(stdout, /isvalid: false/);
  assert.match(stdout, /endTxnMarker: ABORT/);
  assert.match(stdout, new RegExp(`producerId: 7 firstOffset: ${records - 2} lastOffset: ${records - 1} `));
  // The tool misses offset 0 in every segment but the first; anything else on its error output is a finding.
  const findings = stderr
    .split('\n')
    .filter((line) => !/^$|^Non-consecutive offsets in |^ {2}-1 is followed by /.test(line));
  assert.deepEqual(findings, []);
});
