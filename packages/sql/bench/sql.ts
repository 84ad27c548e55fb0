/**
 * The kit's queries q1 to q5 as SQL on this server, beside Kafka Streams' Java programs for the same work: over the same topics of one broker, in
 * turns, results compared by checksum. A line for each query.
 *
 *   npm run bench -- sql [q1 q2k …] [--records N] [--rounds 3] [--guarantee exactly_once_v2] [--alone]
 *
 * `--records` (default 300,000, of q4 and q5 100,000): of the input. `--alone`: without Kafka Streams. Needs ../shared (or HEADWATER_SHARED) with the kit,
 * Java and Python. The broker is BOOTSTRAP, else Apache Kafka where `../shared/peers/kafka start` runs one, else this project's own in another
 * process. Compare CPU: `others` is the share of the machine's that was somebody else's meanwhile. Asked are 4 times the records per CPU second
 * without state (q1), 10 times with it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchBroker, benchBroker, sharedFolder } from './support/bench-broker.ts';
import { machine, type Spread, spread } from './support/figures.ts';
import { kitQueries } from './support/kit-queries.ts';

/** What the kit prints of a run. */
interface KitRun {
  readonly records: number;
  readonly seconds: number;
  readonly cpu_s: number;
  readonly peak_rss_mb: number;
  readonly result_rows: number;
  readonly result_checksum: string;
  readonly others_cpu_share: number;
}

const smaller = new Set(['q4', 'q5']);
const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    guarantee: { type: 'string', default: 'at_least_once' },
    alone: { type: 'boolean', default: false },
  },
});
const queries = positionals.length > 0 ? positionals : ['q1', 'q2', 'q3', 'q4', 'q5'];
const unknown = queries.filter((query) => kitQueries[query] === undefined);
if (unknown.length > 0) {
  console.error(`there is no query ${unknown.join(', ')}; known: ${Object.keys(kitQueries).join(', ')}`);
  process.exit(2);
}
const kit = join(sharedFolder, 'bench/streams/run');
if (!existsSync(kit)) {
  console.error(`not measured: the kit is not at ${kit} (HEADWATER_SHARED names the folder)`);
  process.exit(0);
}
const broker = await benchBroker();
try {
  for (const query of queries) compare(query, broker);
} finally {
  await broker.close();
}

/** One query on both, in turns. */
function compare(query: string, broker: BenchBroker): void {
  const ours: KitRun[] = [];
  const theirs: KitRun[] = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    const side = join(import.meta.dirname, 'support/kit-side.ts');
    ours.push(run(broker, 'cmd', query, ['--', process.execPath, side]));
    if (!flags.alone) theirs.push(run(broker, 'kafka-streams', query, []));
  }
  const all = [...ours, ...theirs];
  const isEqual = all.every(({ result_checksum }) => result_checksum === all[0]!.result_checksum);
  if (!isEqual) process.exitCode = 1;
  console.log(
    JSON.stringify({
      benchmark: 'sql',
      query,
      guarantee: flags.guarantee,
      records: ours[0]!.records,
      resultRows: ours[0]!.result_rows,
      checksum: isEqual ? ours[0]!.result_checksum : all.map(({ result_checksum }) => result_checksum),
      isChecksumEqual: isEqual,
      headwater: figures(ours),
      ...(theirs.length > 0 && {
        kafkaStreams: figures(theirs),
        // Of the runs that were made one after the other.
        timesRecordsPerCpuSecond: spread(theirs.map(({ cpu_s }, round) => cpu_s / ours[round]!.cpu_s)),
        askedTimes: query === 'q1' ? 4 : 10,
      }),
      broker: broker.name,
      ...machine(),
    }),
  );
}

function figures(runs: readonly KitRun[]): Record<string, Spread> {
  return {
    recordsPerCpuSecond: spread(runs.map(({ cpu_s, records }) => records / cpu_s)),
    cpuSeconds: spread(runs.map(({ cpu_s }) => cpu_s)),
    seconds: spread(runs.map(({ seconds }) => seconds)),
    peakMb: spread(runs.map(({ peak_rss_mb }) => peak_rss_mb)),
    others: spread(runs.map(({ others_cpu_share }) => others_cpu_share)),
  };
}

function run({ bootstrap }: BenchBroker, engine: string, query: string, command: readonly string[]): KitRun {
  const records = flags.records ?? (smaller.has(query) ? '100000' : '300000');
  const args = [engine, query, '--records', records, '--bootstrap', bootstrap, '--guarantee', flags.guarantee];
  const made = spawnSync(kit, [...args, ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const line = made.stdout.trim().split('\n').at(-1)!;
  if (made.status !== 0 || line === '') throw new Error(`${engine} ${query}: ${made.stderr}`);
  return JSON.parse(line) as KitRun;
}
