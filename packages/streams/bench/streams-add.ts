/**
 * How long it takes until a topology that is added to a running application works: stateless ones, and ones that count by another key and so need a
 * repartition topic and a changelog. Argument: how many of each (30). BOOTSTRAP: another broker than the embedded one.
 */
import { performance } from 'node:perf_hooks';
import { createClient } from '@headwater/client';
import { Streams, StreamsBuilder, serdes, type Topology } from '../index.ts';

const count = Number(process.argv[2] ?? 30);
const broker = process.env.BOOTSTRAP === undefined ? await (await import('@headwater/broker')).startBroker() : null;
const bootstrap = process.env.BOOTSTRAP ?? broker!.bootstrap;
const client = createClient({ bootstrap, clientId: 'bench' });
const topic = `add-${process.pid}`;
await client.createTopics([
  { name: topic, partitions: 4 },
  { name: `${topic}-out`, partitions: 4 },
]);

function stateless(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>(topic, { value: serdes.string })
    .mapValues((text) => text)
    .to(`${topic}-out`);
  return builder.build();
}

function stateful(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>(topic, { value: serdes.string })
    .groupBy((text) => text, { value: serdes.string })
    .count()
    .toStream()
    .to(`${topic}-out`, { key: serdes.string, value: serdes.long });
  return builder.build();
}

const streams = new Streams({ applicationId: `add-${process.pid}`, kafka: bootstrap });
streams.add(stateless(), { name: 'first' });
await streams.start();
for (const [kind, make] of [
  ['stateless', stateless],
  ['with topics of its own', stateful],
] as const) {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const topology = make();
    const startMs = performance.now();
    await streams.add(topology, { name: `${kind[0]}${kind[5]}${index}` }).started;
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.floor(share * (count - 1))]!.toFixed(1));
  console.log(JSON.stringify({ benchmark: 'streams-add', kind, medianMs: at(0.5), leastMs: at(0), p90Ms: at(0.9) }));
}
await streams.close();
await client.close();
await broker?.close();
