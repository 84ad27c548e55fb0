/**
 * `npm run bench -- service`: one JSON handler behind createService, beside bare node:http and the HTTP server that services stand on. Each
 * runs in a process of its own, warmed up, asked by one process over kept connections. Prints requests/s, CPU seconds of the server for 10,000
 * requests, and its resident MB.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus } from 'node:os';

const kinds = ['node:http', '@headwater/http', 'createService'] as const;
type Kind = (typeof kinds)[number];

const answer = { id: 7, text: 'a tweet', tags: ['a', 'b'] };

async function serve(kind: Kind): Promise<string> {
  if (kind === 'node:http') {
    const server = createServer((_, res) => {
      const body = JSON.stringify(answer);
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  if (kind === '@headwater/http') {
    const { createHttpServer } = await import('@headwater/http');
    const server = createHttpServer({ name: 'bench' });
    server.route('GET', '/items/:id', (ctx) => ctx.sendJson(200, answer));
    return (await server.listen()).url;
  }
  const { createService } = await import('../index.ts');
  const service = await createService({ name: 'bench', env: {}, logStream: { write() {} } });
  service.route(
    'GET /items/:id',
    { params: { type: 'object', properties: { id: { type: 'integer' } } } },
    () => answer,
  );
  await service.start();
  return service.url;
}

interface Usage {
  cpuMicros: number;
  rssBytes: number;
}

if (process.send !== undefined) {
  const url = await serve(process.argv[2] as Kind);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send!({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() } satisfies Usage);
  });
  process.on('disconnect', () => process.exit());
  process.send({ url });
} else {
  const requests = Number(process.argv[2] ?? 20_000);
  const rounds = 3;
  console.log(
    JSON.stringify({
      node: process.version,
      cpu: cpus()[0]?.model,
      cores: availableParallelism(),
      requests,
      rounds,
      connections: 32,
    }),
  );
  const results = new Map<Kind, { perSecond: number; cpuSeconds: number; megabytes: number }[]>(
    kinds.map((kind) => [kind, []]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) results.get(kind)!.push(await measure(kind, requests));
  }
  const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const base = median(results.get('node:http')!.map(({ cpuSeconds }) => cpuSeconds));
  for (const [server, runs] of results) {
    const cpuSeconds = median(runs.map((run) => run.cpuSeconds));
    const perSecond = runs.map((run) => Math.round(run.perSecond));
    console.log(
      JSON.stringify({
        server,
        requestsPerSecond: median(perSecond),
        spread: [Math.min(...perSecond), Math.max(...perSecond)],
        cpuSecondsPer10k: Number(cpuSeconds.toFixed(3)),
        timesBareCpu: Number((cpuSeconds / base).toFixed(2)),
        megabytes: Math.round(median(runs.map((run) => run.megabytes))),
      }),
    );
  }
}

async function measure(kind: Kind, requests: number) {
  const child = fork(import.meta.filename, [kind], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const usage = async (): Promise<Usage> => {
    child.send('usage');
    return (await once(child, 'message'))[0] as Usage;
  };
  await load(url, 3_000);
  const before = await usage();
  const startMs = performance.now();
  await load(url, requests);
  const seconds = (performance.now() - startMs) / 1_000;
  const after = await usage();
  child.disconnect();
  return {
    perSecond: requests / seconds,
    cpuSeconds: ((after.cpuMicros - before.cpuMicros) / 1e6 / requests) * 10_000,
    megabytes: after.rssBytes / 2 ** 20,
  };
}

async function load(url: string, requests: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((resolve, reject) => {
        request(`${url}/items/7`, { agent }, (res) => {
          if (res.statusCode !== 200) reject(new Error(`status ${res.statusCode}`));
          res.resume().once('end', resolve);
        })
          .once('error', reject)
          .end();
      });
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  agent.destroy();
}
