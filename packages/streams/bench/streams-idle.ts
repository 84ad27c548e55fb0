/**
 * Ten thousand topologies in one process that have nothing to do: what one of them costs in memory and to start, and what all of them cost
 * while nothing comes. Arguments: the number of topologies (10,000), seconds to look on (5). BOOTSTRAP: another broker than the embedded one.
 */
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { Streams, StreamsBuilder, serdes, type Topology } from '../index.ts';

const count = Number(process.argv[2] ?? 10_000);
const seconds = Number(process.argv[3] ?? 5);
const topic = `idle-${process.pid}`;
const isEmbedded = process.env.BOOTSTRAP === undefined;
const broker = isEmbedded ? await (await import('@headwater/broker')).startBroker() : null;
const bootstrap = process.env.BOOTSTRAP ?? broker!.bootstrap;
const client = createClient({ bootstrap, clientId: 'bench' });
await client.createTopics([
  { name: topic, partitions: 1 },
  { name: `${topic}-out`, partitions: 1 },
]);

interface Reading {
  id: string;
  celsius: number;
}

/** A filter and a projection, as a continuous query has them. */
function warmerThan(limit: number): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, Reading>(topic, { value: readings })
    .filter(({ celsius }) => celsius > limit)
    .mapValues(({ id, celsius }) => ({ id, fahrenheit: celsius * 1.8 + 32 }))
    .to(`${topic}-out`);
  return builder.build();
}

const readings = serdes.json<Reading>({ fields: ['id', 'celsius'] });
const memory = () => {
  globalThis.gc?.();
  return process.memoryUsage();
};
const cpuMs = (since: NodeJS.CpuUsage) => {
  const { system, user } = process.cpuUsage(since);
  return (system + user) / 1000;
};

const before = memory();
const [cpuBefore, startedMs] = [process.cpuUsage(), performance.now()];
const streams = new Streams({ applicationId: `idle-${process.pid}`, kafka: bootstrap });
for (let index = 0; index < count; index++) streams.add(warmerThan(1_000 + index), { name: `q${index}` });
await streams.start();
const [startMs, startCpuMs] = [performance.now() - startedMs, cpuMs(cpuBefore)];
const after = memory();
const idleCpu = process.cpuUsage();
await delay(seconds * 1000);
const idleCpuMs = cpuMs(idleCpu) / seconds;
console.log(
  JSON.stringify({
    benchmark: 'streams-idle',
    topologies: count,
    broker: isEmbedded ? 'embedded, in this process' : 'another process',
    startMs: Math.round(startMs),
    startCpuMs: Math.round(startCpuMs),
    startMsEach: Number((startMs / count).toFixed(3)),
    heapBytesEach: Math.round((after.heapUsed - before.heapUsed) / count),
    rssMb: Math.round(after.rss / 2 ** 20),
    rssBytesEach: Math.round((after.rss - before.rss) / count),
    idleCpuMsPerSecond: Number(idleCpuMs.toFixed(1)),
    node: process.version,
    cpu: cpus()[0]!.model,
  }),
);
await streams.close();
await client.close();
await broker?.close();
