import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { builtInFunctions } from '../../functions/built-in.ts';
import { defineFunction } from '../../functions/user/define-function.ts';
import { type SqlServer, startSql } from '../start-sql.ts';

let broker: Awaited<ReturnType<typeof startBroker>>;
let client: KafkaClient;
let sql: SqlServer;
/** What a kilometre costs: wrong at first. */
let price = 7;

before(async () => {
  broker = await startBroker();
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const functions = builtInFunctions();
  functions.add(
    defineFunction({
      name: 'COST',
      description: 'What a distance costs.',
      parameters: [{ name: 'km', type: 'INTEGER' }],
      returns: 'INTEGER',
      evaluate: (km) => km * price,
    }),
  );
  sql = await startServer(functions);
});

function startServer(
  functions: ReturnType<typeof builtInFunctions>,
  settings: readonly (readonly [string, string])[] = [],
): Promise<SqlServer> {
  return startSql({
    bootstrap: broker.bootstrap,
    port: 0,
    serviceId: `rewind_${settings.length}_`,
    functions,
    settings: [
      ['ksql.streams.auto.offset.reset', 'earliest'],
      ['cache.max.bytes.buffering', '0'],
      ['commit.interval.ms', '20'],
      ['processing.guarantee', 'exactly_once_v2'],
      ...settings,
    ],
  });
}

after(async () => {
  await sql?.close();
  await client?.close();
  await broker?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
async function run(ksql: string): Promise<any[]> {
  const response = await fetch(`${sql.url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql }) });
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const answer = (await response.json()) as any;
  if (response.status !== 200) throw new Error(answer.message);
  return answer;
}

async function rows(ksql: string): Promise<unknown[][]> {
  const response = await fetch(`${sql.url}/query`, { method: 'POST', body: JSON.stringify({ ksql }) });
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
  const answer = (await response.json()) as any;
  if (response.status !== 200) throw new Error(answer.message);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return answer.flatMap(({ row }: any) => (row === undefined ? [] : [row.columns]));
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncIterableIterator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield* lines.filter((line) => line !== '');
  }
}

async function tableOf(ksql: string): Promise<Record<string, unknown>> {
  return Object.fromEntries((await rows(ksql)).sort() as [string, unknown][]);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

async function tableIs(ksql: string, wanted: Record<string, unknown>): Promise<void> {
  await until(async () => JSON.stringify(await tableOf(ksql)) === JSON.stringify(wanted));
}

/** Of the query that makes a stream or table. */
function idOf(sink: string): string {
  return [...sql.engine.queries.values()].find(({ kind, sinkName }) => kind === 'CREATE_AS' && sinkName === sink)!.id;
}

/** No new generation is being rebuilt. */
async function swapped(): Promise<void> {
  await until(async () => sql.engine.rewinds.size === 0);
  // The swap is to its end.
  await sql.engine.exclusive(async () => {});
}

interface Told {
  readonly key: string | null;
  readonly value: unknown;
}

/** All that is in a topic, committed. */
async function recordsOf(topic: string): Promise<Told[]> {
  const { topics } = await client.metadata([topic]);
  const told: Told[] = [];
  for (const { partition } of topics[0]!.partitions) {
    const end = (await client.listOffsets(topic, { [partition]: -1 }, { isolation: 'read_committed' }))[partition]!;
    for (let offset = 0; offset < end.offset; ) {
      const [fetched] = await client.fetch([{ topic, partition, offset }], { isolation: 'read_committed' });
      for (const batch of fetched!.batches) {
        for (const { key, value } of batch.records()) {
          told.push({ key: key && String(key), value: value && JSON.parse(String(value)) });
        }
      }
      offset = fetched!.nextOffset;
    }
  }
  return told;
}

/** An hour ago: older ones are deleted by the broker. */
const base = Math.floor(Date.now() / 1000 - 3600) * 1000;
const ride = (rider: string, km: number, at: number) =>
  `INSERT INTO rides (rowtime, rider, km) VALUES (${base + at}, '${rider}', ${km});`;

test('a table whose results were wrong is rebuilt while it answers, and its topic gets what differs', async () => {
  await run(`CREATE STREAM rides (rider STRING KEY, km INT) WITH (kafka_topic='rides', value_format='JSON', partitions=2);
    CREATE TABLE costs AS SELECT rider, SUM(COST(km)) AS cost FROM rides GROUP BY rider;
    CREATE TABLE dear AS SELECT rider, cost FROM costs WHERE cost > 20;`);
  await run(ride('ann', 3, 1) + ride('bob', 5, 2) + ride('carl', 0, 3) + ride('ann', 4, 4) + ride('dora', 2, 5));
  await tableIs('SELECT * FROM costs;', { ann: 49, bob: 35, carl: 0, dora: 14 });
  await tableIs('SELECT * FROM dear;', { ann: 49, bob: 35 });
  const before = (await recordsOf('COSTS')).length;

  price = 5;
  const answers = new Set<string>();
  let isAsking = true;
  const asking = (async () => {
    while (isAsking) answers.add(JSON.stringify(await rows("SELECT * FROM costs WHERE rider = 'ann';")));
  })();
  const id = idOf('COSTS');
  const [told] = await run('REWIND TABLE costs TO BEGINNING;');
  equal(told.commandStatus.queryId, `${id}_G2`);
  match(told.commandStatus.message, new RegExp(`${id} is rebuilt as ${id}_G2`));
  await swapped();
  await tableIs('SELECT * FROM costs;', { ann: 35, bob: 25, carl: 0, dora: 10 });
  await tableIs('SELECT * FROM dear;', { ann: 35, bob: 25 });
  isAsking = false;
  await asking;
  deepEqual([...answers], ['[["ann",49]]', '[["ann",35]]']);

  const written = (await recordsOf('COSTS')).slice(-3);
  equal((await recordsOf('COSTS')).length, before + 3);
  deepEqual(
    new Map(written.map(({ key, value }) => [key, value])),
    new Map([
      ['ann', { COST: 35 }],
      ['bob', { COST: 25 }],
      ['dora', { COST: 10 }],
    ]),
  );
  // A cluster may take its time for what it was told to delete.
  await until(async () => {
    const { topics } = await client.metadata();
    return !topics.some(({ name }) => new RegExp(`${id}(-|_G2-results)`).test(name));
  });

  await run(ride('ann', 1, 6) + ride('eve', 6, 7));
  await tableIs('SELECT * FROM costs;', { ann: 40, bob: 25, carl: 0, dora: 10, eve: 30 });
  await tableIs('SELECT * FROM dear;', { ann: 40, bob: 25, eve: 30 });
});

test('rewound to a moment, rows of what was before it are gone', async () => {
  await run(`REWIND QUERY ${idOf('COSTS')} TO TIMESTAMP ${base + 4};`);
  await swapped();
  await tableIs('SELECT * FROM costs;', { ann: 25, dora: 10, eve: 30 });
  await tableIs('SELECT * FROM dear;', { ann: 25, eve: 30 });
  const gone = (await recordsOf('COSTS')).filter(({ value }) => value === null).map(({ key }) => key);
  deepEqual(gone.sort(), ['bob', 'carl']);
});

test('a stream begins anew in a topic of its own, and its name stands for that', async () => {
  price = 7;
  await run(`CREATE STREAM priced AS SELECT rider, COST(km) AS cost FROM rides;`);
  await until(async () => (await rows('SELECT * FROM priced;')).length === 7);
  price = 5;
  const id = idOf('PRICED');
  const pushed: unknown[][] = [];
  const isListening = Promise.withResolvers<void>();
  const listening = (async () => {
    const response = await fetch(`${sql.url}/query-stream`, {
      method: 'POST',
      body: JSON.stringify({
        sql: 'SELECT rider, cost FROM priced EMIT CHANGES LIMIT 3;',
        properties: { 'auto.offset.reset': 'latest' },
      }),
    });
    for await (const line of linesOf(response.body!)) {
      const row = JSON.parse(line);
      if (Array.isArray(row)) pushed.push(row);
      else isListening.resolve();
    }
  })();
  await isListening.promise;
  await run(ride('ann', 1, 7));
  await until(async () => pushed.length === 1);
  await run(`REWIND STREAM priced TO TIMESTAMP ${base + 4};`);
  await swapped();
  const wanted = [
    ['ann', 5],
    ['ann', 5],
    ['ann', 20],
    ['dora', 10],
    ['eve', 30],
  ];
  const sorted = async () =>
    (await rows('SELECT * FROM priced;')).sort((one, other) => String(one).localeCompare(String(other)));
  await until(async () => (await sorted()).length === 5);
  deepEqual(
    await sorted(),
    wanted.sort((one, other) => String(one).localeCompare(String(other))),
  );
  equal((await recordsOf('PRICED')).length, 8);
  equal(sql.engine.catalog.source('PRICED')!.topic, 'PRICED_G2');
  equal(idOf('PRICED'), id);
  await run(ride('flo', 2, 8));
  await until(async () => (await rows("SELECT * FROM priced WHERE rider = 'flo';")).length === 1);
  equal((await recordsOf('PRICED')).length, 8);
  await until(async () => pushed.length === 2);
  await run('REWIND priced TO BEGINNING;');
  await swapped();
  equal(sql.engine.catalog.source('PRICED')!.topic, 'PRICED_G3');
  await run(ride('hal', 1, 9));
  await until(async () => (await rows('SELECT * FROM priced;')).length === 10);
  // What was told once is not told again.
  await listening;
  deepEqual(pushed, [
    ['ann', 5],
    ['flo', 10],
    ['hal', 5],
  ]);
});

test('a join and a window are rebuilt, with the table as it is', async () => {
  await run(`CREATE TABLE riders (rider STRING PRIMARY KEY, town STRING) WITH (kafka_topic='riders', value_format='JSON', partitions=2);
    INSERT INTO riders (rowtime, rider, town) VALUES (${base}, 'ann', 'Ulm');
    CREATE TABLE by_town AS SELECT town, COUNT(*) AS n, SUM(km) AS km FROM rides JOIN riders ON rides.rider = riders.rider
      WINDOW TUMBLING (SIZE 4 MILLISECONDS) GROUP BY town;`);
  const rowsOfTowns = () => rows('SELECT town, windowstart, n, km FROM by_town;');
  await until(async () => (await rowsOfTowns()).length === 2);
  // Bob's town came too late for his rides.
  await run(`INSERT INTO riders (rowtime, rider, town) VALUES (${base}, 'bob', 'Ulm');`);
  await run('REWIND TABLE by_town TO BEGINNING;');
  await swapped();
  await until(
    async () =>
      JSON.stringify(await rowsOfTowns()) ===
      JSON.stringify([
        ['Ulm', base, 2, 8],
        ['Ulm', base + 4, 3, 6],
      ]),
  );
  await until(async () => {
    const { topics } = await client.metadata();
    return !topics.some(({ name }) => name.includes(`${idOf('BY_TOWN')}-`));
  });
});

test('what cannot be rewound is refused', async () => {
  await run(`CREATE TABLE source_riders (rider STRING PRIMARY KEY, town STRING) WITH (kafka_topic='riders', value_format='JSON');
    INSERT INTO priced SELECT rider, km AS cost FROM rides EMIT CHANGES;`);
  const refused = (ksql: string, message: RegExp) => rejects(run(ksql), message);
  await refused('REWIND TABLE riders TO BEGINNING;', /No query makes RIDERS/);
  await refused('REWIND STREAM costs TO BEGINNING;', /Incompatible data source type is TABLE/);
  await refused('REWIND QUERY nothing TO BEGINNING;', /Query with id:NOTHING does not exist/);
  await refused('REWIND nothing TO BEGINNING;', /There is no stream, table or query NOTHING/);
  await refused('REWIND STREAM priced TO BEGINNING;', /without what INSERTQUERY_\d+ wrote into it/);
  await refused('REWIND TABLE costs TO OFFSETS (0 = 1);', /does not name partition 1 of topic rides/);
  await refused('REWIND TABLE dear TO OFFSETS (0 = 1, 1 = 1);', /reads tables only/);
});

test('what is being rewound is told, can be ended, and goes with what the query makes', async () => {
  await sql.close();
  // Longer than any test: it never catches up.
  sql = await startServer(builtInFunctions(), [['headwater.rewind.look.interval.ms', '86400000']]);
  await run(`CREATE STREAM walks (rider STRING KEY, km INT) WITH (kafka_topic='walks', value_format='JSON', partitions=2);
    CREATE TABLE ways AS SELECT rider, SUM(km) AS km FROM walks GROUP BY rider;
    INSERT INTO walks (rider, km) VALUES ('ann', 3);`);
  await tableIs('SELECT * FROM ways;', { ann: 3 });
  const id = idOf('WAYS');
  const rewound = async (): Promise<string> => {
    const [told] = await run('REWIND TABLE ways TO BEGINNING;');
    return told.commandStatus.queryId;
  };
  const runId = await rewound();
  const lineOf = async () => {
    const [{ queries }] = await run('SHOW QUERIES;');
    // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
    return queries.find((each: any) => each.id === runId);
  };
  await until(async () => (await lineOf()).rewind.recordsTotal === 1);
  const { rewind, sinks, state } = await lineOf();
  deepEqual([state, rewind.of, rewind.state, sinks], ['REWINDING', id, 'rewinding', ['WAYS']]);
  const [{ queryDescription }] = await run(`EXPLAIN ${runId};`);
  equal(queryDescription.rewind.of, id);
  await rejects(run('REWIND TABLE ways TO BEGINNING;'), new RegExp(`being rewound.*TERMINATE ${runId}`));
  const replacing = 'CREATE OR REPLACE TABLE ways AS SELECT rider, SUM(km) AS km FROM walks GROUP BY rider;';
  await rejects(run(replacing), /being rewound/);

  await run(`TERMINATE ${runId};`);
  equal(await lineOf(), undefined);
  const leftOf = async (name: string) => (await client.metadata()).topics.filter((topic) => topic.name.includes(name));
  await until(async () => (await leftOf(runId)).length === 0);
  await run("INSERT INTO walks (rider, km) VALUES ('ann', 4);");
  await tableIs('SELECT * FROM ways;', { ann: 7 });

  const another = await rewound();
  await run('DROP TABLE ways;');
  equal(sql.engine.rewinds.size, 0);
  await until(async () => (await leftOf(another)).length === 0);
});
