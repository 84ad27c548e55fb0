import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import type { Broker } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';
import { Buckets } from '../request-metrics.ts';

async function scrape(broker: Broker): Promise<string> {
  const response = await fetch(`${broker.adminUrl}/metrics`);
  assert.match(response.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** Value of one series; undefined when it is not there. */
function value(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

async function busy(t: Parameters<typeof testBroker>[0]) {
  const made = await testBroker(t, { adminPort: 0 });
  const raw = await made.client();
  await createTopic(raw, 'orders', 2);
  await produce(raw, 'orders', batch(['a', 'b', 'c']));
  await produce(raw, 'orders', Buffer.from('no records'));
  await raw.call(ApiKey.Fetch, 11, fetchBody('orders', 0));
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }];
  const topics = [{ name: 'orders', partitions }];
  await raw.call(ApiKey.OffsetCommit, 2, { groupId: 'billing', memberId: '', topics });
  return made;
}

test('/metrics has the names of the JMX exporter and of kafka_exporter, with what happened', async (t) => {
  const { broker } = await busy(t);
  const text = await scrape(broker);
  const expected: Record<string, number> = {
    'kafka_server_brokertopicmetrics_messagesin_total{topic="orders"}': 3,
    kafka_server_brokertopicmetrics_messagesin_total: 3,
    'kafka_server_brokertopicmetrics_failedproducerequests_total{topic="orders"}': 1,
    'kafka_network_requestmetrics_requests_total{request="Produce",version="12"}': 2,
    'kafka_network_requestmetrics_totaltimems_count{request="Produce"}': 2,
    kafka_server_replicamanager_underreplicatedpartitions: 0,
    kafka_controller_kafkacontroller_activecontrollercount: 1,
    'kafka_log_log_logendoffset{topic="orders",partition="0"}': 3,
    'kafka_topic_partitions{topic="orders"}': 2,
    'kafka_topic_partition_current_offset{topic="orders",partition="0"}': 3,
    'kafka_topic_partition_oldest_offset{topic="orders",partition="1"}': 0,
    'kafka_consumergroup_current_offset{consumergroup="billing",topic="orders",partition="0"}': 1,
    'kafka_consumergroup_lag{consumergroup="billing",topic="orders",partition="0"}': 2,
    'kafka_consumergroup_lag_sum{consumergroup="billing",topic="orders"}': 2,
    'kafka_consumergroup_members{consumergroup="billing"}': 0,
    kafka_brokers: 1,
    'headwater_metrics_left_out{kind="partitions"}': 0,
  };
  for (const [series, count] of Object.entries(expected)) assert.equal(value(text, series), count, series);
  assert.ok(value(text, 'kafka_log_log_size{topic="orders",partition="0"}')! > 60);
  assert.ok(value(text, 'process_resident_memory_bytes')! > 1e6);
});

test('/metrics is the text format, histograms add up, and no series is there twice', async (t) => {
  const { broker } = await busy(t);
  const text = await scrape(broker);
  const seen = new Set<string>();
  let declared = '';
  for (const line of text.trimEnd().split('\n')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) \S+ .+|[a-z_0-9]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (NaN|-?[0-9.e+-]+))$/,
    );
    if (line.startsWith('# TYPE')) declared = line.split(' ')[2]!;
    if (line.startsWith('#')) continue;
    assert.ok(line.startsWith(declared), `${line} stands under ${declared}`);
    const series = line.slice(0, line.lastIndexOf(' '));
    assert.ok(!seen.has(series), series);
    seen.add(series);
  }
  const duration = 'headwater_kafka_request_duration_seconds';
  const labels = 'request="Produce",phase="total"';
  assert.equal(value(text, `${duration}_bucket{${labels},le="+Inf"}`), value(text, `${duration}_count{${labels}}`));
});

test('docs/metrics.md lists every metric that there is', async (t) => {
  const { broker } = await busy(t);
  const text = await scrape(broker);
  const docs = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  for (const [, name] of text.matchAll(/^# TYPE (\S+) /gm)) assert.ok(docs.includes(`\`${name}\``), name);
});

test('quantiles are estimated within their bucket, of what is new', () => {
  const buckets = new Buckets([1, 2, 4]);
  assert.ok(Number.isNaN(buckets.quantile(0.5, null)));
  for (const each of [0.5, 1.5, 1.5, 3]) buckets.add(each);
  assert.equal(buckets.quantile(0.5, null), 1.5);
  assert.equal(buckets.quantile(1, null), 4);
  const before = buckets.counts.slice();
  buckets.add(100);
  assert.equal(buckets.quantile(0.5, before), 4, 'above all bounds the last one is told');
});
