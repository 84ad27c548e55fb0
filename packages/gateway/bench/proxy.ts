/**
 * Requests per second, added latency and CPU time of the gateway: `node packages/gateway/bench/proxy.ts [seconds]`.
 * Backend and gateway are processes of their own; each figure is the median of three runs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startGateway } from '../index.ts';
import { type LoadResult, load } from './support/load.ts';

interface Answer {
  url?: string;
  cpuMs?: number;
}

function ask(child: ChildProcess, message: string): Promise<Answer> {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(answer as Answer));
    child.send(message);
  });
}

async function child(role: string, upstream: string): Promise<void> {
  let url: string;
  if (role === 'backend') {
    const body = Buffer.alloc(100, 'x');
    const server = createServer((_req, res) =>
      res.writeHead(200, { 'content-length': body.length, 'content-type': 'text/plain' }).end(body),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  } else {
    const routes = [
      { id: 'r', uri: upstream, predicates: ['Path=/route/**'], filters: ['StripPrefix=1', 'AddRequestHeader=X-A, b'] },
    ];
    url = (await startGateway({ routes, parts: { part: upstream } })).url;
  }
  process.on('message', (message) => {
    const { user, system } = process.cpuUsage();
    process.send!(message === 'url' ? { url } : { cpuMs: (user + system) / 1_000 });
  });
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function measure(
  name: string,
  url: string,
  process: ChildProcess,
  connections: number,
  seconds: number,
): Promise<void> {
  const runs: (LoadResult & { cpuMs: number })[] = [];
  for (let i = 0; i < 3; i++) {
    const before = (await ask(process, 'cpu')).cpuMs!;
    const result = await load(url, connections, seconds);
    runs.push({ ...result, cpuMs: (await ask(process, 'cpu')).cpuMs! - before });
  }
  const of = (pick: (run: (typeof runs)[number]) => number): number => median(runs.map(pick));
  const cpu = of((run) => run.cpuMs / 1_000 / (run.requests / 10_000));
  console.log(
    `${name.padEnd(16)} ${String(connections).padStart(4)} conn ${of((run) => run.requests / run.seconds)
      .toFixed(0)
      .padStart(
        7,
      )}/s  p50 ${of((run) => run.p50Ms).toFixed(2)} ms  p99 ${of((run) => run.p99Ms).toFixed(2)} ms  ${cpu.toFixed(2)} CPU s per 10,000`,
  );
}

const [role, upstream] = process.argv.slice(2);
if (role === 'backend' || role === 'gateway') await child(role, upstream!);
else {
  const seconds = Number(role ?? 3);
  const backend = fork(import.meta.filename, ['backend', '']);
  const backendUrl = (await ask(backend, 'url')).url!;
  const gateway = fork(import.meta.filename, ['gateway', backendUrl]);
  const gatewayUrl = (await ask(gateway, 'url')).url!;
  await load(`${gatewayUrl}/api/part/x`, 16, 2);
  for (const connections of [1, 32]) {
    await measure('direct', `${backendUrl}/x`, backend, connections, seconds);
    await measure('part', `${gatewayUrl}/api/part/x`, gateway, connections, seconds);
    await measure('route, 2 filters', `${gatewayUrl}/route/x`, gateway, connections, seconds);
  }
  backend.kill();
  gateway.kill();
}
