import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { silentLogger } from '@headwater/logger';
import { startSearch } from '@headwater/search';
import { readExposition, valuesOf } from '../../tweets/test/exposition.ts';
import { eventually } from '../../tweets/test/truth.ts';
import { start as startClickSearch } from '../click-search/main.ts';
import { start as startClickSource } from '../click-source/main.ts';
import { topics } from '../settings.ts';

const order = (id: string, totalCents: number) => ({ key: id, value: JSON.stringify({ id, totalCents }) });
const metricsOf = async (url: string) => readExposition(await (await fetch(`${url}/metrics`)).text());

test('click-search: the index holds what the table has; an order whose row is gone is gone', async (t) => {
  await using broker = await startBroker();
  const search = await startSearch();
  t.after(() => search.close());
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  const env = { HEADWATER_KAFKA_URL: broker.bootstrap, HEADWATER_SEARCH_URL: search.url };
  await client.createTopics([{ name: topics.result, partitions: 1 }]);
  await client.produce({ topic: topics.result, records: [order('o1', 1), order('o2', 2)] });
  const documents = async (): Promise<Record<string, number>> => {
    await fetch(`${search.url}/${topics.result}/_refresh`, { method: 'POST' });
    const response = await fetch(`${search.url}/${topics.result}/_search`);
    if (response.status === 404) return {};
    const { hits } = (await response.json()) as {
      hits: { hits: { _id: string; _source: { totalCents: number } }[] };
    };
    return Object.fromEntries(hits.hits.map(({ _id, _source }) => [_id, _source.totalCents]));
  };
  const eventuallyThere = (expected: Record<string, number>) =>
    eventually(`documents ${JSON.stringify(expected)}`, 30_000, async () => {
      assert.deepEqual(await documents(), expected);
      return true;
    });
  const service = await startClickSearch(env, { logger: silentLogger });
  t.after(() => service.close());
  await eventuallyThere({ o1: 1, o2: 2 });
  await client.produce({ topic: topics.result, records: [order('o1', 3), { key: 'o2', value: null }] });
  await eventuallyThere({ o1: 3 });

  const series = await eventually('its metrics say so', 30_000, async () => {
    const found = await metricsOf(service.url);
    return valuesOf(found, 'kafka_connect_sink_next_offset')[0] === 4 ? found : undefined;
  });
  const labels = ['connector="click-search"', `topic="${topics.result}"`];
  assert.deepEqual(valuesOf(series, 'kafka_connect_sink_record_send_total', ...labels), [4]);
});

test('click-source says in /metrics what it wrote to which topic', async (t) => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  const lines = 400;
  const service = await startClickSource(
    {
      HEADWATER_KAFKA_URL: broker.bootstrap,
      HEADWATER_CLICKSTREAM_LINES: String(lines),
      HEADWATER_CLICKSTREAM_RATE: '1000',
      HEADWATER_CLICKSTREAM_SEED: '5',
    },
    { logger: silentLogger },
  );
  t.after(() => service.close());
  await service.finished;
  const series = await metricsOf(service.url);
  assert.deepEqual(valuesOf(series, 'kafka_connect_source_record_poll_total', 'connector="click-source"'), [lines]);
  let total = 0;
  for (const topic of [topics.clicksRaw, topics.ordersRaw]) {
    const ends = Object.entries(await client.listOffsets(topic, { 0: -1, 1: -1, 2: -1 }));
    const records = ends.reduce((sum, [, { offset }]) => sum + offset, 0);
    total += records;
    assert.deepEqual(valuesOf(series, 'kafka_connect_source_record_write_total', `topic="${topic}"`), [records]);
    for (const [partition, { offset }] of ends.filter(([, end]) => end.offset > 0)) {
      const labels = [`topic="${topic}"`, `partition="${partition}"`];
      assert.deepEqual(valuesOf(series, 'kafka_connect_source_last_offset', ...labels), [offset - 1]);
    }
  }
  assert.equal(total, lines);
});
