/**
 * Records through the REST Proxy: `npm run bench -- rest/proxy [URL] [--seconds 4] [--rounds 3]`. Without a URL a broker in memory and a proxy
 * of our own are started in a process of their own; the load is in this one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startBroker } from '@headwater/broker';
import { startRest } from '../index.ts';

const v2 = 'application/vnd.kafka.v2+json';
const v2Json = 'application/vnd.kafka.json.v2+json';
const topic = `bench-${Date.now()}`;
const partitions = [0, 1, 2];
const value = { id: 1, text: 'x'.repeat(80) };
const recordsAtOnce = 500;

if (process.send === undefined) await measureAll();
else await serve();

async function serve(): Promise<void> {
  const broker = await startBroker();
  const { url } = await startRest({ kafkaUrl: broker.bootstrap, port: 0 });
  process.send!(url);
}

async function measureAll(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string', default: '4' }, rounds: { type: 'string', default: '3' } },
  });
  const own: ChildProcess | null = positionals.length === 0 ? fork(import.meta.filename) : null;
  const url = own === null ? positionals[0]! : String((await once(own, 'message'))[0]);
  const ms = Number(values.seconds) * 1000;
  const machine = { machine: cpus()[0]?.model, cores: cpus().length, node: process.version };
  console.log(JSON.stringify({ ...machine, load: loadavg()[0]?.toFixed(1), own: own !== null }));
  const clusters = await fetch(`${url}/v3/clusters`).then((answer) => answer.json() as Promise<Clusters>);
  const cluster = clusters.data[0]!.cluster_id;
  await post(`${url}/v3/clusters/${cluster}/topics`, JSON.stringify({ topic_name: topic, partitions_count: 3 }));
  const tests = {
    'v2 produce': () => produceV2(url, ms),
    'v3 produce, streamed': () => produceV3(url, cluster, ms),
    'v2 consume': () => consumeV2(url, ms),
  };
  for (const [name, run] of Object.entries(tests)) {
    const rates: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) rates.push(await run());
    rates.sort((a, b) => a - b);
    const recordsPerSecond = rates[rates.length >> 1];
    console.log(JSON.stringify({ test: name, recordsPerSecond, spread: [rates[0], rates.at(-1)] }));
  }
  own?.kill('SIGKILL');
}

interface Clusters {
  data: { cluster_id: string }[];
}

function post(url: string, body: string, type = 'application/json'): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
}

/** Records a second from four callers at once. */
async function produceV2(url: string, ms: number): Promise<number> {
  const body = JSON.stringify({ records: Array.from({ length: recordsAtOnce }, () => ({ value })) });
  let count = 0;
  return measured(
    ms,
    () => count,
    async (isOver) => {
      const caller = async (): Promise<void> => {
        while (!isOver()) {
          const answer = await post(`${url}/topics/${topic}`, body, v2Json);
          await answer.text();
          if (!answer.ok) throw new Error(`produce: ${answer.status}`);
          count += recordsAtOnce;
        }
      };
      await Promise.all([caller(), caller(), caller(), caller()]);
    },
  );
}

/** One request that goes on and on. */
async function produceV3(url: string, cluster: string, ms: number): Promise<number> {
  const line = `${JSON.stringify({ value: { type: 'JSON', data: value } })}\n`;
  const chunk = new TextEncoder().encode(line.repeat(200));
  let count = 0;
  return measured(
    ms,
    () => count,
    async (isOver) => {
      const body = new ReadableStream({
        pull(controller) {
          if (isOver()) controller.close();
          else controller.enqueue(chunk);
        },
      });
      const answer = await fetch(`${url}/v3/clusters/${cluster}/topics/${topic}/records`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        duplex: 'half',
      } as RequestInit);
      for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
        count += text.split('"offset":').length - 1;
      }
    },
  );
}

async function consumeV2(url: string, ms: number): Promise<number> {
  const settings = { format: 'json', 'auto.offset.reset': 'earliest' };
  const made = await post(`${url}/consumers/bench-${crypto.randomUUID()}`, JSON.stringify(settings), v2);
  const { base_uri: instance } = (await made.json()) as { base_uri: string };
  const assigned = partitions.map((partition) => ({ topic, partition }));
  await post(`${instance}/assignments`, JSON.stringify({ partitions: assigned }), v2);
  let count = 0;
  const rate = await measured(
    ms,
    () => count,
    async (isOver) => {
      while (!isOver()) {
        const answer = await fetch(`${instance}/records?max_bytes=1000000`, { headers: { accept: v2Json } });
        count += (await answer.text()).split('"offset":').length - 1;
      }
    },
  );
  await fetch(instance, { method: 'DELETE', headers: { 'content-type': v2 } });
  return rate;
}

/** What was counted in a second, while `run` went on until the time was over. */
async function measured(
  ms: number,
  counted: () => number,
  run: (isOver: () => boolean) => Promise<void>,
): Promise<number> {
  const startedMs = performance.now();
  await run(() => performance.now() - startedMs >= ms);
  return Math.round((counted() / (performance.now() - startedMs)) * 1000);
}
