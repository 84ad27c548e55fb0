import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { Catalog } from '../catalog.ts';
import { Correlator } from './correlator.ts';
import type { RowDatabase } from './find-stored-rows.ts';
import { isRowId, placeOfRowId, rowIdOf } from './row-id.ts';
import type { Subject } from './subject.ts';

const t0 = Date.now() - 600_000;
const signal = new AbortController().signal;
let client: KafkaClient;
let close: () => Promise<void>;
/** Rows of `analytics.counts` by their id. */
const rows = new Map<string, string>();
let opened: string[] = [];
let open = 0;

/** A database as PostgreSQL answers; that it is the real one's SQL is tested with the analytics store. */
const database: RowDatabase = {
  query: <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    let answer: unknown[] = [];
    if (text.includes('pg_database')) answer = [{ name: 'analytics' }];
    else if (text.includes('information_schema')) answer = [{ schema: 'analytics', name: 'counts' }];
    else if (text.includes('"analytics".headwater_offsets'))
      answer = [{ topic: 'counts', partition: 0, next_offset: '3' }];
    else if (text.includes('"analytics"."counts"'))
      answer = (values![0] as string[]).flatMap((id) => (rows.has(id) ? [{ id, json: rows.get(id)! }] : []));
    return Promise.resolve(answer as Row[]);
  },
  close: () => {
    open--;
    return Promise.resolve();
  },
};

before(async () => {
  const broker = await startBroker({ port: 0 });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  await client.createTopics([{ name: 'counts', partitions: 1 }]);
  const traceparent = { key: 'traceparent', value: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  await client.produce({
    topic: 'counts',
    records: ['rain', 'snow', 'heron'].map((key) => ({ key, value: '1', timestamp: t0, headers: [traceparent] })),
  });
  for (const offset of [0, 1]) {
    const id = rowIdOf({ topic: 'counts', partition: 0, offset });
    const time = new Date(t0).toISOString();
    rows.set(id, `{"id":"${id}","word_count":9007199254740993,"record_date":"${time}"}`);
  }
  close = async () => {
    await client.close();
    await broker.close();
  };
});
after(() => close());

const postgresUrl = 'postgres://headwater@127.0.0.1:1/headwater';

async function correlate(subject: Subject, databases?: () => readonly string[]) {
  const correlator = new Correlator({
    client,
    catalog: new Catalog(client),
    schemas: null,
    urls: () => ({ postgresUrl, databases }),
    openDatabase: (url) => {
      opened.push(new URL(url).pathname);
      open++;
      return Promise.resolve(database);
    },
  });
  return await correlator.correlate({ subject, windowMs: 10_000, aroundMs: null }, signal);
}

const running = (): string[] => ['analytics'];

test('the row that a sink wrote for a record, and of a row its record; every digit, and no connection stays', async () => {
  const place = { topic: 'counts', partition: 0, offset: 1 };
  const found = await correlate({ kind: 'record', ...place }, running);
  assert.deepEqual(
    found.rows.map(({ database: name, key, offset, table }) => [name, table, key?.text, offset]),
    [['analytics', 'analytics.counts', rowIdOf(place), 1]],
  );
  assert.match(found.rows[0]!.value!.text!, /9007199254740993/);
  for (const table of ['analytics.counts', 'counts']) {
    const back = await correlate({ kind: 'row', table, key: rowIdOf(place) }, running);
    assert.deepEqual([back.record?.key?.text, back.rows.length, back.ids.traceId], ['snow', 1, 'a'.repeat(32)]);
    assert.equal(back.rows[0]?.offset, 1);
  }
  assert.equal(open, 0);
});

test('databases that do not run are not opened, and one that fails is told of', async () => {
  opened = [];
  const found = await correlate({ kind: 'record', topic: 'counts', partition: 0, offset: 0 }, () => []);
  assert.deepEqual([found.rows, opened], [[], []]);
  const query = database.query;
  database.query = () => Promise.reject(new Error('the disk is on fire'));
  const failed = await correlate({ kind: 'record', topic: 'counts', partition: 0, offset: 0 }, running);
  database.query = query;
  assert.ok(failed.searched.some(({ problem }) => problem === 'the disk is on fire'));
  assert.equal(failed.record?.key?.text, 'rain');
  opened = [];
  const all = await correlate({ kind: 'record', topic: 'counts', partition: 0, offset: 0 });
  assert.deepEqual([all.rows.length, opened], [1, ['/headwater', '/analytics']], 'a real PostgreSQL says what it has');
});

test('an id is a UUID of version 5, and its place is found by trying, within a bound', async () => {
  const id = rowIdOf({ topic: 'counts', partition: 2, offset: 4_500 });
  assert.ok(isRowId(id) && id[14] === '5');
  const ranges = [0, 1, 2].map((partition) => ({ topic: 'counts', partition, from: 0, to: 5_000 }));
  const found = await placeOfRowId(id, ranges, { signal, triesMax: 100_000 });
  assert.deepEqual(found.place, { topic: 'counts', partition: 2, offset: 4_500 });
  const bounded = await placeOfRowId(id, ranges, { signal, triesMax: 100 });
  assert.deepEqual([bounded.place, bounded.isComplete], [undefined, false]);
});
