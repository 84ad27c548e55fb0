import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createSqlClient, type SqlClient } from '@headwater/sql';
import { type Recount, recountOf } from '../../../examples/clickstream/test/recount.ts';
import { readTopic } from '../../../examples/tweets/test/truth.ts';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

/** Three jobs in SQL over dirty lines, under `headwater up`: what they make is what plain loops make of the same lines, whatever was killed. */
const only = 'kafka,registry,search,sql,monitor';
const lines = 1_500;
const linesPerSecond = 200;
/** Of counted clicks, before the kill: the source is still writing then, and the jobs are in the middle of it. */
const killedAfter = 400;
const lookAgainMs = 300;
const readMaxMs = 20_000;
let folder: string;
let up: HeadwaterProcess;
let sql: SqlClient;

async function start(): Promise<void> {
  up = await startHeadwater(
    ['--example', 'clickstream', '--only', only, '--ports', 'auto', '--data', join(folder, 'data')],
    {
      HEADWATER_CLICKSTREAM_LINES: String(lines),
      HEADWATER_CLICKSTREAM_RATE: String(linesPerSecond),
      HEADWATER_CLICKSTREAM_SEED: '5',
    },
  );
  sql = createSqlClient({ url: up.addresses['sql']! });
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-clickstream-'));
  await start();
});
after(
  async () => {
    sql?.close();
    await up?.stop();
    rmSync(folder, { recursive: true, force: true });
  },
  { timeout: 60_000 },
);

async function rowsOf(query: string): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const row of (await sql.query(query, { signal: AbortSignal.timeout(readMaxMs) })).arrays())
    rows.push([...row]);
  return rows;
}

/** Where a table is not there yet there is nothing in it. Not asked all the time: that would be most of what the system does. */
async function numberOf(query: string): Promise<number> {
  await delay(lookAgainMs);
  return await rowsOf(query).then(
    ([row]) => Number(row?.[0] ?? 0),
    () => 0,
  );
}

async function linesOf(topic: string): Promise<string[]> {
  const records = await Promise.race([
    readTopic(up.addresses['kafka']!, topic),
    delay(readMaxMs, undefined, { ref: false }).then(() => {
      throw new Error(`${topic} was not read within ${readMaxMs} ms`);
    }),
  ]);
  return records.map(({ value }) => String(value));
}

async function documents(): Promise<Map<string, Record<string, unknown>>> {
  const url = `${up.addresses['search']}/clickstream`;
  const signal = AbortSignal.timeout(readMaxMs);
  await (await fetch(`${url}/_refresh`, { method: 'POST', signal })).arrayBuffer();
  const answer = (await (await fetch(`${url}/_search?size=10000`, { signal })).json()) as {
    hits: { hits: { _id: string; _source: Record<string, unknown> }[] };
  };
  return new Map(
    answer.hits.hits.map(({ _id, _source: { record, ...fields } }) => {
      assert.equal((record as { topic: string }).topic, 'clickstream');
      return [_id, fields];
    }),
  );
}

function different(found: ReadonlyMap<string, unknown>, expected: ReadonlyMap<string, unknown>): string[] {
  const text = (value: unknown) => JSON.stringify(value, Object.keys((value as object) ?? {}).sort());
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => text(found.get(key)) !== text(expected.get(key)))
    .slice(0, 3)
    .map((key) => `${key}: ${text(found.get(key))}, not ${text(expected.get(key))}`);
}

const counts = async (table: string, columns: string): Promise<Map<string, unknown>> =>
  new Map(
    (await rowsOf(`SELECT ${columns} FROM ${table};`)).map(([a, b, ...c]) => [`${a} ${b}`, c.length > 1 ? c : c[0]]),
  );

/** The letters themselves, where the table of them could hide one that is there twice. */
async function lettersByReason(): Promise<Map<string, unknown>> {
  const rows = await rowsOf('SELECT SOURCE, REASON FROM DEAD_LETTERS;');
  return new Map(
    Object.entries(Object.groupBy(rows, ([source, reason]) => `${source} ${reason}`)).map(([key, found]) => [
      key,
      found!.length,
    ]),
  );
}

/** What differs from what there has to be; nothing in the end. */
async function mistakes(expected: Recount): Promise<string[]> {
  const { clicksPerPage, clicksPerProduct, deadLetters, sales } = expected;
  return [
    ...different(await lettersByReason(), deadLetters),
    ...different(await counts('DEAD_LETTERS_BY_REASON', 'SOURCE, REASON, TIMES'), deadLetters),
    ...different(await counts('CLICKS_PER_PRODUCT', 'WINDOWSTART, PRODUCT, CLICKS'), clicksPerProduct),
    ...different(await counts('CLICKS_PER_PAGE', 'WINDOWSTART, PAGE, CLICKS'), clicksPerPage),
    ...different(await counts('SALES_PER_SEGMENT', 'SEGMENT, CATEGORY, ORDERS, TOTAL_CENTS, CLICKS'), sales),
    ...different(await documents(), expected.documents),
  ];
}

test('dead letters, counts, conversions and documents are those of a recount, after a kill -9 of everything', {
  timeout: 420_000,
}, async (t) => {
  await waitFor(
    async () => (await numberOf('SELECT SUM(CLICKS) FROM CLICKS_PER_PRODUCT;')) >= killedAfter,
    120_000,
    'clicks counted',
  );
  sql.close();
  await up.kill();
  await start();
  t.diagnostic(`killed, ready again after ${Math.round(up.readyAfterMs)} ms`);

  const [clicks, orders] = await waitFor(
    async () => {
      await delay(lookAgainMs);
      const [clicks, orders] = await Promise.all(['clicks-raw', 'orders-raw'].map(linesOf));
      return clicks!.length + orders!.length >= lines ? ([clicks!, orders!] as const) : undefined;
    },
    120_000,
    'all lines written',
  );
  const expected = recountOf(clicks, orders);
  const letters = [...expected.deadLetters.values()].reduce((sum, count) => sum + count, 0);
  t.diagnostic(
    `${clicks.length} clicks and ${orders.length} orders as lines, ${letters} dead letters, ${expected.documents.size} documents`,
  );
  assert.ok(letters > 20 && expected.documents.size > 20, 'there is something to compare');

  let found: string[] = [];
  const isRight = async () => {
    // While state is read back after the kill a pull query may be refused.
    await delay(lookAgainMs);
    found = await mistakes(expected).catch((error: unknown) => [String(error)]);
    return found.length === 0;
  };
  await waitFor(isRight, 120_000).catch(() => assert.deepEqual(found, [], up.output().slice(-4_000)));
  assert.doesNotMatch(up.output(), /has another statement/);
});
