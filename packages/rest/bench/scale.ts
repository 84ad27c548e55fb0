/**
 * How long the lists take on a large cluster: `node packages/rest/bench/scale.ts [topics] [groups] [bootstrap]`.
 * Without an address an embedded broker in memory is filled first.
 */
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startRest } from '../index.ts';

const topicCount = Number(process.argv[2] ?? 10_000);
const groupCount = Number(process.argv[3] ?? 2_000);
const given = process.argv[4];

const broker = given === undefined ? await startBroker({ port: 0 }) : undefined;
const bootstrap = given ?? broker!.bootstrap;
const client = createClient({ bootstrap, clientId: 'scale' });
const names = Array.from({ length: topicCount }, (_, i) => `scale-${String(i).padStart(6, '0')}`);
for (let at = 0; at < names.length; at += 500)
  await client.createTopics(names.slice(at, at + 500).map((name) => ({ name, partitions: 1 })));
for (let at = 0; at < groupCount; at += 50) {
  const some = Array.from({ length: Math.min(50, groupCount - at) }, (_, i) => at + i);
  await Promise.all(some.map((i) => client.commitOffsets(`scale-${i}`, { [names[i % names.length]!]: { 0: 0 } })));
}
console.log(`${topicCount} topics, ${groupCount} groups`);
const rest = await startRest({ kafkaUrl: bootstrap, port: 0 });

async function time(name: string, path: string, rounds = 5): Promise<void> {
  const times: number[] = [];
  let detail = '';
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    const text = await (await fetch(rest.url + path)).text();
    times.push(performance.now() - started);
    detail = `${(text.length / 1024).toFixed(0)} KiB`;
    // The lists are sampled once a second: each round asks for new ones.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
  const [first, ...later] = times;
  console.log(
    `${name.padEnd(24)} first ${first!.toFixed(0)} ms, then ${later.sort((a, b) => a - b)[later.length >> 1]?.toFixed(0)} ms  ${detail}`,
  );
}

await time('topics, page 1', '/api/topics');
await time('topics, last page', `/api/topics?page=${Math.ceil(topicCount / 50)}`);
await time('topics, search', '/api/topics?search=777');
await time('topic', `/api/topics/${names[0]}`);
await time('groups', '/api/groups');
await time('group', '/api/groups/scale-0');
await time('cluster', '/api/cluster');
const before = process.cpuUsage();
const answer = await fetch(`${rest.url}/api/topics/_live`);
const started = performance.now();
let events = 0;
for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
  events += chunk.split('event: topics').length - 1;
  if (events >= 6 || performance.now() - started > 15_000) break;
}
const { user, system } = process.cpuUsage(before);
console.log(
  `live: ${events} pictures in ${((performance.now() - started) / 1_000).toFixed(1)} s, ${((user + system) / 1_000 / Math.max(1, events)).toFixed(0)} ms CPU each (broker in the same process: ${given === undefined})`,
);
await rest.close();
await client.close();
await broker?.close();
