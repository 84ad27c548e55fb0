/**
 * Load on a broker by raw frames and a batch that is encoded once, so that the loader costs little and the broker is what is measured:
 *
 *     npm run bench -- broker/load [--seconds 3] [--rounds 3] [load …]
 *
 * Apache Kafka is measured in turn with it where it runs (peers/kafka in HEADWATER_SHARED). Prints a JSON line for each load and
 * broker: its CPU seconds per million records (from /proc, so Linux only), records a second, latency where it is the point, resident
 * memory; median, least and greatest of the rounds.
 */
import { parseArgs } from 'node:util';
import { ApiKey, decodeResponse, encodeBatch, encodeRequest } from '@headwater/protocol';
import { RawClient } from '../test/raw-client.ts';
import { cpuSeconds, machine, rssMegabytes, spread, targets as startTargets, type Target } from './support/targets.ts';

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
  options: { seconds: { type: 'string', default: '3' }, rounds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);

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

interface Measured {
  cpu: number;
  rate: number;
  p50: number;
  p99: number;
}

async function measure(at: Target, topic: string, load: Load): Promise<Measured> {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const cpuBefore = cpuSeconds(at.pid);
  let records = 0;
  let latency = { p50: Number.NaN, p99: Number.NaN };
  if (load.kind === 'ping-pong') {
    const { count, p50, p99 } = await pumpPingPong(at, topic, produceFrame(topic, load, 1), endMs);
    records = count;
    latency = { p50, p99 };
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
  return { cpu: ((cpuSeconds(at.pid) - cpuBefore) / records) * 1e6, rate: records / elapsedS, ...latency };
}

async function createTopic(at: Target, name: string): Promise<void> {
  const client = await RawClient.connect(at);
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await client.call(ApiKey.CreateTopics, 5, { topics: [topic] });
  client.close();
}

async function prepare(at: Target, load: Load, topic: string): Promise<void> {
  await createTopic(at, topic);
  if (load.kind === 'fetch') {
    const client = await RawClient.connect(at);
    await pump(client, produceFrame(topic, load, 1), 5, performance.now() + 1_000);
    client.close();
  }
  await measure(at, topic, load);
}

async function run(): Promise<void> {
  const targets = await startTargets();
  const unique = Date.now().toString(36);
  for (const load of loads.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const topic = `bench-${load.name}-${unique}`;
    const results = new Map<Target, Measured[]>();
    for (const at of targets) {
      await prepare(at, load, topic);
      results.set(at, []);
    }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const at of targets) results.get(at)!.push(await measure(at, topic, load));
    }
    for (const [at, measured] of results) {
      const line = {
        bench: 'broker/load',
        load: load.name,
        broker: at.name,
        cpuSecondsPerMillion: spread(measured.map(({ cpu }) => cpu)),
        recordsPerSecond: spread(measured.map(({ rate }) => rate)),
        ...(load.kind === 'ping-pong'
          ? { p50Ms: spread(measured.map(({ p50 }) => p50)), p99Ms: spread(measured.map(({ p99 }) => p99)) }
          : {}),
        rssMegabytes: rssMegabytes(at.pid),
        machine: machine(),
      };
      console.log(JSON.stringify(line));
    }
  }
  for (const at of targets) at.close();
}

await run();
