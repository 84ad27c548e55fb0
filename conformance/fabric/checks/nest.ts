import { Admin } from '@platformatic/kafka';
import { type Check, type Fabric, Skip, serviceEnv } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { nestApplication } from '../install.ts';
import { freePorts, type Running, startProcess } from '../processes.ts';
import { until } from '../until.ts';
import { listed } from './discovery.ts';
import { foreignToken } from './identity.ts';

const area = 'nest';
const started = new WeakMap<Fabric, Promise<Running>>();

/** The application, started by the check that comes first. */
function nest(fabric: Fabric): Promise<Running> {
  const running = started.get(fabric) ?? start(fabric);
  started.set(fabric, running);
  return running;
}

async function start(fabric: Fabric): Promise<Running> {
  const { servers, logDir } = fabric;
  for (const key of ['discoveryUrl', 'configUrl', 'issuer'] as const) {
    if (servers[key] === null) throw new Skip(`no ${key.replace('Url', '')}`);
  }
  const program = await nestApplication();
  if (typeof program === 'string') throw new Skip(program);
  // kafkajs gives up on a topic that is only just being made.
  await createTopics(servers.kafka, ['nest-orders', 'nest-sum', 'nest-sum.reply']);
  const [port] = await freePorts(1);
  const env = { ...serviceEnv(servers), SERVER_PORT: String(port) };
  const app = await startProcess({ name: 'nest', ...program, env, port: port!, readyPath: '/info', logDir });
  fabric.closers.push(() => app.kill());
  return app;
}

async function createTopics(bootstrap: string, topics: string[]): Promise<void> {
  const admin = new Admin({ clientId: 'fabric', bootstrapBrokers: [bootstrap] });
  try {
    await admin.createTopics({ topics, partitions: 1, replicas: 1 });
  } finally {
    await admin.close();
  }
}

export const nestChecks: Check[] = [
  {
    area,
    name: 'eureka-js-client registers it, and Spring’s load balancer finds and calls it by name',
    async run(fabric) {
      const { port } = await nest(fabric);
      await until('it to be UP', async () => (await listed(fabric, 'nest')).some(({ status }) => status === 'UP'));
      const answer = await until('front to call it', () => get(`${fabric.front.url}/call/nest?text=hi`));
      if (answer.instance !== `nest:${port}`) throw new Error(`answered by ${answer.instance}`);
      return undefined;
    },
  },
  {
    area,
    name: 'cloud-config-client reads what Spring’s client reads',
    async run(fabric) {
      const { fabric: seen } = await get(`${(await nest(fabric)).url}/settings`);
      const wanted = {
        profile: 'application-dev',
        application: 'front',
        last: 'application-eu',
        sealed: 'from spring',
      };
      for (const [name, value] of Object.entries(wanted)) {
        if (seen[name] !== value) throw new Error(`${name} is ${seen[name]}, not ${value}`);
      }
      return undefined;
    },
  },
  {
    area,
    name: 'passport-jwt with jwks-rsa: 200, another role 403, no token and foreign ones 401',
    async run(fabric) {
      const { url } = await nest(fabric);
      const token = await fabric.token();
      const cases: [number, string, string | undefined][] = [
        [200, '/operator', token],
        [403, '/admin', token],
        [401, '/operator', undefined],
        [401, '/operator', foreignToken('https://issuer.example')],
        [401, '/operator', foreignToken(fabric.servers.issuer!)],
      ];
      for (const [status, path, token] of cases) {
        const answer = await ask(`${url}${path}`, token === undefined ? {} : { token });
        if (answer.status !== status)
          throw new Error(`${path} answered ${answer.status}, not ${status}: ${answer.text}`);
      }
      return undefined;
    },
  },
  {
    area,
    name: 'Kafka as its transport: events, and a question with its answer',
    async run(fabric) {
      const { url } = await nest(fabric);
      for (let n = 0; n < 10; n++) await ask(`${url}/orders`, { method: 'POST', json: { id: `order-${n}` } });
      await until('ten orders', async () => (await get(`${url}/orders`)).length === 10);
      const { sum } = await get(`${url}/sum?numbers=1,2,39`);
      if (Number(sum) !== 42) throw new Error(`sum ${sum}`);
      return undefined;
    },
  },
  {
    area,
    name: 'asked to stop, the application takes itself off the list',
    async run(fabric) {
      await (await nest(fabric)).stop();
      await until('it to be gone', async () => (await listed(fabric, 'nest')).length === 0, 5000);
      return undefined;
    },
  },
];
