import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { createSqlClient, type SqlClient, type SqlServer, startSql } from '@headwater/sql';
import { applyViews, shippedViews } from './apply-views.ts';
import { readViewFile } from './read-view-file.ts';

const settings = [['headwater.rewind.look.interval.ms', '20']] as const;
const shipped = readViewFile(readFileSync(shippedViews, 'utf8')).flatMap(({ made }) => made ?? []);
const tables = shipped.filter(({ kind }) => kind === 'TABLE').map(({ name }) => name);
const queriesCount = shipped.filter(({ isQuery }) => isQuery).length;

let folder: string;
let broker: Broker;
let server: SqlServer;
let sql: SqlClient;

async function start(): Promise<void> {
  server = await startSql({ bootstrap: broker.bootstrap, port: 0, settings });
  sql = createSqlClient({ url: server.url });
}

async function stop(): Promise<void> {
  sql.close();
  await server.close();
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headwater-views-'));
  broker = await startBroker({ port: 0 });
  await start();
});
after(async () => {
  await stop();
  await broker.close();
  await rm(folder, { recursive: true });
});

async function rowsOf(query: string): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const row of (await sql.query(query)).arrays()) rows.push([...row]);
  return rows;
}

/** @throws when the condition is not met within a minute */
async function until(what: string, isMet: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (await isMet()) return;
    await delay(50);
  }
  assert.fail(`${what}: not within a minute`);
}

async function produce(topic: string, values: readonly { service: string; timestampMs: number }[]): Promise<void> {
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  await client.produce({
    topic,
    records: values.map((value) => ({
      key: value.service,
      value: JSON.stringify(value),
      timestamp: value.timestampMs,
    })),
  });
}

test('views are made once, with their topics, and count what was there before them', async () => {
  // A writer was there first.
  await using writer = createClient({ bootstrap: broker.bootstrap, clientId: 'writer' });
  await writer.createTopics([{ name: 'headwater-alerts', partitions: 2 }]);
  const first = await applyViews({ sqlUrl: server.url });
  assert.deepEqual(first.failed, []);
  assert.deepEqual(
    first.created,
    shipped.map(({ name }) => name),
  );
  const second = await applyViews({ sqlUrl: server.url });
  assert.deepEqual(second, { created: [], failed: [], replaced: [], unchanged: first.created });
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const [config] = await client.describeConfigs([{ type: 'topic', name: 'headwater-service-crashes' }], {
    keys: ['retention.ms'],
  });
  assert.match(JSON.stringify(config), /604800000/);
});

test('all of them can be rewound, and are what they were', async () => {
  const timestampMs = Date.now();
  const crash = { service: 'pump', instance: 'p1', timestampMs, kind: 'exit', restarts: 1, uptimeMs: 5 };
  await produce('headwater-service-crashes', [crash, crash, { ...crash, service: 'fan' }]);
  const trigger = {
    service: 'pump',
    instance: 'p1',
    timestampMs,
    trigger: 'heat',
    count: 2,
    via: 'http',
    attributes: {},
  };
  await produce('headwater-service-triggers', [trigger, trigger]);
  const counted = async () => [
    ...(await rowsOf('SELECT service, crashes, by_kind FROM crash_per_day ORDER BY service;')),
    ...(await rowsOf('SELECT service, triggers FROM trigger_per_day;')),
    ...(await rowsOf('SELECT service, triggers FROM trigger_per_week;')),
  ];
  const expected = [
    ['fan', 1, { exit: 1 }],
    ['pump', 2, { exit: 2 }],
    ['pump', 4],
    ['pump', 4],
  ];
  await until('counts', async () => JSON.stringify(await counted()) === JSON.stringify(expected));
  for (const table of tables) {
    await sql.execute(`REWIND TABLE ${table} TO BEGINNING;`);
    await until(`${table} is rewound`, async () => {
      const [entity] = (await sql.execute('SHOW QUERIES;')) as unknown as [
        { queries: { id: string; state: string }[] },
      ];
      assert.ok(entity.queries.every(({ state }) => state !== 'ERROR'));
      return entity.queries.length === queriesCount;
    });
  }
  assert.deepEqual(await counted(), expected);
});

test('a log line counts a trigger, as the monitor writes it', async () => {
  const timestampMs = Date.now();
  const line = { service: 'fan', instance: 'f1', timestampMs, level: 'INFO', message: 'door', source: 'tcp' };
  await produce('headwater-logs', [line, { ...line, attributes: { trigger: 'door', count: '3' } } as typeof line]);
  await until('the trigger', async () => {
    const rows = await rowsOf("SELECT trigger, triggers FROM trigger_names_per_day WHERE service = 'fan';");
    return JSON.stringify(rows) === '[["door",3]]';
  });
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const values: string[] = [];
  for await (const batch of client.tail({ topics: ['headwater-service-triggers'], from: 'earliest' })) {
    for (const { value } of batch.records()) values.push(String(value));
    if (values.length >= 3) break;
  }
  assert.deepEqual(JSON.parse(values.at(-1)!), {
    service: 'fan',
    timestampMs,
    instance: 'f1',
    trigger: 'door',
    count: 3,
    via: 'log',
    attributes: { trigger: 'door', count: '3' },
  });
});

test('a changed statement makes its view again from the log; a mistake is told with its place, and costs nothing', async () => {
  const file = join(folder, 'mine.sql');
  const shippedText = readFileSync(shippedViews, 'utf8');
  const changed = shippedText
    // Others than before: a condition more, columns that state is kept of, and a key.
    .replace(
      /(CREATE TABLE CRASH_PER_HOUR[^;]*?) GROUP BY SERVICE;/,
      "$1 WHERE KIND = 'exit' AND SERVICE <> 'fan' GROUP BY SERVICE;",
    )
    .replace(
      'SUM(`COUNT`) AS TRIGGERS\n  FROM SERVICE_TRIGGERS WINDOW TUMBLING (SIZE 1 DAY',
      'SUM(`COUNT` * 10) AS TRIGGERS, COUNT(*) AS EVENTS\n  FROM SERVICE_TRIGGERS WINDOW TUMBLING (SIZE 1 DAY',
    )
    .replace("WHERE ATTRIBUTES['trigger'] IS NOT NULL", "WHERE ATTRIBUTES['trigger'] LIKE 'd%'")
    .replace('GROUP BY FINGERPRINT;', 'GROUP BY NOTHING_THAT_IS_THERE;');
  const mine = `${changed}\nCREATE TABLE MINE AS SELECT SERVICE, COUNT(*) AS N\n  FROM SERVICE_CRASHES GROUP SERVICE;\nINSERT INTO NOTIFICATIONS (SERVICE) VALUES ('x');\n`;
  await writeFile(file, mine);
  const { created, failed, replaced } = await applyViews({ sqlUrl: server.url, file });
  assert.deepEqual(created, []);
  assert.deepEqual(replaced, ['LOG_TRIGGERS', 'TRIGGER_PER_DAY', 'CRASH_PER_HOUR']);
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['ALERTS_NOW', 'MINE', null],
  );
  const mistakeLine = mine.slice(0, mine.indexOf('GROUP SERVICE')).split('\n').length;
  assert.deepEqual([failed[1]!.line, failed[1]!.column], [mistakeLine, 30], failed[1]!.message);
  assert.match(failed[0]!.message, /NOTHING_THAT_IS_THERE/);
  assert.match(failed[2]!.message, /may CREATE/);
  await until('the changed views', async () => {
    const crashes = await rowsOf('SELECT service, crashes FROM crash_per_hour;');
    const triggers = await rowsOf("SELECT service, triggers, events FROM trigger_per_day WHERE service = 'pump';");
    return JSON.stringify([crashes, triggers]) === JSON.stringify([[['pump', 2]], [['pump', 40, 2]]]);
  });
  assert.deepEqual(await rowsOf('SELECT * FROM alerts_now;'), []);

  await stop();
  await start();
  const again = await applyViews({ sqlUrl: server.url, file });
  assert.deepEqual([again.created, again.replaced, again.failed.length], [[], [], 3]);
  assert.deepEqual(await rowsOf('SELECT service, crashes FROM crash_per_hour;'), [['pump', 2]]);
});

test('a file that is not there, and a server that is away, are told', async () => {
  await assert.rejects(applyViews({ sqlUrl: server.url, file: join(folder, 'none.sql') }), {
    code: 'HW_MONITOR_VIEWS_FILE',
  });
  await assert.rejects(applyViews({ sqlUrl: 'http://127.0.0.1:1', waitMs: 0 }), { code: 'HW_MONITOR_VIEWS_SQL_AWAY' });
  const signal = AbortSignal.abort(new Error('closing'));
  await assert.rejects(applyViews({ sqlUrl: 'http://127.0.0.1:1', signal }), /closing/);
});
