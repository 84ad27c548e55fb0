/**
 * click-source: made-up clicks and orders of a shop as lines of JSON, dirty as such are, to `clicks-raw` and `orders-raw`; and who and what they are
 * about, to the tables' topics `customers` and `products`.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { measureSource, WrittenRecords } from '@headwater/connect';
import { createService } from '@headwater/service';
import { runAlone } from '../run-alone.ts';
import { runningService } from '../running-service.ts';
import { type Environment, number, type RunningService, type StartOptions, text, topics } from '../settings.ts';
import { customers, products } from './catalog.ts';
import { rawEvents } from './raw-events.ts';

const tickMs = 100;
const compacted = { 'cleanup.policy': 'compact' };

const name = 'click-source';

export async function start(env: Environment, { logger }: StartOptions = {}): Promise<RunningService> {
  /** Lines a second. */
  const rate = number(env, 'HEADWATER_CLICKSTREAM_RATE', 20, 0.1, 10_000);
  const seed = number(env, 'HEADWATER_CLICKSTREAM_SEED', randomInt(2 ** 31), 0, 2 ** 32 - 1);
  const service = await createService({ name, env, port: 0, ...(logger !== undefined && { logger }) });
  const { log } = service;
  let written = 0;
  const acknowledged = new WrittenRecords();
  let made = 0;
  measureSource(service.metrics, name, () => ({ polled: made, written: acknowledged }));
  service.health('lines', () => ({ status: 'UP', details: { written } }));
  await service.start();
  const bootstrap = text(env, 'HEADWATER_KAFKA_URL', '127.0.0.1:9092');
  /** How many lines the topics are to have in the end, those that are there included; 0: no end. */
  const lines = number(env, 'HEADWATER_CLICKSTREAM_LINES', 0, 0, Number.MAX_SAFE_INTEGER);
  const client = createClient({ bootstrap, clientId: name, logger: log });
  const closing = new AbortController();
  const work = async (): Promise<void> => {
    log.info({ rate, seed }, 'makes clicks and orders up');
    await createTopics(client);
    await writeCatalog(client);
    written = await linesIn(client);
    const producer = client.producer({ lingerMs: 0 });
    const events = rawEvents({ seed, run: Date.now().toString(36) });
    let owed = 0;
    for (let lastMs = performance.now(); !closing.signal.aborted && (lines === 0 || written < lines); ) {
      await delay(tickMs, undefined, { signal: closing.signal });
      const nowMs = performance.now();
      // After a pause of the whole process no more than a second is made up for.
      owed = Math.min(owed + ((nowMs - lastMs) / 1_000) * rate, rate);
      lastMs = nowMs;
      const due = { click: [] as { value: string }[], order: [] as { value: string }[] };
      for (let n = written; owed >= 1 && (lines === 0 || n < lines); owed--, n++) {
        const { kind, line } = events.next().value;
        due[kind].push({ value: line });
      }
      const count = due.click.length + due.order.length;
      made += count;
      const results = await Promise.all([
        producer.send({ topic: topics.clicksRaw, records: due.click }),
        producer.send({ topic: topics.ordersRaw, records: due.order }),
      ]);
      for (const { offset, partition, topic } of results.flat()) acknowledged.add(topic, partition, 1, offset);
      written += count;
    }
  };
  return runningService({ service, client, closing, log }, work());
}

/** Those that are there stay as they are. */
async function createTopics(client: KafkaClient): Promise<void> {
  const have = new Set((await client.metadata()).topics.map(({ name }) => name));
  const wanted = [
    { name: topics.clicksRaw, partitions: 3 },
    { name: topics.ordersRaw, partitions: 3 },
    { name: topics.products, partitions: 3, configs: compacted },
    { name: topics.customers, partitions: 3, configs: compacted },
  ].filter(({ name }) => !have.has(name));
  if (wanted.length > 0) await client.createTopics(wanted);
}

async function linesIn(client: KafkaClient): Promise<number> {
  const ends = await Promise.all(
    [topics.clicksRaw, topics.ordersRaw].map(async (topic) => {
      const [found] = (await client.metadata([topic])).topics;
      const specs = Object.fromEntries(found!.partitions.map((_, partition) => [partition, OffsetSpec.latest]));
      return Object.values(await client.listOffsets(topic, specs));
    }),
  );
  return ends.flat().reduce((sum, { offset }) => sum + offset, 0);
}

async function writeCatalog(client: KafkaClient): Promise<void> {
  const records = (rows: ReadonlyMap<string, object>) =>
    Array.from(rows, ([key, row]) => ({ key, value: JSON.stringify(row) }));
  await client.produce({ topic: topics.products, records: records(products) });
  await client.produce({ topic: topics.customers, records: records(customers) });
}

if (import.meta.main) await runAlone(start);
