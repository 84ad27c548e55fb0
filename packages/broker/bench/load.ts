/**
 * Load on a broker by raw frames and a batch that is encoded once, so that the loader costs little and the broker is what is measured:
 *
 *     node packages/broker/bench/load.ts [--bootstrap HOST:PORT --pid N] [--seconds 3] [--rounds 3] [load …]
 *
 * Prints for each load and round the rate and the broker's CPU seconds per million records (from /proc, so Linux only), with the
 * median. Without --bootstrap it starts a broker on disk. Against Apache Kafka give its address and pid.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ApiKey, decodeResponse, encodeBatch, encodeRequest } from '@headwater/protocol';
import { RawClient } from '../test/raw-client.ts';

interface Load {
  name: string;
  connections: number;
  inFlight: number;
  recordsPerRequest: number;
  recordBytes: number;
  kind: 'produce' | 'fetch' | 'ping-pong';
}

const loads: readonly Load[] = [
  { name: 'produce-560x100', kind: 'produce', connections: 2, inFlight: 5, recordsPerRequest: 560, recordBytes: 100 },
  { name: 'produce-60x1024', kind: 'produce', connections: 2, inFlight: 5, recordsPerRequest: 60, recordBytes: 1024 },
  { name: 'produce-1x100', kind: 'produce', connections: 4, inFlight: 10, recordsPerRequest: 1, recordBytes: 100 },
  { name: 'fetch-100', kind: 'fetch', connections: 2, inFlight: 1, recordsPerRequest: 560, recordBytes: 100 },
  { name: 'ping-pong', kind: 'ping-pong', connections: 1, inFlight: 1, recordsPerRequest: 1, recordBytes: 100 },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bootstrap: { type: 'string' },
    pid: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});
const seconds = Number(values.seconds);

interface Target {
  host: string;
  port: number;
  pid: number;
  close(): void;
}

async function target(): Promise<Target> {
  if (values.bootstrap !== undefined) {
    const [host, port] = values.bootstrap.split(':') as [string, string];
    return { host, port: Number(port), pid: Number(values.pid), close() {} };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support/broker-process.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { bootstrap, pid } = JSON.parse(line);
    const [host, port] = bootstrap.split(':');
    const close = () => {
      child.once('close', () => rmSync(dataDir, { recursive: true, force: true }));
      child.kill('SIGTERM');
    };
    return { host, port: Number(port), pid, close };
  }
  throw new Error('the broker did not start');
}

/** User and system time of a process, in seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rssMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function produceFrame(topic: string, load: Load, correlationId: number): Buffer {
  const value = Buffer.alloc(load.recordBytes - 10, 'x');
  const records = encodeBatch({
    records: Array.from({ length: load.recordsPerRequest }, () => ({ value })),
    timestamp: Date.now(),
  });
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  return encodeRequest(ApiKey.Produce, 9, correlationId, 'bench', { acks: -1, timeoutMs: 10_000, topicData });
}

/** Keeps `inFlight` requests on a connection until the time is over; returns how many were answered. */
async function pump(client: RawClient, frame: Buffer, inFlight: number, endMs: number): Promise<number> {
  let sent = 0;
  let answered = 0;
  for (; sent < inFlight; sent++) client.write(frame);
  while (answered < sent) {
    await client.nextFrame();
    answered++;
    while (client.frames.length > 0) {
      client.frames.shift();
      answered++;
    }
    if (performance.now() > endMs) continue;
    for (; sent - answered < inFlight; sent++) client.write(frame);
  }
  return answered;
}

const fetchBytes = 1024 * 1024;

/** Reads the topic from the start again and again, counting whole answers. */
async function pumpFetch(client: RawClient, topic: string, load: Load, endMs: number): Promise<number> {
  let records = 0;
  let offset = 0;
  while (performance.now() < endMs) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: fetchBytes }];
    const body = { maxWaitMs: 0, minBytes: 1, maxBytes: 50 * fetchBytes, topics: [{ topic, partitions }] };
    client.send(ApiKey.Fetch, 11, body);
    const answer = decodeResponse(ApiKey.Fetch, 11, await client.nextFrame()).body.responses[0]!.partitions[0]!;
    const bytes = answer.records?.length ?? 0;
    const count = Math.floor(bytes / (load.recordBytes + 1));
    records += count;
    if (bytes === 0) offset = 0;
    else offset += Math.floor(count / load.recordsPerRequest) * load.recordsPerRequest;
  }
  return records;
}

/** One record produced, then fetched by a long poll that waits for it: the end-to-end way. */
async function pumpPingPong(
  at: Target,
  topic: string,
  frame: Buffer,
  endMs: number,
): Promise<{ count: number; p50: number; p99: number }> {
  const [writer, reader] = [await RawClient.connect(at), await RawClient.connect(at)];
  const list = await writer.call(ApiKey.ListOffsets, 4, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  });
  let offset = list.topics[0]!.partitions[0]!.offset;
  const times: number[] = [];
  while (performance.now() < endMs) {
    const partitions = [{ partition: 0, fetchOffset: offset++, partitionMaxBytes: fetchBytes }];
    reader.send(ApiKey.Fetch, 11, { maxWaitMs: 5_000, minBytes: 1, topics: [{ topic, partitions }] });
    const startMs = performance.now();
    writer.write(frame);
    await reader.nextFrame();
    times.push(performance.now() - startMs);
    await writer.nextFrame();
  }
  writer.close();
  reader.close();
  times.sort((a, b) => a - b);
  return { count: times.length, p50: times[times.length >> 1]!, p99: times[Math.floor(times.length * 0.99)]! };
}

async function measure(at: Target, topic: string, load: Load): Promise<{ cpu: number; rate: number; note: string }> {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const cpuBefore = cpuSeconds(at.pid);
  let records = 0;
  let note = '';
  if (load.kind === 'ping-pong') {
    const { count, p50, p99 } = await pumpPingPong(at, topic, produceFrame(topic, load, 1), endMs);
    records = count;
    note = `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  } else {
    const clients = await Promise.all(Array.from({ length: load.connections }, () => RawClient.connect(at)));
    const counts = await Promise.all(
      clients.map(async (client) =>
        load.kind === 'fetch'
          ? pumpFetch(client, topic, load, endMs)
          : (await pump(client, produceFrame(topic, load, 1), load.inFlight, endMs)) * load.recordsPerRequest,
      ),
    );
    for (const client of clients) client.close();
    records = counts.reduce((sum, count) => sum + count, 0);
  }
  const elapsedS = (performance.now() - startMs) / 1_000;
  return { cpu: ((cpuSeconds(at.pid) - cpuBefore) / records) * 1e6, rate: records / elapsedS, note };
}

async function createTopic(at: Target, name: string): Promise<void> {
  const client = await RawClient.connect(at);
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await client.call(ApiKey.CreateTopics, 5, { topics: [topic] });
  client.close();
}

async function run(): Promise<void> {
  const at = await target();
  console.log(`${at.host}:${at.port}, Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`);
  const unique = Date.now().toString(36);
  for (const load of loads.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const topic = `bench-${load.name}-${unique}`;
    await createTopic(at, topic);
    if (load.kind === 'fetch') {
      const client = await RawClient.connect(at);
      await pump(client, produceFrame(topic, load, 1), 5, performance.now() + 1_000);
      client.close();
    }
    await measure(at, topic, load);
    const cpus: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const { cpu, rate, note } = await measure(at, topic, load);
      cpus.push(cpu);
      console.log(
        `${load.name.padEnd(18)} ${cpu.toFixed(3).padStart(9)} s/M  ${Math.round(rate).toLocaleString('en').padStart(11)}/s  ${note}`,
      );
    }
    cpus.sort((a, b) => a - b);
    console.log(
      `${load.name.padEnd(18)} ${cpus[cpus.length >> 1]!.toFixed(3).padStart(9)} s/M  median; rss ${rssMegabytes(at.pid).toFixed(0)} MB`,
    );
  }
  at.close();
}

await run();
