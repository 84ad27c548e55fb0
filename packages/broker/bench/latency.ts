/**
 * End-to-end latency at a steady rate: one connection produces single records at their times (acks=all), another one waits for them in
 * long polls; a record's time runs from when it was due until the answer of the fetch that holds it has been read.
 *
 *     npm run bench -- broker/latency [--rate 1000] [--seconds 5] [--rounds 3]
 *
 * Apache Kafka is measured in turn with it where it runs. The loader shares the machine, so its own delays are in the figures of both.
 */
import { parseArgs } from 'node:util';
import { ApiKey, decodeRecords, decodeResponse, encodeBatch, encodeRequest } from '@headwater/protocol';
import { RawClient } from '../test/raw-client.ts';
import { cpuSeconds, machine, spread, type Target, targets } from './support/targets.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const rate = Number(values.rate);
const count = Math.round(rate * Number(values.seconds));

interface Measured {
  p50: number;
  p99: number;
  p999: number;
  cpu: number;
}

async function consume(at: Target, topic: string, startMs: number, firstOffset: number): Promise<number[]> {
  const reader = await RawClient.connect(at);
  const latencies: number[] = [];
  let offset = firstOffset;
  while (latencies.length < count) {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20 }];
    reader.send(ApiKey.Fetch, 11, {
      maxWaitMs: 5_000,
      minBytes: 1,
      maxBytes: 1 << 24,
      topics: [{ topic, partitions }],
    });
    const frame = await reader.nextFrame();
    const nowMs = performance.now();
    const { records } = decodeResponse(ApiKey.Fetch, 11, frame).body.responses[0]!.partitions[0]!;
    for (let at = 0; records !== null && at < records.length; at += 12 + records.readInt32BE(at + 8)) {
      for (const record of decodeRecords(records, at)) {
        latencies.push(nowMs - (startMs + (record.value!.readInt32BE(0) * 1_000) / rate));
        offset = record.offset + 1;
      }
    }
  }
  reader.close();
  return latencies;
}

/** As many as are due by now, each in a request of its own; answers are read as they come. */
async function produce(at: Target, topic: string, startMs: number): Promise<void> {
  const writer = await RawClient.connect(at);
  let answered = 0;
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - startMs) * rate) / 1_000));
    for (; sent < due; sent++) {
      const value = Buffer.alloc(90, 'x');
      value.writeInt32BE(sent);
      const partitionData = [{ index: 0, records: encodeBatch({ records: [{ value }], timestamp: Date.now() }) }];
      const body = { acks: -1, timeoutMs: 10_000, topicData: [{ name: topic, partitionData }] };
      writer.write(encodeRequest(ApiKey.Produce, 9, sent, 'bench', body));
    }
    answered += writer.frames.splice(0).length;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await writer.until(() => answered + writer.frames.length >= count);
  writer.close();
}

async function endOffset(at: Target, topic: string): Promise<number> {
  const client = await RawClient.connect(at);
  const partitions = [{ partitionIndex: 0, timestamp: -1 }];
  const body = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }] };
  const list = await client.call(ApiKey.ListOffsets, 4, body);
  client.close();
  return list.topics[0]!.partitions[0]!.offset;
}

async function measure(at: Target, topic: string): Promise<Measured> {
  const firstOffset = await endOffset(at, topic);
  const cpuBefore = cpuSeconds(at.pid);
  const startMs = performance.now() + 50;
  const [latencies] = await Promise.all([consume(at, topic, startMs, firstOffset), produce(at, topic, startMs)]);
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)]!;
  const cpu = ((cpuSeconds(at.pid) - cpuBefore) / count) * 1e6;
  return { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), cpu };
}

const brokers = await targets();
const topic = `latency-${Date.now().toString(36)}`;
const results = new Map<Target, Measured[]>();
for (const at of brokers) {
  const client = await RawClient.connect(at);
  const body = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
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
    bench: 'broker/latency',
    recordsPerSecond: rate,
    broker: at.name,
    p50Ms: spread(measured.map(({ p50 }) => p50)),
    p99Ms: spread(measured.map(({ p99 }) => p99)),
    p999Ms: spread(measured.map(({ p999 }) => p999)),
    cpuSecondsPerMillion: spread(measured.map(({ cpu }) => cpu)),
    machine: machine(),
  };
  console.log(JSON.stringify(line));
}
for (const at of brokers) at.close();
