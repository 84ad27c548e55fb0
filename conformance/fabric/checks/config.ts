import { type BusEvent, readBus } from '../bus.ts';
import { expectedSettings, type Shared, writeShared } from '../config-repo.ts';
import { type Check, type Fabric, Skip } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { freePorts, runToEnd } from '../processes.ts';
import { until } from '../until.ts';

const area = 'config';
let version = 0;

function settings({ servers, front }: Fabric): Promise<Record<string, unknown>> {
  if (servers.configUrl === null) throw new Skip('no config server');
  return get(`${front.url}/settings`);
}

/** Text as the target's own /encrypt gives it. */
export async function encrypt(configUrl: string, text: string): Promise<string> {
  const { status, text: answer } = await ask(`${configUrl}/encrypt`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: text,
  });
  if (status !== 200) throw new Error(`/encrypt answered ${status} ${answer}`);
  return answer;
}

export const initial: Shared = { message: 'hello', pageSize: 20 };

/** What the folder says from now on. */
async function change({ servers, configDir }: Fabric): Promise<Shared> {
  version += 1;
  const next = { message: `message ${version}`, pageSize: 20 + version };
  const secret = await encrypt(servers.configUrl!, 'own secret').catch(() => undefined);
  await writeShared(configDir, { ...next, ...(secret !== undefined && { secret }) });
  return next;
}

const isRefresh = ({ type }: BusEvent): boolean => type === 'RefreshRemoteApplicationEvent';

export const configChecks: Check[] = [
  {
    area,
    name: 'profiles, precedence, lists and placeholders (spring.config.import)',
    isShort: true,
    async run(fabric) {
      const seen = await settings(fabric);
      for (const [name, value] of Object.entries(expectedSettings)) {
        if (name !== 'sealed' && seen[name] !== value) throw new Error(`${name} is ${seen[name]}, not ${value}`);
      }
      return undefined;
    },
  },
  {
    area,
    name: '{cipher} made by Spring, and by the server’s own /encrypt, with one key',
    isShort: true,
    async run(fabric) {
      const { sealed, secret } = await settings(fabric);
      if (sealed !== expectedSettings.sealed) throw new Error(`made by Spring: ${sealed}`);
      if (secret !== 'own secret') throw new Error(`its own: ${secret}`);
      return undefined;
    },
  },
  {
    area,
    name: 'a changed file is a new value in every running service, by the bus',
    isShort: true,
    async run(fabric) {
      const before = await settings(fabric);
      const next = await change(fabric);
      const startMs = performance.now();
      const after = await until(
        'the new value',
        async () => {
          const now = await settings(fabric);
          return now['message'] === next.message && now['pageSize'] === next.pageSize && now;
        },
        40_000,
      );
      const seenMs = Math.round(performance.now() - startMs);
      for (const echo of fabric.echoes) {
        await until('echo’s new value', async () => (await get(`${echo.url}/echo`)).message === next.message, 20_000);
      }
      if (after['process'] !== before['process']) throw new Error('front was started again');
      return `${seenMs} ms after the file was written`;
    },
  },
  {
    area,
    name: 'services acknowledge on the bus',
    isShort: true,
    async run(fabric) {
      await settings(fabric);
      const bus = await readBus(fabric.servers.kafka);
      try {
        const wanted = ['front', 'echo'];
        await until(
          'an acknowledgement of both services to one refresh',
          () =>
            bus.events
              .filter(isRefresh)
              .some(({ id }) =>
                wanted.every((name) =>
                  bus.events.some(({ ackId, originService }) => ackId === id && originService.startsWith(`${name}:`)),
                ),
              ),
          20_000,
        );
        const types = new Map<string, number>();
        for (const { type } of bus.events) types.set(type, (types.get(type) ?? 0) + 1);
        return [...types].map(([type, count]) => `${count} ${type}`).join(', ');
      } finally {
        await bus.close();
      }
    },
  },
  {
    area,
    name: 'POST /actuator/busrefresh at one service refreshes the others',
    async run(fabric) {
      await settings(fabric);
      const bus = await readBus(fabric.servers.kafka);
      try {
        const { status } = await ask(`${fabric.front.url}/actuator/busrefresh`, { method: 'POST' });
        if (status !== 204) throw new Error(`busrefresh answered ${status}`);
        const from = (name: string) => (event: BusEvent) => event.originService.startsWith(`${name}:`);
        await until(
          'echo’s acknowledgement of front’s event',
          () => {
            const event = bus.events.filter(isRefresh).find(from('front'));
            return event !== undefined && bus.events.some((other) => other.ackId === event.id && from('echo')(other));
          },
          30_000,
        );
        return undefined;
      } finally {
        await bus.close();
      }
    },
  },
  {
    area,
    name: 'a service does not start when the config server does not answer (fail-fast)',
    async run(fabric) {
      await settings(fabric);
      const [port] = await freePorts(1);
      const options = fabric.serviceOptions('echo', port!, { FABRIC_CONFIG_URL: 'http://127.0.0.1:1' });
      const code = await runToEnd({ ...options, name: 'echo-without-config' }, 90_000);
      if (code !== 1) throw new Error(`ended with ${code}`);
      return undefined;
    },
  },
];
