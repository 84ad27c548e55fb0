import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { BoundedGetter } from '../src/poll/bounded-get.ts';
import { HealthProbe, type Look } from '../src/poll/health-probe.ts';
import { parseProcessMetrics } from '../src/poll/process-metrics.ts';

const answers: Record<string, (req: IncomingMessage, res: ServerResponse) => void> = {
  '/up': (_, res) => json(res, 200, { status: 'UP' }),
  '/down': (_, res) =>
    json(res, 503, {
      status: 'DOWN',
      components: { db: { status: 'DOWN', details: { error: 'no route\u001b[31m to db' } }, disk: { status: 'UP' } },
    }),
  '/draining': (_, res) => json(res, 503, { status: 'OUT_OF_SERVICE' }),
  '/pass': (_, res) => json(res, 200, { status: 'pass' }),
  '/text': (_, res) => void res.end('fine'),
  '/lies': (_, res) => json(res, 500, { status: 'UP' }),
  '/types': (_, res) => json(res, 200, { status: { deep: true }, components: [null, 1, 'x', { status: 7 }] }),
  '/login': (_, res) => void res.writeHead(401).end(),
  '/loop': (_, res) => void res.writeHead(302, { location: '/loop' }).end(),
  '/silent': () => {},
  '/slow': (_, res) => {
    res.writeHead(200);
    const drip = setInterval(() => res.write(' '), 5);
    res.on('close', () => clearInterval(drip));
  },
  '/endless': (_, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void => {
      while (!res.destroyed && res.write('{"a":['.repeat(10_000)));
    };
    res.on('drain', more);
    more();
  },
  '/deep': (_, res) => void res.end('['.repeat(200_000)),
  '/hangup': (req) => void req.socket.destroy(),
};

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const server = createServer((req, res) => {
  const answer = answers[req.url ?? ''];
  if (answer === undefined) res.writeHead(404).end();
  else answer(req, res);
});
const getter = new BoundedGetter();
let base: string;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  getter.close();
  server.closeAllConnections();
  server.close();
});

const look = (path: string, timeoutMs = 10_000): Promise<Look> => new HealthProbe(getter, base + path).look(timeoutMs);

test('what services answer is read as they mean it', async () => {
  for (const [path, status, reason] of [
    ['/up', 'UP', /says UP/],
    ['/down', 'DOWN', /^says DOWN: db DOWN \(no route \[31m to db\)$/],
    ['/draining', 'OUT_OF_SERVICE', /OUT_OF_SERVICE/],
    ['/pass', 'UP', /pass/],
    ['/text', 'UP', /answers 200/],
    ['/lies', 'DOWN', /says UP, but answers 500/],
    ['/types', 'UP', /answers 200/],
    ['/login', 'UP', /asks who/],
    ['/loop', 'DOWN', /answers 302 to \/loop/],
    ['/nowhere', 'DOWN', /answers 404/],
    ['/deep', 'UP', /answers 200/],
    ['/', 'UP', /no page of health/],
  ] as const) {
    const found = await look(path);
    assert.equal(found.how, 'answered', path);
    assert.equal('status' in found && found.status, status, path);
    assert.match(found.reason, reason, path);
  }
});

test('services that are slow, endless, silent or hang up cost their time and bytes and no more', async () => {
  const slow = await look('/slow', 300);
  assert.deepEqual([slow.how, 'status' in slow && slow.status], ['answered', 'UP'], 'its head is an answer');
  const endless = await look('/endless');
  assert.equal(endless.how, 'answered');
  assert.match(endless.reason, /more than is read/);
  const silent = await look('/silent', 200);
  assert.equal(silent.how, 'silent');
  assert.match(silent.reason, /no answer within 200 ms/);
  assert.equal((await look('/hangup')).how, 'refused');
  const answer = await getter.get(`${base}/endless`, { timeoutMs: 10_000, bytesMax: 1_000 });
  assert.equal(answer.body.length, 1_000);
  assert.ok(answer.isCut);
});

test('nobody there is refused', async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const found = await new HealthProbe(getter, `http://127.0.0.1:${port}`).look(5_000);
  assert.equal(found.how, 'refused');
  assert.match(found.reason, /connection refused by 127\.0\.0\.1/);
});

test('pages of metrics of several languages are read; noise is passed over', () => {
  const node = parseProcessMetrics(
    '# HELP x\nprocess_cpu_seconds_total 1.5\nprocess_start_time_seconds 1700000000\nprocess_resident_memory_bytes 5e7\nnodejs_eventloop_lag_seconds 0.5\nnodejs_eventloop_lag_p99_seconds 0.012\nnodejs_heap_size_used_bytes{a="b"} 7\nprocess_open_fds 21 1395066363000\n',
  );
  assert.deepEqual(
    [node.cpuSeconds, node.startedMs, node.residentBytes, node.eventLoopDelayMs, node.heapBytes, node.openFiles],
    [1.5, 1_700_000_000_000, 5e7, 12, 7, 21],
  );
  const java = parseProcessMetrics(
    'jvm_memory_used_bytes{area="heap",id="a"} 10\njvm_memory_used_bytes{area="nonheap",id="b"} 99\njvm_memory_used_bytes{area="heap",id="c"} 5\nsystem_cpu_count 4.0\nprocess_cpu_usage 0.25\nprocess_files_open_files 12\nprocess_uptime_seconds 3.5\n',
  );
  assert.deepEqual([java.heapBytes, java.cpuPercent, java.openFiles, java.uptimeMs], [15, 100, 12, 3_500]);
  const noise = parseProcessMetrics(
    `process_open_fds -1\nprocess_resident_memory_bytes NaN\nprocess_${'x'.repeat(100_000)}\nprocess_cpu_seconds_total{`,
  );
  assert.deepEqual(
    Object.values(noise).filter((value) => value !== null),
    [],
  );
});
