import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, type Fabric, Skip } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { freePorts, type Running, startProcess } from '../processes.ts';
import { until } from '../until.ts';
import { listed } from './discovery.ts';
import { foreignToken } from './identity.ts';

const area = 'sdk';
const started = new WeakMap<Fabric, Promise<Running>>();

/** A service of our SDK, started by the check that comes first. */
export function sdkService(fabric: Fabric): Promise<Running> {
  const running = started.get(fabric) ?? start(fabric);
  started.set(fabric, running);
  return running;
}

const say = (configDir: string, message: string): Promise<void> =>
  writeFile(join(configDir, 'sdk.yml'), `sdk: { message: ${message} }\n`);

async function start({ servers, configDir, logDir, closers }: Fabric): Promise<Running> {
  for (const key of ['discoveryUrl', 'configUrl', 'issuer'] as const) {
    if (servers[key] === null) throw new Skip(`no ${key.replace('Url', '')}`);
  }
  await say(configDir, 'first');
  const [port] = await freePorts(1);
  const service = await startProcess({
    name: 'sdk',
    command: process.execPath,
    args: [join(import.meta.dirname, '../sdk/service.ts')],
    env: {
      SERVER_PORT: String(port),
      HEADWATER_DISCOVERY_URL: servers.discoveryUrl!,
      HEADWATER_CONFIG_URL: servers.configUrl!,
      HEADWATER_IDENTITY_URL: servers.issuer!,
      HEADWATER_KAFKA_URL: servers.kafka,
      HEADWATER_CLIENT_ID: 'headwater-service',
      HEADWATER_CLIENT_SECRET: 'headwater-service-secret',
    },
    port: port!,
    readyPath: '/actuator/info',
    logDir,
  });
  closers.push(() => service.kill());
  return service;
}

export const sdkChecks: Check[] = [
  {
    area,
    name: 'a service of our SDK and a Spring service find and call each other by name',
    isShort: true,
    async run(fabric) {
      const { url } = await sdkService(fabric);
      const called = await until('front to call it', () => get(`${fabric.front.url}/call/sdk?text=hi`));
      if (called.text !== 'hi') throw new Error(JSON.stringify(called));
      const calling = await until('it to call echo', () => get(`${url}/call`));
      if (calling.text !== 'sdk') throw new Error(JSON.stringify(calling));
      return undefined;
    },
  },
  {
    area,
    name: 'its token is taken by Spring’s resource server; it takes the issuer’s and refuses others',
    isShort: true,
    async run(fabric) {
      const { url } = await sdkService(fabric);
      const { roles } = await get(`${url}/call-operator`);
      const token = await fabric.token();
      const answers = await Promise.all([
        ask(`${url}/operator`, { token }),
        ask(`${url}/admin`, { token }),
        ask(`${url}/operator`, { token: foreignToken(fabric.servers.issuer!) }),
      ]);
      const statuses = answers.map(({ status }) => status).join();
      if (statuses !== '200,403,401') throw new Error(`its role, another, a foreign token: ${statuses}`);
      return roles.join(', ');
    },
  },
  {
    area,
    name: 'a changed file is its new setting, while it runs',
    isShort: true,
    async run(fabric) {
      const { url } = await sdkService(fabric);
      const message = async (): Promise<string> => (await get(`${url}/echo`)).message;
      if ((await message()) !== 'first') throw new Error(`it starts with ${await message()}`);
      await say(fabric.configDir, 'second');
      const startMs = performance.now();
      await until('the new setting', async () => (await message()) === 'second', 45_000);
      return `${Math.round(performance.now() - startMs)} ms after the file was written`;
    },
  },
];

export const sdkLeavingChecks: Check[] = [
  {
    area,
    name: 'asked to stop, a service of our SDK takes itself off the list',
    isShort: true,
    async run(fabric) {
      await (await sdkService(fabric)).stop();
      await until('it to be gone', async () => (await listed(fabric, 'sdk')).length === 0, 5000);
      return undefined;
    },
  },
];
