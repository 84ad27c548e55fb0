/**
 * The gateway beside Spring Cloud Gateway and nginx, in one run, taking turns: the same backend, the same load.
 *
 *     npm run bench -- gateway [--seconds 5] [--rounds 5] [--connections 32] [--warm-seconds 10]
 *
 * Peers are measured where the environment names them: SPRING_GATEWAY_URL (routes /plain, and /limited with a token and a limit by Redis that is
 * never reached), SPRING_NGINX_URL (a plain proxy, without the last path segment), SPRING_BACKEND_URL (what all forward to), SPRING_ISSUER (gives a
 * token for the client `headwater-service`), REDIS_URL. A JVM is to have been under load for three minutes before. Without a backend
 * there is one of Node's. A line for each system and case: medians of the rounds, with the lowest and the highest.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startGateway } from '../index.ts';
import { cpuSecondsOfPort } from './support/cpu-time.ts';
import { generate, generator, type LoadFigures } from './support/generator.ts';

interface Target {
  system: string;
  case: string;
  url: string;
  token?: string;
}

type Run = LoadFigures & { cpuSecondsPer10k: number };

const env = process.env;

async function child(role: string, backend: string): Promise<void> {
  process.on('disconnect', () => process.exit());
  if (role === 'backend') {
    const body = Buffer.from(JSON.stringify({ ok: true, text: 'x'.repeat(80) }));
    const server = createServer((_req, res) =>
      res.writeHead(200, { 'content-length': body.length, 'content-type': 'application/json' }).end(body),
    );
    server.listen(0, '127.0.0.1', () => process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    return;
  }
  const issuer = env['SPRING_ISSUER'];
  const redis = role === 'redis' ? env['REDIS_URL'] : undefined;
  const limit = {
    name: 'RequestRateLimiter',
    args: {
      'redis-rate-limiter.replenishRate': 1_000_000,
      'redis-rate-limiter.burstCapacity': 1_000_000,
      'key-resolver': '#{@userKeyResolver}',
    },
  };
  const gateway = await startGateway({
    parts: {},
    routes: [
      { id: 'plain', uri: backend, predicates: ['Path=/plain/**'], filters: ['StripPrefix=1'] },
      { id: 'limited', uri: backend, predicates: ['Path=/limited/**'], filters: ['StripPrefix=1', limit] },
    ],
    ...(issuer !== undefined && {
      auth: {
        issuer,
        audience: ['headwater', 'headwater-service'],
        developer: false,
        rules: [
          { paths: '/plain/**', access: 'permitAll' },
          { paths: '/limited/**', access: 'authenticated' },
        ],
      },
    }),
    ...(redis !== undefined && { redis: { url: redis } }),
  });
  process.send!(gateway.url);
}

function start(role: string, backend: string): Promise<{ url: string; process: ChildProcess }> {
  const started = fork(import.meta.filename, [role, backend]);
  return new Promise((resolve, reject) => {
    started.once('message', (url) => resolve({ url: String(url), process: started }));
    started.once('exit', (code) => reject(new Error(`the ${role} process ended with ${code}`)));
  });
}

async function tokenOf(issuer: string): Promise<string> {
  const answer = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('headwater-service:headwater-service-secret').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

function spread(runs: readonly Run[], pick: (run: Run) => number): { median: number; lowest: number; highest: number } {
  const values = runs.map(pick).sort((a, b) => a - b);
  const round = (value: number): number => Number(value.toPrecision(4));
  return { median: round(values[values.length >> 1]!), lowest: round(values[0]!), highest: round(values.at(-1)!) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '32' },
      'warm-seconds': { type: 'string', default: '10' },
    },
  });
  const [seconds, rounds, connections] = [Number(values.seconds), Number(values.rounds), Number(values.connections)];
  const backend = env['SPRING_BACKEND_URL'] === undefined ? await start('backend', '') : undefined;
  const backendUrl = env['SPRING_BACKEND_URL'] ?? backend!.url;
  const gateways = [await start('memory', backendUrl)];
  const token = env['SPRING_ISSUER'] === undefined ? undefined : await tokenOf(env['SPRING_ISSUER']);
  const targets: Target[] = [{ system: 'headwater', case: 'plain', url: `${gateways[0]!.url}/plain/x` }];
  if (env['SPRING_NGINX_URL'] !== undefined)
    targets.push({ system: 'nginx', case: 'plain', url: `${env['SPRING_NGINX_URL']}/x` });
  const spring = env['SPRING_GATEWAY_URL'];
  if (spring !== undefined) targets.push({ system: 'spring-cloud-gateway', case: 'plain', url: `${spring}/plain/x` });
  if (token !== undefined) {
    targets.push({
      system: 'headwater',
      case: 'token and limit in memory',
      url: `${gateways[0]!.url}/limited/x`,
      token,
    });
    if (env['REDIS_URL'] !== undefined) {
      gateways.push(await start('redis', backendUrl));
      targets.push({
        system: 'headwater',
        case: 'token and limit in Redis',
        url: `${gateways[1]!.url}/limited/x`,
        token,
      });
    }
    if (spring !== undefined)
      targets.push({
        system: 'spring-cloud-gateway',
        case: 'token and limit in Redis',
        url: `${spring}/limited/x`,
        token,
      });
  } else console.error('no SPRING_ISSUER: plain cases only');
  if (spring === undefined) console.error('no SPRING_GATEWAY_URL, so no Spring Cloud Gateway beside it');
  const runs = new Map<Target, Run[]>(targets.map((target) => [target, []]));
  for (const target of targets) {
    const { status } = await fetch(
      target.url,
      target.token === undefined ? {} : { headers: { authorization: `Bearer ${target.token}` } },
    );
    if (status !== 200) throw new Error(`${target.system}, ${target.case}: ${target.url} answered ${status}`);
    await generate(target.url, { ...target, connections, seconds: Number(values['warm-seconds']) });
  }
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const port = Number(new URL(target.url).port);
      const before = cpuSecondsOfPort(port);
      const figures = await generate(target.url, { ...target, connections, seconds });
      const after = cpuSecondsOfPort(port);
      const cpuSeconds = before === undefined || after === undefined ? Number.NaN : after - before;
      runs.get(target)!.push({ ...figures, cpuSecondsPer10k: cpuSeconds / (figures.requests / 10_000) });
    }
  }
  for (const [target, own] of runs) {
    console.log(
      JSON.stringify({
        system: target.system,
        case: target.case,
        connections,
        requestsPerSecond: spread(own, (run) => run.requestsPerSecond),
        p50Ms: spread(own, (run) => run.p50Ms),
        p99Ms: spread(own, (run) => run.p99Ms),
        cpuSecondsPer10k: spread(own, (run) => run.cpuSecondsPer10k),
        failures: own.reduce((sum, run) => sum + run.failures, 0),
        rounds,
        seconds,
        generator,
        node: process.version,
        machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, load ${loadavg()[0]!.toFixed(1)}`,
      }),
    );
  }
  for (const { process: each } of [...gateways, ...(backend ? [backend] : [])]) each.disconnect();
}

const [role, backend] = process.argv.slice(2);
if (process.send !== undefined && (role === 'backend' || role === 'memory' || role === 'redis'))
  await child(role, backend!);
else await main();
