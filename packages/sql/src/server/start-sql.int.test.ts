import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { murmur2Partition } from '@headwater/protocol';
import { type SqlServer, startSql } from './start-sql.ts';

let broker: Awaited<ReturnType<typeof startBroker>>;
let client: KafkaClient;
let sql: SqlServer;

before(async () => {
  broker = await startBroker();
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  sql = await startSql({
    bootstrap: broker.bootstrap,
    port: 0,
    settings: [
      ['ksql.streams.auto.offset.reset', 'earliest'],
      ['cache.max.bytes.buffering', '0'],
    ],
  });
  await run(`CREATE STREAM rides (rider STRING KEY, km INT) WITH (kafka_topic='rides', value_format='JSON', partitions=3);
    CREATE TABLE totals AS SELECT rider, SUM(km) AS km FROM rides GROUP BY rider;
    CREATE TABLE daily AS SELECT rider, COUNT(*) AS n FROM rides WINDOW TUMBLING (SIZE 1 SECONDS) GROUP BY rider;`);
  await run(`INSERT INTO rides (rowtime, rider, km) VALUES (1, 'ann', 3);
    INSERT INTO rides (rowtime, rider, km) VALUES (1500, 'bob', 5);
    INSERT INTO rides (rowtime, rider, km) VALUES (2500, 'ann', 4);`);
});

after(async () => {
  await sql?.close();
  await sql?.close();
  await client?.close();
  await broker?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
async function run(ksql: string): Promise<any> {
  const response = await fetch(`${sql.url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql }) });
  const answer = await response.json();
  if (response.status !== 200) throw new Error(JSON.stringify(answer));
  return answer;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
async function query(ksql: string, streamsProperties: Record<string, string> = {}): Promise<any[]> {
  const body = JSON.stringify({ ksql, streamsProperties });
  const response = await fetch(`${sql.url}/query`, { method: 'POST', body });
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const answer = (await response.json()) as any;
  if (response.status !== 200) throw new Error(answer.message);
  return answer;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
function rowsOf(answer: any[]): unknown[][] {
  return answer.flatMap(({ row }) => (row === undefined ? [] : [row.columns]));
}

/** Asks until the queries have worked on all that was inserted. */
async function rowsWhen(ksql: string, count: number): Promise<unknown[][]> {
  const until = performance.now() + 60_000;
  for (;;) {
    const rows = rowsOf(await query(ksql));
    if (rows.length === count) return rows;
    if (performance.now() > until) throw new Error(`${ksql} still gives ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a table is looked up by key, and scanned', async () => {
  deepEqual(await rowsWhen("SELECT * FROM totals WHERE rider = 'ann' AND km = 7;", 1), [['ann', 7]]);
  deepEqual((await rowsWhen('SELECT km, rider FROM totals;', 2)).sort(), [
    [5, 'bob'],
    [7, 'ann'],
  ]);
  deepEqual(rowsOf(await query("SELECT * FROM totals WHERE rider = 'carl';")), []);
  const [{ header }] = await query("SELECT rider, km + 1 AS more FROM totals WHERE rider IN ('ann', 'bob');");
  equal(header.schema, '`RIDER` STRING KEY, `MORE` INTEGER');
});

test('windows are looked up within their bounds', async () => {
  await rowsWhen('SELECT * FROM daily;', 3);
  deepEqual(rowsOf(await query("SELECT * FROM daily WHERE rider = 'ann' AND windowstart >= 1000;")), [
    ['ann', 2000, 3000, 1],
  ]);
});

test('a stream is read from its beginning until now', async () => {
  const answer = await query('SELECT rider, km FROM rides WHERE km > 3;');
  deepEqual(rowsOf(answer).sort(), [
    ['ann', 4],
    ['bob', 5],
  ]);
  equal(answer.at(-1).finalMessage, 'Query Completed');
  equal((await query('SELECT * FROM rides LIMIT 1;')).at(-1).finalMessage, 'Limit Reached');
});

test('rows are pushed until the limit, with and without state', async () => {
  const earliest = { 'auto.offset.reset': 'earliest' };
  const direct = await query('SELECT rider, km FROM rides EMIT CHANGES LIMIT 3;', earliest);
  equal(rowsOf(direct).length, 3);
  equal(direct.at(-1).finalMessage, 'Limit Reached');
  const counted = await query('SELECT rider, COUNT(*) FROM rides GROUP BY rider EMIT CHANGES LIMIT 3;', earliest);
  deepEqual(rowsOf(counted).sort(), [
    ['ann', 1],
    ['ann', 2],
    ['bob', 1],
  ]);
});

test('a push query may count all rows, and is refused without the statement', async () => {
  const earliest = { 'auto.offset.reset': 'earliest' };
  const counted = await query('SELECT COUNT(*) AS n FROM rides EMIT CHANGES LIMIT 3;', earliest);
  deepEqual(rowsOf(counted), [[1], [2], [3]]);
  const body = JSON.stringify({ ksql: 'SELECT km + null FROM rides EMIT CHANGES;' });
  const response = await fetch(`${sql.url}/query`, { method: 'POST', body });
  deepEqual(await response.json(), {
    '@type': 'generic_error',
    error_code: 40000,
    message: 'Error processing expression: (KM + null). Arithmetic on types INTEGER and null are not supported.',
  });
});

test('windows of a key are in the partition of the key alone', async () => {
  await rowsWhen('SELECT * FROM daily;', 3);
  const tail = client.tail({ topics: ['DAILY'], from: 'earliest' });
  const partitions = new Map<string, number>();
  for await (const batch of tail) {
    for (const { key } of batch.records()) {
      const name = key!.subarray(0, -8).toString();
      equal(partitions.get(name) ?? batch.partition, batch.partition);
      equal(batch.partition, murmur2Partition(Buffer.from(name), 3));
      partitions.set(name, batch.partition);
    }
    if (partitions.size === 2) break;
  }
});

test('what is no table of a query is not looked up', async () => {
  await run(
    "CREATE TABLE plain (id STRING PRIMARY KEY, n INT) WITH (kafka_topic='plain', value_format='JSON', partitions=1);",
  );
  await query('SELECT * FROM plain;').then(
    () => Promise.reject(new Error('it was answered')),
    (error: Error) => match(error.message, /isn't queryable/),
  );
});

test('topics are printed', async () => {
  const response = await fetch(`${sql.url}/query`, {
    method: 'POST',
    body: JSON.stringify({ ksql: "PRINT 'rides' FROM BEGINNING LIMIT 3;" }),
  });
  const lines = (await response.text()).trim().split('\n');
  match(lines.slice(0, 2).join('\n'), /^Key format: KAFKA_STRING\nValue format: JSON or .*KAFKA_STRING$/);
  equal(lines.length, 5);
  match(lines.join('\n'), /rowtime: 1970\/01\/01 00:00:01.500 Z, key: bob, value: \{"KM":5\}, partition: \d/);
});

test('EXTENDED answers tell what queries have done, and where their groups stand', async () => {
  const readers = async () => (await run('SHOW TOPICS EXTENDED;'))[0].topics;
  const rides = (await readers()).find(({ name }: { name: string }) => name === 'rides');
  equal(rides.consumerGroupCount, 2);
  equal(rides.consumerCount, 6);
  equal(
    (await readers()).some(({ name }: { name: string }) => name.startsWith('_confluent')),
    false,
  );
  let told = (await run('DESCRIBE totals EXTENDED;'))[0].sourceDescription;
  const offsets = () => told.queryOffsetSummaries[0].topicSummaries;
  const worked = () =>
    offsets()[0]?.offsets.reduce((sum: number, each: { consumerOffset: number }) => sum + each.consumerOffset, 0);
  while (worked() !== 3) told = (await run('DESCRIBE totals EXTENDED;'))[0].sourceDescription;
  match(told.queryOffsetSummaries[0].groupId, /^_confluent-ksql-default_query-CTAS_TOTALS_/);
  equal(offsets()[0].kafkaTopic, 'rides');
  equal(offsets()[0].offsets.length, 3);
  match(told.statistics, /total-messages: +\d+ +last-message: 1970-01-01T00:00:02\.500Z/);
  equal(told.clusterStatistics[0].host, `${sql.host}:${sql.port}`);
  const [{ sourceDescription: source }] = await run('DESCRIBE rides;');
  deepEqual([source.partitions, source.replication], [3, 1]);
  deepEqual(source.sourceConstraints, ['TOTALS', 'DAILY']);
  const [{ queryDescriptions }] = await run('SHOW QUERIES EXTENDED;');
  equal(queryDescriptions.length, 2);
  match(
    queryDescriptions[0].executionPlan,
    /^ > \[ SINK \] \| Schema: RIDER STRING KEY, KM INTEGER \| Logger: CTAS_TOTALS_/,
  );
  match(queryDescriptions[0].executionPlan, /\n\t\t > \[ PROJECT \]/);
  deepEqual(queryDescriptions[0].ksqlHostQueryStatus, { [`${sql.host}:${sql.port}`]: 'RUNNING' });
});

test('a query is explained before it runs, whether it is persistent or not', async () => {
  const [{ queryDescription: push }] = await run('EXPLAIN SELECT rider FROM rides WHERE km > 3 EMIT CHANGES;');
  equal(push.queryType, 'PUSH');
  match(push.executionPlan, /\[ PROJECT \][\s\S]*\[ FILTER \][\s\S]*\[ SOURCE \]/);
  match(push.topology, /Topologies:/);
  const [{ queryDescription: made }] = await run('EXPLAIN CREATE STREAM far AS SELECT * FROM rides WHERE km > 3;');
  match(made.executionPlan, /^ > \[ SINK \]/);
  await rejects(run('EXPLAIN SHOW STREAMS;'), /does not run a ksql query/);
  await rejects(run('EXPLAIN nothing;'), /Query with id:NOTHING does not exist/);
});

test('a persistent query begins with all that there is, or by SET with what is new', async () => {
  await run(`CREATE STREAM starts (x INT) WITH (kafka_topic='starts', value_format='JSON', partitions=1);
    INSERT INTO starts VALUES (1);`);
  await run(`SET 'auto.offset.reset'='latest'; CREATE STREAM only_new AS SELECT * FROM starts;
    SET 'auto.offset.reset'='earliest'; CREATE STREAM from_first AS SELECT * FROM starts;`);
  await run('INSERT INTO starts VALUES (2);');
  deepEqual(await rowsWhen('SELECT x FROM from_first;', 2), [[1], [2]]);
  deepEqual(await rowsWhen('SELECT x FROM only_new;', 1), [[2]]);
});

test('a query has the processing guarantee that was set before it, and is looked up as others are', async () => {
  await run(`SET 'processing.guarantee'='exactly_once_v2';
    CREATE TABLE once AS SELECT rider, COUNT(*) AS n FROM rides GROUP BY rider;`);
  deepEqual((await rowsWhen('SELECT * FROM once;', 2)).sort(), [
    ['ann', 2],
    ['bob', 1],
  ]);
  const [{ queryDescriptions }] = await run('SHOW QUERIES EXTENDED;');
  const groups = queryDescriptions.map(({ consumerGroupId }: { consumerGroupId: string }) => consumerGroupId);
  equal(groups.filter((group: string) => group.startsWith('_confluent-ksql-default_query_eos-CTAS_ONCE_')).length, 1);
});

test('a table tells of each of its updates where that was set before it', async () => {
  const buffered = await startSql({ bootstrap: broker.bootstrap, port: 0, serviceId: 'buffered_' });
  try {
    const response = await fetch(`${buffered.url}/ksql`, {
      method: 'POST',
      body: JSON.stringify({
        ksql: `CREATE STREAM pings (id STRING KEY, n INT) WITH (kafka_topic='pings', value_format='JSON', partitions=1);
          SET 'auto.offset.reset'='earliest'; SET 'cache.max.bytes.buffering'='0';
          CREATE TABLE first_pings WITH (kafka_topic='first-pings') AS
            SELECT id, LATEST_BY_OFFSET(n) AS n FROM pings GROUP BY id HAVING COUNT(*) = 1;`,
      }),
    });
    equal(response.status, 200, await response.text());
    // One batch, one commit: of the rows in it only the last update would be told.
    const records = ['a', 'a', 'b', 'a', 'b'].map((key, n) => ({ key, value: `{"n":${n}}` }));
    await client.produce({ topic: 'pings', records });
    const told: string[] = [];
    for await (const batch of client.tail({ topics: ['first-pings'], from: 'earliest' })) {
      for (const { key, value } of batch.records()) told.push(`${key} ${value}`);
      if (told.length >= 4) break;
    }
    deepEqual(told, ['a {"N":0}', 'a null', 'b {"N":2}', 'b null']);
  } finally {
    await buffered.close();
  }
});
