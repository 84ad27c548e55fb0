/**
 * One query of the kit on a server of ours: `run cmd QUERY -- node kit-side.ts` sets the environment and checks the result. A server is started
 * in this process and told the statements over HTTP, as by anybody. Prints `START` with the time; ends with 0 when all is committed.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createSqlClient, startSql } from '../../index.ts';
import { kitQueries } from './kit-queries.ts';

const { BOOTSTRAP, EXPECTED, GUARANTEE, OUT, QUERY, SRC0, SRC1 } = process.env;
const query = kitQueries[QUERY ?? ''];
if (BOOTSTRAP === undefined || OUT === undefined || SRC0 === undefined || query === undefined) {
  console.error(`the kit starts this and sets BOOTSTRAP, SRC0, SRC1, OUT, EXPECTED, GUARANTEE and QUERY`);
  console.error(`(one of ${Object.keys(kitQueries).join(', ')})`);
  process.exit(2);
}
const isExact = GUARANTEE === 'exactly_once_v2';
const sql = await startSql({
  bootstrap: BOOTSTRAP,
  port: 0,
  serviceId: OUT,
  settings: [
    ['ksql.streams.auto.offset.reset', 'earliest'],
    ['processing.guarantee', isExact ? 'exactly_once_v2' : 'at_least_once'],
    // As the other engines of the kit have it.
    ...(isExact ? [] : [['ksql.streams.commit.interval.ms', '2000'] as const]),
  ],
});
const client = createSqlClient({ url: sql.url });
console.log(`START ${Math.round(performance.timeOrigin + performance.now())}`);
await client.execute(query.statements({ sources: [SRC0, SRC1 ?? SRC0], output: OUT }));
const expected = query.expected(Number(EXPECTED));
while (sql.streams.metrics.tasks.reduce((sum, { recordsIn }) => sum + recordsIn, 0) < expected) {
  if (sql.streams.metrics.topologies.some(({ state }) => state === 'failed')) throw new Error('the query has failed');
  await delay(20);
}
client.close();
await sql.close();
console.log(`END ${Math.round(performance.timeOrigin + performance.now())}`);
