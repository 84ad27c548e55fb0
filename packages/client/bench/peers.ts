/**
 * This client beside kafkajs and @platformatic/kafka in the same run: records/s and CPU of the client's process, each way.
 *   npm run bench -- client/peers [host:port | embedded] [rounds]     default: an embedded broker in a process of its own, 3 rounds
 * RECORDS (1,000,000) and BYTES (100) of the environment. Each figure is of a fresh process, without its start and warm-up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { createClient } from '../index.ts';
import { clients } from './peer-clients.ts';

const RECORDS = Number(process.env['RECORDS'] ?? 1_000_000);
const BYTES = Number(process.env['BYTES'] ?? 100);
const PARTITIONS = 4;

interface Figure {
  seconds: number;
  cpuSeconds: number;
  rssMb: number;
}

/** Runs this file for one figure, and gives the last line that it prints. */
function child(args: string[]): Promise<Figure> {
  return new Promise((resolve, reject) => {
    const made = spawn(process.execPath, [import.meta.filename, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    made.stdout.on('data', (chunk) => {
      text += chunk;
    });
    made.on('exit', (code) => {
      if (code === 0) resolve(JSON.parse(text.trim().split('\n').at(-1)!));
      else reject(new Error(`${args.join(' ')} ended with ${code}`));
    });
  });
}

async function measure(
  name: string,
  direction: 'produce' | 'consume',
  bootstrap: string,
  topic: string,
): Promise<void> {
  const made = clients[name]!;
  const warmUp = Math.min(50_000, RECORDS);
  const run = async (records: number, round: string): Promise<void> => {
    const job = { bootstrap, topic, records, bytes: BYTES, label: `${round}-${process.pid}` };
    await (direction === 'produce'
      ? made.produce({ ...job, topic: `${topic}${round === 'warm' ? '-warm' : ''}` })
      : made.consume(job));
  };
  await run(warmUp, 'warm');
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await run(RECORDS, 'run');
  const seconds = (performance.now() - startedMs) / 1000;
  const used = process.cpuUsage(cpu);
  const figure = { seconds, cpuSeconds: (used.user + used.system) / 1e6, rssMb: process.memoryUsage().rss / 1e6 };
  process.stdout.write(`${JSON.stringify(figure)}\n`, () => process.exit(0));
}

async function compare(given: string | undefined, rounds: number): Promise<void> {
  let broker: ChildProcess | null = null;
  let bootstrap = given;
  if (bootstrap === undefined) {
    broker = spawn(process.execPath, [import.meta.filename, '--broker'], { stdio: ['ignore', 'pipe', 'inherit'] });
    bootstrap = await new Promise<string>((resolve) =>
      broker!.stdout!.once('data', (line) => resolve(String(line).trim())),
    );
  }
  const client = createClient({ bootstrap, clientId: 'bench' });
  const figures = new Map<string, Figure[]>();
  for (let round = 0; round < rounds; round++) {
    const source = `bench-${process.pid}-${round}`;
    await client.createTopics([{ name: source, partitions: PARTITIONS }]);
    await clients['headwater']!.produce({ bootstrap, topic: source, records: RECORDS, bytes: BYTES, label: 'fill' });
    for (const name of Object.keys(clients)) {
      const topic = `bench-${process.pid}-${round}-${name}`.replace(/[^\w-]/g, '-');
      await client.createTopics([topic, `${topic}-warm`].map((made) => ({ name: made, partitions: PARTITIONS })));
      for (const direction of ['produce', 'consume']) {
        const figure = await child(['--measure', name, direction, bootstrap, direction === 'produce' ? topic : source]);
        const key = `${direction} ${name}`;
        figures.set(key, [...(figures.get(key) ?? []), figure]);
      }
      await client.deleteTopics([topic, `${topic}-warm`]);
    }
    await client.deleteTopics([source]);
  }
  await client.close();
  broker?.kill();
  for (const direction of ['produce', 'consume']) {
    for (const name of Object.keys(clients)) {
      const runs = figures.get(`${direction} ${name}`)!;
      const rates = runs.map(({ seconds }) => Math.round(RECORDS / seconds)).sort((a, b) => a - b);
      const cpu = runs.map(({ cpuSeconds }) => Number(((cpuSeconds / RECORDS) * 1e6).toFixed(2))).sort((a, b) => a - b);
      const middle = Math.floor((runs.length - 1) / 2);
      console.log(
        JSON.stringify({
          bench: `${direction} ${RECORDS} records of ${BYTES} bytes, ${PARTITIONS} partitions`,
          client: name,
          broker: given === undefined ? 'embedded, own process' : given,
          recordsPerSecond: rates[middle],
          spread: rates,
          cpuSecondsPerMillion: cpu[middle],
          cpuSpread: cpu,
          rssMb: Math.round(Math.max(...runs.map(({ rssMb }) => rssMb))),
          node: process.version,
          cpu: cpus()[0]?.model.trim(),
          load: Number(loadavg()[0]!.toFixed(1)),
        }),
      );
    }
  }
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === '--broker') {
  const { startBroker } = await import('@headwater/broker');
  console.log((await startBroker()).bootstrap);
} else if (mode === '--measure') await measure(rest[0]!, rest[1] as 'produce' | 'consume', rest[2]!, rest[3]!);
else await compare(mode === 'embedded' ? undefined : mode, Number(rest[0] ?? 3));
