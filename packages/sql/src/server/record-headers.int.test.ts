import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startSql } from './start-sql.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';

test('rows of queries carry the headers of the record that caused them, and sampled ones make a span a query', async () => {
  const broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const spans: string[] = [];
  const sql = await startSql({
    bootstrap: broker.bootstrap,
    port: 0,
    settings: [['ksql.streams.auto.offset.reset', 'earliest']],
    tracer: {
      begin({ offset, topic, topology, traceparent }) {
        spans.push(`${topology.replace(/^.*?(?=C[ST]AS)/, '')} ${topic} ${offset} ${traceparent.slice(-2)}`);
        return { traceparent: `00-${traceId}-00000000000000aa-01`, run: (work) => work(), end: () => {} };
      },
    },
  });
  try {
    const ksql = `CREATE STREAM rides (rider STRING KEY, km INT) WITH (kafka_topic='rides', value_format='JSON', partitions=1);
      CREATE STREAM far AS SELECT rider, km FROM rides WHERE km > 3;
      CREATE TABLE totals AS SELECT rider, SUM(km) AS km FROM rides GROUP BY rider;`;
    const made = await fetch(`${sql.url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql }) });
    assert.equal(made.status, 200, await made.text());
    const headers = (flags: string) => [
      { key: 'traceparent', value: `00-${traceId}-b7ad6b7169203331-${flags}` },
      { key: 'x-correlation-id', value: 'c-1' },
    ];
    await client.produce({ topic: 'rides', records: [{ key: 'ann', value: '{"KM":4}', headers: headers('00') }] });
    await client.produce({ topic: 'rides', records: [{ key: 'bob', value: '{"KM":5}', headers: headers('01') }] });
    for (const topic of ['FAR', 'TOTALS']) {
      const seen: string[] = [];
      const signal = AbortSignal.timeout(60_000);
      for await (const batch of client.tail({ topics: [topic], from: 'earliest', signal })) {
        for (const { headers, key } of batch.records()) {
          seen.push(`${key} ${headers.map(({ value }) => String(value)).join(' ')}`);
        }
        if (seen.length === 2) break;
      }
      assert.deepEqual(
        seen.sort(),
        [`ann 00-${traceId}-b7ad6b7169203331-00 c-1`, `bob 00-${traceId}-00000000000000aa-01 c-1`],
        topic,
      );
    }
    const names = spans.map((span) => span.replace(/_\d+ /, ' ')).sort();
    assert.deepEqual(names, ['CSAS_FAR rides 1 01', 'CTAS_TOTALS rides 1 01']);
  } finally {
    await sql.close();
    await client.close();
    await broker.close();
  }
});
