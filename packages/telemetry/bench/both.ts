// Whether log lines (TCP) and spans (OTLP) come in at given rates at once, and with what CPU; event store and receivers in this process:
// node packages/telemetry/bench/both.ts [seconds] [lines a second] [spans a second]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { startLogs, startOtlp, startZipkin } from '../index.ts';

const [secondsText = '20', linesText = '20000', spansText = '10000'] = process.argv.slice(2);
const broker = await startBroker({ port: 0 });
const { bootstrap } = broker;
const logs = await startLogs({ port: 0, bootstrap });
const otlp = await startOtlp({ port: 0, bootstrap });
const zipkin = await startZipkin({ port: 0, bootstrap });

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const sender = (file: string, ...args: string[]) =>
  once(fork(join(import.meta.dirname, file), ['sender', ...args]), 'message') as Promise<
    [{ lines: number; spans: number; seconds: number }]
  >;

await sleep(500);
const before = process.cpuUsage();
const started = performance.now();
const [[lines], [spans]] = await Promise.all([
  sender('logs.ts', 'tcp', logs.address, secondsText, linesText),
  sender('ingest.ts', 'otlp', `${otlp.url}/v1/traces`, secondsText, spansText),
]);
const sentAt = performance.now();
while ((await metric(logs.url, 'headwater_logs_written_total')) < lines.lines) await sleep(20);
const behindMs = Math.round(performance.now() - sentAt);
const seconds = (performance.now() - started) / 1_000;
const cpu = process.cpuUsage(before);
const accepted = 'headwater_otlp_received_total{signal="spans",outcome="accepted"}';
console.log(
  JSON.stringify({
    bench: 'telemetry/both',
    node: process.version,
    /** After the last line was sent, until all of them were on the log. */
    behindMs,
    linesPerSecond: Math.round(lines.lines / lines.seconds),
    linesDropped: await metric(logs.url, 'headwater_logs_dropped_total'),
    spansPerSecond: Math.round(spans.spans / spans.seconds),
    spansSentNotAccepted: spans.spans - (await metric(otlp.url, accepted)),
    cpuPercentOfOneCore: Math.round((cpu.user + cpu.system) / 1e4 / seconds),
    rssMiB: Math.round(process.memoryUsage.rss() / 1024 / 1024),
  }),
);
await zipkin.close();
await otlp.close();
await logs.close();
await broker.close();
