import { deepEqual, equal, match } from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import type { SqlServerOptions } from '../server/sql-server-options.ts';
import { type SqlServer, startSql } from '../server/start-sql.ts';
import { createMemoryRegistry } from '../testing/memory-registry.ts';

/** 'host:port' of a Kafka that nobody else uses, such as Apache's; else the embedded broker. */
const outside = process.env['HEADWATER_TEST_KAFKA'];
let broker: Awaited<ReturnType<typeof startBroker>> | null;
let bootstrap: string;
let client: KafkaClient;
const servers: SqlServer[] = [];

before(async () => {
  broker = outside === undefined ? await startBroker() : null;
  bootstrap = broker?.bootstrap ?? outside!;
  client = createClient({ bootstrap, clientId: 'test' });
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
after(async () => {
  await client.close();
  await broker?.close();
});

async function started(serviceId: string, options: Partial<SqlServerOptions> = {}): Promise<SqlServer> {
  const settings = [['ksql.streams.commit.interval.ms', '50']] as const;
  const server = await startSql({ bootstrap, port: 0, serviceId, settings, ...options });
  servers.push(server);
  return server;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
async function post(server: SqlServer, path: string, body: unknown): Promise<any> {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const answer = await response.json();
  if (response.status !== 200) throw new Error((answer as { message: string }).message);
  return answer;
}

const run = (server: SqlServer, ksql: string, more = {}) => post(server, '/ksql', { ksql, ...more });

async function rows(server: SqlServer, ksql: string): Promise<unknown[][]> {
  const answer = (await post(server, '/query', { ksql })) as { row?: { columns: unknown[] } }[];
  return answer.flatMap(({ row }) => (row === undefined ? [] : [row.columns])).sort();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** All that a server knows, as it tells of it. */
async function catalogueOf(server: SqlServer): Promise<unknown> {
  const entities = await run(
    server,
    'SHOW STREAMS; SHOW TABLES; SHOW QUERIES; SHOW TYPES; DESCRIBE STREAMS; DESCRIBE TABLES;',
  );
  const response = await fetch(`${server.url}/status`);
  // What queries have counted is not of the catalogue.
  const plain = JSON.parse(JSON.stringify(entities, (name, value) => (/statistics$/i.test(name) ? null : value)));
  return { entities: plain, statuses: await response.json() };
}

test('a server that starts again has the same catalogue, ids, settings, running and resting queries, and goes on with its state', async () => {
  const registry = createMemoryRegistry();
  const options = { registry: registry.client };
  const first = await started('again_', options);
  await run(
    first,
    `CREATE TYPE place AS STRUCT<city STRING, zip INT>;
    CREATE STREAM rides (rider STRING KEY, km INT, spot place) WITH (kafka_topic='rides', value_format='AVRO', partitions=2);
    CREATE TABLE totals AS SELECT rider, SUM(km) AS km FROM rides GROUP BY rider;
    CREATE STREAM far AS SELECT * FROM rides WHERE km > 10;
    CREATE STREAM unnamed WITH (kafka_topic='rides', value_format='AVRO');
    ALTER STREAM rides ADD COLUMN note STRING;
    CREATE SOURCE TABLE shown (rider STRING PRIMARY KEY, km INT) WITH (kafka_topic='TOTALS', value_format='AVRO');`,
  );
  await run(first, 'INSERT INTO far SELECT * FROM far WHERE km > 10000;', {
    streamsProperties: { 'processing.guarantee': 'exactly_once_v2', 'auto.offset.reset': 'earliest' },
  });
  const queries = (await run(first, 'SHOW QUERIES;'))[0].queries as { id: string }[];
  const far = queries.find(({ id }) => id.startsWith('CSAS_FAR'))!.id;
  await run(first, `PAUSE ${far};`);
  await run(first, "INSERT INTO rides (rider, km, spot) VALUES ('ann', 7, STRUCT(city := 'Rome', zip := 1));");
  await until(async () => (await rows(first, 'SELECT * FROM totals;')).length === 1);
  const before = await catalogueOf(first);
  await first.close();
  // Neither a schema that changed meanwhile nor other settings of the server change what was made.
  await registry.client.register('rides-value', {
    schemaType: 'AVRO',
    schema: '{"type":"record","name":"Other","fields":[{"name":"X","type":"int"}]}',
    references: [],
  });
  const second = await started('again_', {
    ...options,
    settings: [
      ['ksql.streams.commit.interval.ms', '50'],
      ['ksql.persistence.default.format.key', 'JSON'],
    ],
  });
  deepEqual(await catalogueOf(second), before);
  match(JSON.stringify(before), /"PAUSED"/);
  deepEqual(await rows(second, 'SELECT * FROM totals;'), [['ann', 7]]);
  await run(second, "INSERT INTO rides (rider, km) VALUES ('ann', 3);");
  await until(async () => JSON.stringify(await rows(second, 'SELECT * FROM totals;')) === '[["ann",10]]');
  const [, { commandStatus }] = await run(
    second,
    'SHOW TYPES; CREATE TABLE more AS SELECT rider, COUNT(*) FROM rides GROUP BY rider;',
  );
  equal(
    queries.some(({ id }) => id === commandStatus.queryId),
    false,
  );
});

test('the commands of a topic tell their numbers, which others can wait for', async () => {
  const server = await started('numbers_');
  const [one, two] = await run(
    server,
    "CREATE STREAM a (x INT) WITH (kafka_topic='numbers', value_format='JSON', partitions=1); CREATE STREAM b AS SELECT * FROM a;",
  );
  equal(two.commandSequenceNumber, one.commandSequenceNumber + 1);
  equal(two.commandStatus.queryId, `CSAS_B_${two.commandSequenceNumber}`);
  const other = await started('numbers_');
  const [{ streams }] = await run(other, 'SHOW STREAMS;', { commandSequenceNumber: two.commandSequenceNumber });
  equal(streams.length, 2);
  const status = (await (await fetch(`${other.url}/status/stream/B/create`)).json()) as { status: string };
  equal(status.status, 'SUCCESS');
});

test('servers that write at once stay of one mind', async () => {
  const [one, two] = [await started('many_'), await started('many_')];
  await run(one, "CREATE STREAM a (x INT) WITH (kafka_topic='many', value_format='JSON', partitions=1);");
  const numbers = Array.from({ length: 8 }, (_, n) => n);
  const results = await Promise.allSettled(
    [one, two].flatMap((server) =>
      numbers.map((n) => run(server, `CREATE STREAM s${n} AS SELECT x + ${n} AS y FROM a;`)),
    ),
  );
  // Each name was made once, and who came late was told so.
  equal(results.filter(({ status }) => status === 'fulfilled').length, numbers.length);
  for (const result of results) {
    if (result.status === 'rejected') match(result.reason.message, /already exists/);
  }
  const last = await run(one, 'CREATE TYPE seen AS STRUCT<x INT>;');
  await run(two, 'SHOW TYPES;', { commandSequenceNumber: last[0].commandSequenceNumber });
  deepEqual(await catalogueOf(two), await catalogueOf(one));
});

test('statements that are superseded go from the topic, and what is left makes the same catalogue', async () => {
  const serviceId = 'short_';
  const topic = `_headwater-sql-${serviceId}-commands`;
  const server = await started(serviceId);
  await run(
    server,
    `CREATE STREAM a (x INT) WITH (kafka_topic='short', value_format='JSON', partitions=1);
    CREATE STREAM kept AS SELECT * FROM a;`,
  );
  const [{ queries }] = await run(server, 'SHOW QUERIES;');
  for (let n = 0; n < 30; n++) {
    await run(
      server,
      `CREATE STREAM b (x INT) WITH (kafka_topic='short', value_format='JSON'); CREATE OR REPLACE STREAM b (x INT, y INT) WITH (kafka_topic='short', value_format='JSON');
      ${n % 2 === 0 ? 'PAUSE' : 'RESUME'} ${queries[0].id}; DROP STREAM b;`,
    );
  }
  const state = await catalogueOf(server);
  const { [0]: end } = await client.listOffsets(topic, { 0: OffsetSpec.latest });
  const live = new Map<string, Buffer | null>();
  for await (const batch of client.tail({ topics: [topic], from: 'earliest' })) {
    for (const { key, value } of batch.records()) live.set(String(key), value);
    if (batch.nextOffset >= end!.offset) break;
  }
  const left = [...live.values()].filter((value) => value !== null).length;
  equal(left < 30, true, `${left} of 122 statements are left`);
  await server.close();
  const again = await started(serviceId);
  const { entities } = (await catalogueOf(again)) as { entities: unknown };
  deepEqual(entities, (state as { entities: unknown }).entities);
});

test('queries and the whole service are terminated', async () => {
  const server = await started('end_');
  await run(
    server,
    `CREATE STREAM a (x INT) WITH (kafka_topic='end-a', value_format='JSON', partitions=1);
    CREATE STREAM b AS SELECT * FROM a; INSERT INTO b WITH (QUERY_ID='more') SELECT * FROM a WHERE x > 5;`,
  );
  const ids = async () => (await run(server, 'SHOW QUERIES;'))[0].queries.map(({ id }: { id: string }) => id);
  const [, more] = await ids();
  equal(more, 'MORE');
  const [answer] = await run(server, 'TERMINATE MORE;');
  equal(answer.commandId, 'terminate/MORE/execute');
  equal(answer.commandStatus.message, 'Query terminated.');
  await run(server, 'TERMINATE ALL;');
  deepEqual(await ids(), []);
  await run(server, 'TERMINATE NONE;').then(
    () => Promise.reject(new Error('it was done')),
    (error: Error) => match(error.message, /Unknown queryId: NONE/),
  );
  await run(server, 'DROP STREAM b DELETE TOPIC;');
  const names = async () => (await client.metadata(null)).topics.map(({ name }) => name);
  equal((await names()).includes('B'), false);
  await post(server, '/ksql/terminate', { deleteTopicList: ['end-.*'] });
  // Kafka tells of a topic for a moment more.
  await until(async () => !(await names()).some((name) => name.startsWith('end-') || name.includes('end_')));
  await run(server, 'CREATE TYPE t AS STRUCT<x INT>;').then(
    () => Promise.reject(new Error('it was done')),
    (error: Error) => match(error.message, /terminated/),
  );
});
