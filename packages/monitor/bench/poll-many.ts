/** What looking after many services costs: so many fake ones in another process, each asked every second. Usage: node poll-many.ts [services] [seconds] */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMonitor } from '../index.ts';

const services = Number(process.argv[2] ?? 200);
const seconds = Number(process.argv[3] ?? 20);

if (process.send !== undefined) {
  const server = createServer((_req, res) => void res.end('{"status":"UP"}'));
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port));
} else {
  const child = fork(import.meta.filename);
  const [port] = (await once(child, 'message')) as [number];
  const before = process.memoryUsage().rss;
  const targets = Array.from({ length: services }, (_, i) => ({
    service: `s-${i}`,
    url: `http://127.0.0.1:${port}/health?${i}`,
  }));
  const monitor = await startMonitor({ port: 0, targets });
  await sleep(5_000);
  const start = process.cpuUsage();
  await sleep(seconds * 1_000);
  const { system, user } = process.cpuUsage(start);
  const { rss } = process.memoryUsage();
  const percent = ((user + system) / (seconds * 1e6)) * 100;
  console.log(
    `${services} services, ${seconds} s: ${percent.toFixed(1)} % of one core, +${((rss - before) / 1e6).toFixed(0)} MB`,
  );
  await monitor.close();
  child.kill();
}
