/**
 * Apache Kafka's own perf tools, the same commands in turn on Apache Kafka and on this broker:
 *
 *     npm run bench -- broker/tools [--rounds 3] [--records 1000000] [load …]
 *
 * Loads: `produce-100`, `produce-1024`, `consume-100`, `consume-1024`, `steady` (1,000 records a second, acks=all; the tool's latency of
 * an acknowledgement). Prints a JSON line for each load and broker: CPU seconds of the broker per million records, records a second as
 * the tool says it, its p50 and p99; median, least and greatest of the rounds. Needs `peers/kafka-tool` in HEADWATER_SHARED, and
 * `peers/kafka start` for the comparison.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { cpuSeconds, machine, rssMegabytes, sharedFolder, spread, type Target, targets } from './support/targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, records: { type: 'string', default: '1000000' } },
});
const tool = join(sharedFolder, 'peers/kafka-tool');
const timeoutMs = 180_000;

interface Measured {
  cpu: number;
  rate: number;
  p50: number;
  p99: number;
}

interface Load {
  name: string;
  recordBytes: number;
  /** Of `--records`, so that larger records take about as long. */
  share: number;
  kind: 'produce' | 'consume' | 'steady';
}

const loads: readonly Load[] = [
  { name: 'produce-100', recordBytes: 100, share: 1, kind: 'produce' },
  { name: 'produce-1024', recordBytes: 1024, share: 0.2, kind: 'produce' },
  { name: 'consume-100', recordBytes: 100, share: 1, kind: 'consume' },
  { name: 'consume-1024', recordBytes: 1024, share: 0.2, kind: 'consume' },
  { name: 'steady', recordBytes: 100, share: 0.01, kind: 'steady' },
];

async function kafkaTool(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(tool, args, { timeout: timeoutMs, maxBuffer: 16 << 20 });
  return stdout;
}

/** `1000000 records sent, 223040.0 records/sec (21.27 MB/sec), 3.7 ms avg latency, …, 2 ms 50th, 9 ms 95th, 12 ms 99th, …` */
async function produce(at: Target, topic: string, load: Load, records: number): Promise<Omit<Measured, 'cpu'>> {
  const isSteady = load.kind === 'steady';
  const batching = isSteady ? ['linger.ms=0'] : ['batch.size=65536', 'linger.ms=5'];
  const output = await kafkaTool(
    'producer-perf-test',
    ...['--topic', topic, '--num-records', String(records), '--record-size', String(load.recordBytes)],
    ...['--throughput', isSteady ? '1000' : '-1', '--bootstrap-server', `${at.host}:${at.port}`],
    ...['--command-property', 'acks=all', ...batching],
  );
  const last = output.trim().split('\n').pop() ?? '';
  const find = (pattern: RegExp): number => Number(pattern.exec(last)?.[1]);
  return { rate: find(/([\d.]+) records\/sec/), p50: find(/([\d.]+) ms 50th/), p99: find(/([\d.]+) ms 99th/) };
}

/** A table of one line: …, data consumed, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s. */
async function consume(at: Target, topic: string, records: number): Promise<Omit<Measured, 'cpu'>> {
  const output = await kafkaTool(
    'consumer-perf-test',
    ...['--bootstrap-server', `${at.host}:${at.port}`, '--topic', topic, '--num-records', String(records)],
    ...['--timeout', '30000'],
  );
  const columns = (output.trim().split('\n').pop() ?? '').split(',');
  return { rate: Number(columns[9]), p50: Number.NaN, p99: Number.NaN };
}

async function measure(at: Target, topic: string, load: Load): Promise<Measured> {
  const records = Math.round(Number(values.records) * load.share);
  const before = cpuSeconds(at.pid);
  const measured =
    load.kind === 'consume' ? await consume(at, topic, records) : await produce(at, topic, load, records);
  return { ...measured, cpu: ((cpuSeconds(at.pid) - before) / records) * 1e6 };
}

async function run(): Promise<void> {
  if (!existsSync(tool)) return console.error(`skipped: there is no ${tool}`);
  const brokers = await targets();
  const unique = Date.now().toString(36);
  try {
    for (const load of loads.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
      const topic = `tools-${load.recordBytes}-${load.kind === 'steady' ? 'steady' : 'bulk'}-${unique}`;
      const results = new Map<Target, Measured[]>(brokers.map((at) => [at, []]));
      // What consumers read must be there, also when this load runs alone; and a JVM is slow until it has seen the work.
      const warmUp: Load = { ...load, kind: load.kind === 'steady' ? 'steady' : 'produce' };
      for (const at of brokers) await measure(at, topic, warmUp);
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const at of brokers) results.get(at)!.push(await measure(at, topic, load));
      }
      for (const [at, measured] of results) {
        const line = {
          bench: 'broker/tools',
          load: load.name,
          broker: at.name,
          cpuSecondsPerMillion: spread(measured.map(({ cpu }) => cpu)),
          recordsPerSecond: spread(measured.map(({ rate }) => rate)),
          ...(load.kind === 'consume'
            ? {}
            : { p50Ms: spread(measured.map(({ p50 }) => p50)), p99Ms: spread(measured.map(({ p99 }) => p99)) }),
          rssMegabytes: rssMegabytes(at.pid),
          machine: machine(),
        };
        console.log(JSON.stringify(line));
      }
    }
  } finally {
    for (const at of brokers) at.close();
  }
}

await run();
