import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '@headwater/client';
import { start as startAnalytics } from '../analytics/main.ts';
import type { RunningService } from '../common/service.ts';
import { start as startKafkaToElastic } from '../kafka-to-elastic/main.ts';
import { start as startTwitterToKafka } from '../twitter-to-kafka/main.ts';
import { environmentOf, startBackends } from './backends.ts';
import { readExposition, valuesOf } from './exposition.ts';
import { eventually, readTopic } from './truth.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('source and sinks say in /metrics what they read and wrote, and where they are', async (t) => {
  const backends = await startBackends();
  t.after(() => backends.close());
  const env = {
    ...environmentOf(backends),
    HEADWATER_TWEETS_RATE: '50',
  };
  const topic = env.HEADWATER_TWEETS_TOPIC;
  const countsTopic = env.HEADWATER_TWEETS_ANALYTICS_TOPIC;
  const services: RunningService[] = [];
  t.after(() => Promise.all(services.map((service) => service.close())));
  const metricsOf = async ({ url }: RunningService) => readExposition(await (await fetch(`${url}/metrics`)).text());

  const source = await startTwitterToKafka(env);
  services.push(source);
  await eventually('tweets are written', 60_000, async () => {
    const written = sum(valuesOf(await metricsOf(source), 'kafka_connect_source_record_write_total'));
    return written >= 50 ? true : undefined;
  });
  const sink = await startKafkaToElastic(env);
  const analytics = await startAnalytics(env);
  services.push(sink, analytics);

  const client = createClient({ bootstrap: backends.kafkaUrl, clientId: 'test' });
  t.after(() => client.close());
  await eventually('the topic of counts', 60_000, async () =>
    (await client.metadata([countsTopic])).topics[0]?.partitions.length === 3 ? true : undefined,
  );
  const counts = ['{"word":"a","wordCount":1,"createdAt":1}', '{"word":"b","wordCount":1,"createdAt":1}', 'no count'];
  await client.produce({ topic: countsTopic, partition: 0, records: counts.map((value) => ({ key: value, value })) });
  const ofAnalytics = await eventually('the counts are stored', 60_000, async () => {
    const series = await metricsOf(analytics);
    return sum(valuesOf(series, 'kafka_connect_sink_next_offset', 'partition="0"')) === 3 ? series : undefined;
  });
  const names = [`connector="${env.HEADWATER_TWEETS_GROUP_PREFIX}analytics"`, `topic="${countsTopic}"`];
  for (const [metric, value] of Object.entries({ read: 3, send: 2, skipped: 1 })) {
    assert.deepEqual(valuesOf(ofAnalytics, `kafka_connect_sink_record_${metric}_total`, ...names), [value], metric);
  }

  await eventually('all tweets are in the index, and that is said', 60_000, async () => {
    const [ofSource, ofSink, records] = [
      await metricsOf(source),
      await metricsOf(sink),
      await readTopic(backends.kafkaUrl, topic),
    ];
    assert.ok(sum(valuesOf(ofSink, 'kafka_connect_sink_record_send_total', `topic="${topic}"`)) >= 50);
    // While it goes on the topic has at least what was said before.
    assert.ok(sum(valuesOf(ofSource, 'kafka_connect_source_record_write_total', `topic="${topic}"`)) <= records.length);
    assert.ok(sum(valuesOf(ofSource, 'kafka_connect_source_record_poll_total')) >= 50);
    assert.equal(valuesOf(ofSink, 'kafka_connect_sink_record_lag').length, 3, 'of each partition');
    return true;
  });
  services.shift();
  // The last offsets are the topic's, when nobody writes any more.
  const before = await metricsOf(source);
  assert.equal(valuesOf(before, 'kafka_connect_source_last_offset').length, 3);
  await source.close();
  const records = await readTopic(backends.kafkaUrl, topic);
  await eventually('the sink is where the topic ends', 60_000, async () => {
    const series = await metricsOf(sink);
    const next = sum(valuesOf(series, 'kafka_connect_sink_next_offset'));
    const lag = sum(valuesOf(series, 'kafka_connect_sink_record_lag'));
    return next === records.length && lag === 0 ? true : undefined;
  });
  for (const partition of [0, 1, 2]) {
    const last = Math.max(...records.filter((one) => one.partition === partition).map(({ offset }) => offset));
    const [told] = valuesOf(before, 'kafka_connect_source_last_offset', `partition="${partition}"`);
    assert.ok(told! <= last && told! > 0, `${told} of ${last}`);
  }
});
