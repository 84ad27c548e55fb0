// How many log lines a second come in over TCP, HTTP and Beats, with what CPU, and how many the query store indexes meanwhile; the event store, the
// part and the query store in this process, the sender in another: node packages/telemetry/bench/logs.ts [seconds] [lines a second, 0: no limit]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { startSearch } from '@headwater/search';
import { startLogs } from '../index.ts';

const linesOfChunk = 100;

if (process.argv[2] === 'sender') await sender();
else await measure(Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 0));

async function measure(seconds: number, rate: number): Promise<void> {
  for (const [name, isIndexed] of [
    ['tcp', false],
    ['http', false],
    ['tcp', true],
  ] as const) {
    const broker = await startBroker({ port: 0 });
    const search = isIndexed ? await startSearch() : undefined;
    const logs = await startLogs({ port: 0, bootstrap: broker.bootstrap, searchUrl: search?.url });
    const metric = async (metric: string): Promise<number> => {
      const text = await (await fetch(`${logs.url}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith(metric));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    };
    await sleep(500);
    const before = process.cpuUsage();
    const child = fork(import.meta.filename, ['sender', name, logs.address, String(seconds), String(rate)]);
    const [sent] = (await once(child, 'message')) as [{ lines: number; seconds: number }];
    const indexedMeanwhile = await metric('headwater_logs_indexed_total');
    const started = performance.now();
    while ((await metric('headwater_logs_written_total')) < sent.lines) await sleep(20);
    const behindMs = Math.round(performance.now() - started);
    const cpu = process.cpuUsage(before);
    const cpuMicros = (cpu.user + cpu.system) / sent.lines;
    const dropped = await metric('headwater_logs_dropped_total');
    const indexedAt = performance.now();
    const indexed = await metric('headwater_logs_indexed_total');
    await sleep(isIndexed ? 3_000 : 0);
    const indexedAlone =
      ((await metric('headwater_logs_indexed_total')) - indexed) / ((performance.now() - indexedAt) / 1_000);
    console.log(
      JSON.stringify({
        bench: `telemetry/logs ${name}${isIndexed ? ' indexed' : ''}`,
        node: process.version,
        linesPerSecond: Math.round(sent.lines / (sent.seconds + behindMs / 1_000)),
        cpuMicrosPerLine: Math.round(cpuMicros * 10) / 10,
        behindMs,
        dropped,
        ...(isIndexed && {
          indexedPerSecondMeanwhile: Math.round(indexedMeanwhile / sent.seconds),
          indexedPerSecondAlone: Math.round(indexedAlone),
          lagRecords: await metric('headwater_logs_index_lag_records'),
        }),
        rssMiB: Math.round(process.memoryUsage.rss() / 1024 / 1024),
      }),
    );
    await logs.close();
    await search?.close();
    await broker.close();
  }
}

function line(i: number): string {
  return `${JSON.stringify({
    '@timestamp': new Date().toISOString(),
    '@version': '1',
    message: `order ${i} of customer ${i % 977} paid with card in ${i % 250} ms`,
    logger_name: 'com.acme.orders.PaymentService',
    thread_name: `http-nio-8080-exec-${i % 20}`,
    level: i % 50 === 0 ? 'WARN' : 'INFO',
    level_value: 20_000,
    service: `orders-${i % 6}`,
    traceId: (i * 2_654_435_761).toString(16).padStart(32, '0'),
    spanId: (i * 40_503).toString(16).padStart(16, '0'),
    customer: String(i % 977),
  })}\n`;
}

async function sender(): Promise<void> {
  const [, , , name, address, secondsText, rateText] = process.argv as string[];
  const seconds = Number(secondsText);
  const rate = Number(rateText);
  const chunks = Array.from({ length: 200 }, (_, chunk) =>
    Array.from({ length: linesOfChunk }, (_, i) => line(chunk * linesOfChunk + i)).join(''),
  );
  const start = performance.now();
  const end = start + seconds * 1_000;
  let lines = 0;
  const pace = async (): Promise<void> => {
    const aheadMs = rate === 0 ? 0 : (lines / rate) * 1_000 - (performance.now() - start);
    if (aheadMs > 1) await sleep(aheadMs);
  };
  const connection = async (): Promise<void> => {
    const { hostname, port } = new URL(`http://${address}`);
    const socket = name === 'tcp' ? connect(Number(port), hostname) : undefined;
    for (let i = 0; performance.now() < end; i++) {
      await pace();
      const body = chunks[i % chunks.length]!;
      lines += linesOfChunk;
      if (socket !== undefined) {
        if (!socket.write(body)) await once(socket, 'drain');
      } else {
        const answer = await fetch(`http://${address}`, { method: 'POST', body });
        await answer.arrayBuffer();
        if (!answer.ok) lines -= linesOfChunk;
      }
    }
    if (socket !== undefined) {
      socket.end();
      await once(socket.resume(), 'close');
    }
  };
  await Promise.all([connection(), connection(), connection(), connection()]);
  process.send!({ lines, seconds: (performance.now() - start) / 1_000 });
  process.disconnect();
}
