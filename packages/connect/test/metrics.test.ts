import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { Registry } from 'prom-client';
import { measureSource, WrittenRecords } from '../index.ts';
import { runSink } from '../src/running-sink.ts';
import type { SinkStore } from '../src/sink-store.ts';
import { untilTrue } from './until-true.ts';

/** Takes everything, the first time that it is asked only after a failure; says that the records with the value `again` were there. */
function forgetfulStore(): SinkStore<string> {
  let failures = 1;
  return {
    operation: 'insert',
    attributes: {},
    positions: async () => new Map(),
    async write({ entries }) {
      if (failures-- > 0) throw new Error('away');
      return { fenced: [], repeats: entries.filter(({ item }) => item === 'again').length };
    },
    close: async () => {},
  };
}

test('sinks say in one registry what they have done, each under its name, as long as they run', async (t) => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  for (const name of ['orders', 'dead']) await client.createTopics([{ name, partitions: 2 }]);
  const values = ['one', 'again', 'unreadable', 'nothing'];
  await client.produce({ topic: 'orders', partition: 1, records: values.map((value) => ({ value })) });
  const metrics = new Registry();
  const open = (groupId: string) =>
    runSink<string>(
      {
        client,
        groupId,
        topic: 'orders',
        metrics,
        poison: { deadLetterTopic: 'dead' },
        map({ value }) {
          if (String(value) === 'unreadable') throw new Error('it is not readable');
          return String(value) === 'nothing' ? null : String(value);
        },
      },
      forgetfulStore(),
    );
  const first = open('first');
  await untilTrue('all is written', 30_000, async () => first.figures.records === 4);
  const labels = 'connector="first",topic="orders"';
  const text = await metrics.metrics();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(samples, [
    `kafka_connect_sink_record_read_total{${labels}} 4`,
    `kafka_connect_sink_record_send_total{${labels}} 2`,
    `kafka_connect_sink_record_repeats_total{${labels}} 1`,
    `kafka_connect_sink_record_skipped_total{${labels}} 1`,
    `kafka_connect_sink_deadletterqueue_produce_total{${labels}} 1`,
    `kafka_connect_sink_batches_total{${labels}} 1`,
    `kafka_connect_sink_retries_total{${labels}} 1`,
    `kafka_connect_sink_next_offset{${labels},partition="1"} 4`,
    `kafka_connect_sink_record_lag{${labels},partition="0"} 0`,
    `kafka_connect_sink_record_lag{${labels},partition="1"} 0`,
  ]);

  const second = open('second');
  const both = await metrics.metrics();
  for (const what of ['HELP', 'TYPE']) {
    const names = both.split('\n').filter((line) => line.startsWith(`# ${what} `));
    assert.equal(new Set(names.map((line) => line.split(' ')[2])).size, names.length, `${what} once of each`);
  }
  assert.match(both, /connector="second"/);
  await first.close();
  assert.doesNotMatch(await metrics.metrics(), /connector="first"/, 'it has ended');
  await second.close();
});

test('a source says what it read, wrote and left out', async () => {
  const metrics = new Registry();
  const written = new WrittenRecords();
  const stop = measureSource(metrics, 'feed', () => ({
    polled: 9,
    skipped: { duplicate: 2 },
    retries: 1,
    lastPollMs: 1_700_000_000_500,
    written,
  }));
  written.add('posts', 0, 3, 12);
  written.add('posts', 1, 4, 20);
  written.add('posts', 0, 0);
  const text = await metrics.metrics();
  assert.deepEqual(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    [
      'kafka_connect_source_record_poll_total{connector="feed"} 9',
      'kafka_connect_source_record_write_total{connector="feed",topic="posts"} 7',
      'kafka_connect_source_record_skipped_total{connector="feed",reason="duplicate"} 2',
      'kafka_connect_source_retries_total{connector="feed"} 1',
      'kafka_connect_source_last_poll_timestamp_seconds{connector="feed"} 1700000000.5',
      'kafka_connect_source_last_offset{connector="feed",topic="posts",partition="0"} 12',
      'kafka_connect_source_last_offset{connector="feed",topic="posts",partition="1"} 20',
    ],
  );
  stop();
  assert.doesNotMatch(await metrics.metrics(), /connector=/);
});
