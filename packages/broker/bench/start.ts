/**
 * How long until a broker answers, and what it costs while nobody uses it:
 *
 *     npm run bench -- broker/start [--rounds 10]
 *
 * `firstMetadataMs`: from the call of `startBroker()`, in memory and on disk, to the first answer to Metadata, in a process that has
 * loaded the package and started one before. `fromProcessStartMs`: the same from the start of a new process. `idle`: resident memory and
 * CPU of a broker in a process of its own, 5 s after its start.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiKey } from '@headwater/protocol';
import { type BrokerOptions, startBroker } from '../index.ts';
import { RawClient } from '../test/raw-client.ts';
import { cpuSeconds, machine, ownBroker, rssMegabytes, type Spread, spread } from './support/targets.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const rounds = Number(values.rounds);
const idleMs = 5_000;

async function askForMetadata(at: { host: string; port: number }): Promise<void> {
  const client = await RawClient.connect(at);
  await client.call(ApiKey.Metadata, 12, { topics: [] });
  client.close();
}

async function firstMetadata(options: () => BrokerOptions): Promise<Spread> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startMs = performance.now();
    const broker = await startBroker(options());
    await askForMetadata(broker);
    if (round > 0) times.push(performance.now() - startMs);
    await broker.close();
  }
  return spread(times);
}

async function newProcess(): Promise<Spread> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startMs = performance.now();
    const broker = await ownBroker();
    await askForMetadata(broker);
    if (round > 0) times.push(performance.now() - startMs);
    broker.close();
  }
  return spread(times);
}

async function idle(): Promise<{ rssMegabytes: number; cpuShare: number }> {
  const broker = await ownBroker();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = cpuSeconds(broker.pid);
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const cpuShare = (cpuSeconds(broker.pid) - before) / (idleMs / 1_000);
  const measured = { rssMegabytes: rssMegabytes(broker.pid), cpuShare };
  broker.close();
  return measured;
}

const folder = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
let count = 0;
process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
const line = {
  bench: 'broker/start',
  firstMetadataMs: {
    inMemory: await firstMetadata(() => ({})),
    onDisk: await firstMetadata(() => ({ dataDir: join(folder, `broker-${count++}`) })),
  },
  fromProcessStartMs: await newProcess(),
  idle: await idle(),
  machine: machine(),
};
console.log(JSON.stringify(line));
rmSync(folder, { recursive: true, force: true });
