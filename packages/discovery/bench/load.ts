/**
 * Registering, heartbeats and fetching with many instances:
 * `npm run bench -- discovery [--instances 10000] [--beats 20000] [--peer URL --peer-pid PID]`, such as
 * `--peer http://127.0.0.1:8761/eureka --peer-pid 4711` for a real Eureka. Each server is in a process of its own; what counts is its CPU.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startDiscovery } from '../index.ts';
import { springInstance } from '../test/support/eureka.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const atOnce = 32;
const perApp = 20;

if (process.send !== undefined) {
  const { url } = await startDiscovery({ port: 0 });
  process.send(url);
  process.once('disconnect', () => process.exit(0));
} else await measureAll();

async function measureAll(): Promise<void> {
  const { values } = parseArgs({
    options: {
      instances: { type: 'string', default: '10000' },
      beats: { type: 'string', default: '20000' },
      peer: { type: 'string' },
      'peer-pid': { type: 'string' },
    },
  });
  const [instances, beats] = [Number(values.instances), Number(values.beats)];
  print({ machine: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0]?.toFixed(1) });
  const child = fork(import.meta.filename);
  try {
    const [url] = (await once(child, 'message')) as [string];
    await measure('headwater', `${url}/eureka`, child.pid!, instances, beats);
  } finally {
    await end(child);
  }
  if (values.peer !== undefined && values['peer-pid'] !== undefined) {
    await measure(values.peer, values.peer, Number(values['peer-pid']), instances, beats);
  }
  agent.destroy();
}

async function measure(server: string, base: string, pid: number, instances: number, beats: number): Promise<void> {
  const before = usageOf(pid);
  print({ server, residentMb: before.residentMb });
  const nameOf = (i: number) =>
    [`BENCH-${Math.floor(i / perApp) % Math.ceil(instances / perApp)}`, `host:${i}`] as const;
  const phase = async (name: string, count: number, work: (i: number) => Promise<unknown>): Promise<void> => {
    const from = { cpuMs: usageOf(pid).cpuMs, atMs: performance.now() };
    await inParallel(count, work);
    const [cpuMs, ms] = [usageOf(pid).cpuMs - from.cpuMs, performance.now() - from.atMs];
    print({
      server,
      phase: name,
      count,
      perSecond: Math.round(count / (ms / 1000)),
      cpuMicrosecondsEach: Math.round((cpuMs * 1000) / count),
      residentMb: usageOf(pid).residentMb,
    });
  };
  const json = { 'content-type': 'application/json' };
  // A JVM gets warm first.
  await phase('warm up: register', 2_000, (i) => {
    const instance = springInstance('WARM', `warm:${i % 50}`);
    return call('POST', `${base}/apps/WARM`, json, JSON.stringify({ instance }));
  });
  await phase('warm up: heartbeat', beats, (i) => call('PUT', `${base}/apps/WARM/warm:${i % 50}?status=UP`));
  await phase('register', instances, (i) => {
    const [app, id] = nameOf(i);
    return call('POST', `${base}/apps/${app}`, json, JSON.stringify({ instance: springInstance(app, id) }));
  });
  await phase('heartbeat', beats, (i) => {
    const [app, id] = nameOf(i % instances);
    return call('PUT', `${base}/apps/${app}/${id}?status=UP&lastDirtyTimestamp=1700000000000`);
  });
  const fetched = { accept: 'application/json', 'accept-encoding': 'gzip' };
  for (const path of ['/apps/', '/apps/delta']) {
    const startedMs = performance.now();
    const bytes = await call('GET', base + path, fetched);
    print({ server, fetch: path, firstMs: Math.round(performance.now() - startedMs), zippedBytes: bytes });
    await phase(`fetch ${path}, nothing changes`, 200, () => call('GET', base + path, fetched));
  }
  // A change between any two fetches: nothing can be kept.
  await phase('fetch /apps/, something changes each time', 40, async (i) => {
    await call('PUT', `${base}/apps/WARM/warm:${i}/metadata?n=${i}`);
    await call('GET', `${base}/apps/`, fetched);
  });
  await phase('leave', instances, (i) => {
    const [app, id] = nameOf(i);
    return call('DELETE', `${base}/apps/${app}/${id}`);
  });
}

async function inParallel(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const workers = Array.from({ length: atOnce }, async () => {
    for (let i = next++; i < count; i = next++) await work(i);
  });
  await Promise.all(workers);
}

function call(method: string, url: string, headers: Record<string, string> = {}, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, agent, headers: { 'content-length': Buffer.byteLength(body), ...headers } });
    req.on('response', (res) => {
      let bytes = 0;
      res.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      res.on('end', () => {
        if (res.statusCode! < 300) resolve(bytes);
        else reject(new Error(`${method} ${url}: ${res.statusCode}`));
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** CPU time so far and resident memory of a process (Linux). */
function usageOf(pid: number): { cpuMs: number; residentMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, residentMb: Math.round(Number(resident) / 1024) };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

function print(line: Record<string, unknown>): void {
  console.log(JSON.stringify(line));
}
