/**
 * Many at once: 50 connections that produce to 200 partitions, one request in flight each, while 50 others read them with long polls; and
 * what one of the readers sees.
 *
 *     npm run bench -- broker/many [--connections 50] [--partitions 200] [--seconds 5] [--rounds 3]
 *
 * Apache Kafka is measured in turn with it where it runs.
 */
import { parseArgs } from 'node:util';
import { ApiKey, decodeResponse, encodeBatch, encodeRequest } from '@headwater/protocol';
import { RawClient } from '../test/raw-client.ts';
import { cpuSeconds, machine, rssMegabytes, spread, type Target, targets } from './support/targets.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '50' },
    partitions: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const connections = Number(values.connections);
const partitions = Number(values.partitions);
const recordsPerRequest = 10;
const value = Buffer.alloc(90, 'x');

interface Measured {
  cpu: number;
  produced: number;
  fetched: number;
  p50: number;
  p99: number;
}

/** One request after the other, to the partitions in turn; the times until each was acknowledged. */
async function produce(at: Target, topic: string, first: number, endMs: number): Promise<number[]> {
  const client = await RawClient.connect(at);
  const times: number[] = [];
  for (let index = first; performance.now() < endMs; index = (index + connections) % partitions) {
    const records = encodeBatch({
      records: Array.from({ length: recordsPerRequest }, () => ({ value })),
      timestamp: Date.now(),
    });
    const topicData = [{ name: topic, partitionData: [{ index, records }] }];
    const startMs = performance.now();
    client.write(encodeRequest(ApiKey.Produce, 9, 1, 'bench', { acks: -1, timeoutMs: 10_000, topicData }));
    await client.nextFrame();
    times.push(performance.now() - startMs);
  }
  client.close();
  return times;
}

/** Follows a share of the partitions from their ends; how many bytes of records came. */
async function consume(at: Target, topic: string, share: number, endMs: number): Promise<number> {
  const client = await RawClient.connect(at);
  const mine = Array.from({ length: partitions }, (_, index) => index).filter((index) => index % connections === share);
  const list = await client.call(ApiKey.ListOffsets, 4, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: mine.map((partitionIndex) => ({ partitionIndex, timestamp: -1 })) }],
  });
  const offsets = new Map(list.topics[0]!.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]));
  let bytes = 0;
  while (performance.now() < endMs) {
    const wanted = mine.map((partition) => ({
      partition,
      fetchOffset: offsets.get(partition)!,
      partitionMaxBytes: 1 << 20,
    }));
    const body = { maxWaitMs: 200, minBytes: 1, maxBytes: 1 << 24, topics: [{ topic, partitions: wanted }] };
    client.send(ApiKey.Fetch, 11, body);
    const answer = decodeResponse(ApiKey.Fetch, 11, await client.nextFrame()).body;
    for (const { partitionIndex, records } of answer.responses[0]!.partitions) {
      for (let from = 0; records !== null && from < records.length; from += 12 + records.readInt32BE(from + 8)) {
        offsets.set(partitionIndex, Number(records.readBigInt64BE(from)) + records.readInt32BE(from + 23) + 1);
      }
      bytes += records?.length ?? 0;
    }
  }
  client.close();
  return bytes;
}

async function measure(at: Target, topic: string): Promise<Measured> {
  const startMs = performance.now();
  const endMs = startMs + Number(values.seconds) * 1_000;
  const cpuBefore = cpuSeconds(at.pid);
  const all = Array.from({ length: connections }, (_, index) => index);
  const [times, bytes] = await Promise.all([
    Promise.all(all.map((index) => produce(at, topic, index, endMs))),
    Promise.all(all.map((index) => consume(at, topic, index, endMs))),
  ]);
  const sorted = times.flat().sort((a, b) => a - b);
  const produced = sorted.length * recordsPerRequest;
  const elapsedS = (performance.now() - startMs) / 1_000;
  return {
    cpu: ((cpuSeconds(at.pid) - cpuBefore) / produced) * 1e6,
    produced: produced / elapsedS,
    fetched: bytes.reduce((sum, each) => sum + each, 0) / 1e6 / elapsedS,
    p50: sorted[sorted.length >> 1]!,
    p99: sorted[Math.floor(sorted.length * 0.99)]!,
  };
}

const brokers = await targets();
const topic = `many-${Date.now().toString(36)}`;
const results = new Map<Target, Measured[]>();
for (const at of brokers) {
  const client = await RawClient.connect(at);
  const body = { name: topic, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] };
  await client.call(ApiKey.CreateTopics, 5, { topics: [body] });
  client.close();
  await measure(at, topic);
  results.set(at, []);
}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const at of brokers) results.get(at)!.push(await measure(at, topic));
}
for (const [at, measured] of results) {
  const line = {
    bench: 'broker/many',
    connections,
    partitions,
    broker: at.name,
    cpuSecondsPerMillionProducedAndFetched: spread(measured.map(({ cpu }) => cpu)),
    producedPerSecond: spread(measured.map(({ produced }) => produced)),
    fetchedMegabytesPerSecond: spread(measured.map(({ fetched }) => fetched)),
    ackP50Ms: spread(measured.map(({ p50 }) => p50)),
    ackP99Ms: spread(measured.map(({ p99 }) => p99)),
    rssMegabytes: rssMegabytes(at.pid),
    machine: machine(),
  };
  console.log(JSON.stringify(line));
}
for (const at of brokers) at.close();
