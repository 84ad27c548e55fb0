/**
 * A week of minutes of 200 services that count triggers, in the shipped views, and what charts of it take: over HTTP, first row asked to last row read,
 * in time and in CPU of the process, which a busy machine does not stretch.
 *
 *   npm run bench -- monitor/week [services, 200] [days, 7]
 *
 * Broker, SQL and reader share this process.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { createSqlClient, startSql } from '@headwater/sql';
import { shippedViews } from '../index.ts';
import { readViewFile } from '../src/views/read-view-file.ts';

const services = Number(process.argv[2] ?? 200);
const days = Number(process.argv[3] ?? 7);
const rounds = 5;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const endMs = Math.floor(Date.now() / hourMs) * hourMs;
const startMs = endMs - days * 24 * hourMs;

const broker = await startBroker({ port: 0 });
const kafka = createClient({ bootstrap: broker.bootstrap, clientId: 'bench' });
const server = await startSql({ bootstrap: broker.bootstrap, port: 0 });
const sql = createSqlClient({ url: server.url });
const views = ['SERVICE_TRIGGERS', 'TRIGGER_PER_MINUTE', 'TRIGGER_PER_HOUR', 'TRIGGER_PER_DAY'];
for (const { made, text } of readViewFile(readFileSync(shippedViews, 'utf8')))
  if (made !== null && views.includes(made.name)) await sql.execute(text);

const beforeMb = process.memoryUsage().rss / 1e6;
const fillStartMs = performance.now();
let records = [];
for (let timestampMs = startMs; timestampMs < endMs; timestampMs += minuteMs) {
  for (let at = 0; at < services; at++) {
    const value = `{"timestampMs":${timestampMs},"service":"service-${at}","trigger":"t","count":${1 + (at % 3)},"via":"http"}`;
    records.push({ key: `service-${at}`, value, timestamp: timestampMs });
  }
  if (records.length < 5_000 && timestampMs + minuteMs < endMs) continue;
  await kafka.produce({ topic: 'headwater-service-triggers', records });
  records = [];
}
const expected = Array.from({ length: services }, (_, at) => 1 + (at % 3)).reduce((one, other) => one + other, 0);
const total = expected * days * 24 * 60;
for (const view of views.slice(1))
  while ((await sum(`SELECT SUM(triggers) FROM ${view};`)) !== total) await delay(1_000);
print({
  fillSeconds: seconds(fillStartMs),
  rows: services * days * 24 * 60,
  rssMbMore: Math.round(process.memoryUsage().rss / 1e6 - beforeMb),
});

const week = `windowstart >= ${startMs} AND windowstart < ${endMs}`;
const charts: Record<string, string> = {
  'all services, by hour, of hours': `SELECT service, windowstart, triggers FROM trigger_per_hour WHERE ${week};`,
  'all services together, by hour, of hours': `SELECT windowstart, SUM(triggers) FROM trigger_per_hour WHERE ${week} GROUP BY windowstart;`,
  'all services, by day, of days': `SELECT service, windowstart, triggers FROM trigger_per_day WHERE ${week};`,
  'the ten busiest of the week, of hours': `SELECT service, SUM(triggers) AS n FROM trigger_per_hour WHERE ${week} GROUP BY service ORDER BY n DESC LIMIT 10;`,
  'one service, by minute': `SELECT windowstart, triggers FROM trigger_per_minute WHERE service = 'service-7' AND ${week};`,
  'one service, by hour, of minutes': `SELECT windowstart / ${hourMs}, SUM(triggers) FROM trigger_per_minute WHERE service = 'service-7' AND ${week} GROUP BY windowstart / ${hourMs};`,
  'all services, an hour of minutes': `SELECT service, windowstart, triggers FROM trigger_per_minute WHERE windowstart >= ${endMs - hourMs};`,
  'all services together, by hour, of minutes': `SELECT windowstart / ${hourMs}, SUM(triggers) FROM trigger_per_minute WHERE ${week} GROUP BY windowstart / ${hourMs};`,
};
for (const [chart, query] of Object.entries(charts)) {
  const times: number[] = [];
  const cpuTimes: number[] = [];
  let rows = 0;
  for (let round = 0; round <= rounds; round++) {
    const fromMs = performance.now();
    const cpuBefore = process.cpuUsage();
    rows = 0;
    for await (const _row of (await sql.query(query)).arrays()) rows++;
    // The first is warm-up: a query is compiled once.
    if (round === 0) continue;
    times.push(performance.now() - fromMs);
    const { system, user } = process.cpuUsage(cpuBefore);
    cpuTimes.push((system + user) / 1_000);
  }
  for (const each of [times, cpuTimes]) each.sort((one, other) => one - other);
  print({
    chart,
    rows,
    medianMs: Math.round(times[rounds >> 1]!),
    leastMs: Math.round(times[0]!),
    mostMs: Math.round(times.at(-1)!),
    cpuMedianMs: Math.round(cpuTimes[rounds >> 1]!),
  });
}
sql.close();
await server.close();
await kafka.close();
await broker.close();

async function sum(query: string): Promise<number> {
  for await (const [value] of (await sql.query(query)).arrays()) return Number(value);
  return 0;
}

function seconds(sinceMs: number): number {
  return Number(((performance.now() - sinceMs) / 1_000).toFixed(1));
}

function print(figures: object): void {
  const machine = { cores: cpus().length, node: process.version, load: Number(loadavg()[0]!.toFixed(1)) };
  console.log(JSON.stringify({ bench: 'monitor/week', ...figures, ...machine }));
}
