import { writeGateway } from '../config-repo.ts';
import { type Check, type Fabric, Skip } from '../fabric.ts';
import { type Answer, ask, get } from '../http.ts';
import { until } from '../until.ts';
import { idOf } from './discovery.ts';
import { foreignToken } from './identity.ts';

const area = 'gateway';

/** An address at the gateway; started now where it needs what is there by now. */
async function at(fabric: Fabric, path: string): Promise<string> {
  const { servers } = fabric;
  if (servers.discoveryUrl === null) throw new Skip('no discovery');
  const start = servers.startGateway;
  delete servers.startGateway;
  await start?.();
  if (servers.gatewayUrl === null) throw new Skip('no gateway');
  return `${servers.gatewayUrl}${path}`;
}

function must(answer: Answer, status: number): Answer {
  if (answer.status !== status) {
    throw new Error(`answered ${answer.status}, not ${status}: ${answer.text.slice(0, 200)}`);
  }
  return answer;
}

const unique = (): string => Math.random().toString(36).slice(2);

export const gatewayChecks: Check[] = [
  {
    area,
    name: 'lb://echo: found through discovery, balanced, prefix stripped, header added',
    isShort: true,
    async run(fabric) {
      const url = await at(fabric, '/echo/echo?text=hi');
      const wanted = fabric.echoes.map(idOf);
      const seen = new Set<string>();
      await until('every instance to answer', async () => {
        const { instance, text, added } = await get(url);
        if (text !== 'hi' || added !== 'gateway') throw new Error(`text ${text}, header ${added}`);
        seen.add(instance);
        return wanted.every((id) => seen.has(id));
      });
      return undefined;
    },
  },
  {
    area,
    name: 'RewritePath to lb://front, which calls echo itself',
    isShort: true,
    async run(fabric) {
      const { text } = await get(await at(fabric, '/front/call/echo?text=far'));
      if (text !== 'far') throw new Error(`text ${text}`);
      return undefined;
    },
  },
  {
    area,
    name: 'a token goes through: 200, wrong role 403, none 401',
    isShort: true,
    async run(fabric) {
      const token = await fabric.token();
      must(await ask(await at(fabric, '/echo/operator'), { token }), 200);
      must(await ask(await at(fabric, '/echo/admin'), { token }), 403);
      must(await ask(await at(fabric, '/echo/operator')), 401);
      return undefined;
    },
  },
  {
    area,
    name: 'a route that the gateway guards: 200 with a token, 401 with a foreign one',
    isShort: true,
    async run(fabric) {
      const url = await at(fabric, '/guarded/echo');
      must(await ask(url, { token: await fabric.token() }), 200);
      must(await ask(url, { token: foreignToken('https://issuer.example') }), 401);
      must(await ask(url, { token: foreignToken(fabric.servers.issuer!) }), 401);
      return undefined;
    },
  },
  {
    area,
    name: 'Retry: a GET that failed is asked again, a POST is not',
    isShort: true,
    async run(fabric) {
      const key = unique();
      const { body } = must(await ask(await at(fabric, `/retry/flaky/${key}?failures=1`)), 200);
      const posted = unique();
      must(await ask(await at(fabric, `/retry/flaky/${posted}?failures=1`), { method: 'POST' }), 503);
      const attempts = await Promise.all(fabric.echoes.map((echo) => get(`${echo.url}/attempts/${posted}`)));
      const sum = attempts.reduce((all: number, one) => all + Number(one), 0);
      if (sum !== 1) throw new Error(`the POST arrived ${sum} times`);
      return `attempt ${body.attempt} answered`;
    },
  },
  {
    area,
    name: 'CircuitBreaker: opens after failures, answers by its fallback, closes again',
    isShort: true,
    async run(fabric) {
      const failing = await at(fabric, '/breaker/status/500');
      const good = await at(fabric, '/breaker/status/200');
      const isFallback = ({ body }: Answer): boolean => body?.fallback === true;
      for (let n = 0; n < 5; n++) {
        // Its status is the failure's: the fallback answers as such a request.
        const answer = must(await ask(failing), 200);
        if (!isFallback(answer)) throw new Error(`no fallback: ${answer.text}`);
      }
      const open = must(await ask(good), 200);
      if (!isFallback(open)) throw new Error('the breaker did not open');
      if (open.headers.get('x-instead') !== 'yes')
        throw new Error('the fallback’s route has a filter that was not applied');
      const startMs = performance.now();
      await until('the breaker to close', async () => !isFallback(await ask(good)), 30_000);
      return `closed again after ${((performance.now() - startMs) / 1000).toFixed(1)} s`;
    },
  },
  {
    area,
    name: 'a route that is added to the gateway’s file at the config server is served, while it runs',
    isShort: true,
    async run(fabric) {
      const url = await at(fabric, '/added/echo?text=new');
      must(await ask(url), 404);
      await writeGateway(fabric.configDir, [
        { id: 'added', uri: 'lb://echo', predicates: ['Path=/added/**'], filters: ['StripPrefix=1'] },
      ]);
      const startMs = performance.now();
      // Spring's is told to look; ours looks by itself, and has no such address.
      await ask(`${fabric.servers.gatewayUrl}/actuator/refresh`, { method: 'POST' });
      await until('the route', async () => (await get(url)).text === 'new', 40_000);
      return `${Math.round(performance.now() - startMs)} ms after the file was written`;
    },
  },
];
