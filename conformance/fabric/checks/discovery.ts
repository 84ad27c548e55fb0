import type { Check, Fabric } from '../fabric.ts';
import { Skip } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { until } from '../until.ts';

interface Instance {
  instanceId: string;
  status: string;
  metadata: Record<string, string>;
}

/** What the registry lists of a service; nothing when it does not know it. */
export async function listed({ servers }: Fabric, service: string): Promise<Instance[]> {
  if (servers.discoveryUrl === null) throw new Skip('no discovery');
  const { status, body } = await ask(`${servers.discoveryUrl}/eureka/apps/${service.toUpperCase()}`, {
    headers: { accept: 'application/json' },
  });
  return status === 404 ? [] : body.application.instance;
}

const callCount = 20;

/** Which instances answer so many calls from front, and how often. */
export async function answeredBy(fabric: Fabric): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let n = 0; n < callCount; n++) {
    const { instance } = await get(`${fabric.front.url}/call/echo?text=${n}`);
    counts.set(instance, (counts.get(instance) ?? 0) + 1);
  }
  return counts;
}

export const idOf = (service: { name: string; port: number }): string => `${service.name}:${service.port}`;

const area = 'discovery';

/** The second instance of echo; one is started when there is none. */
async function second(fabric: Fabric) {
  if (fabric.echoes.length < 2) await fabric.startService('echo');
  return fabric.echoes[1]!;
}

export const discoveryChecks: Check[] = [
  {
    area,
    name: 'services register when they start, with their metadata',
    isShort: true,
    async run(fabric) {
      const startMs = performance.now();
      const find = async (name: string) => (await listed(fabric, name)).find(({ status }) => status === 'UP');
      const echo = await until('echo to be UP', () => find('echo'), 15_000);
      await until('front to be UP', () => find('front'), 15_000);
      if (echo.metadata['zone'] !== 'zone-a') throw new Error(`metadata ${JSON.stringify(echo.metadata)}`);
      return `${Math.round(performance.now() - startMs)} ms after they answered`;
    },
  },
  {
    area,
    name: 'one service finds the other (DiscoveryClient)',
    isShort: true,
    async run(fabric) {
      await listed(fabric, 'echo');
      const wanted = fabric.echoes.map(idOf).sort().join();
      await until(
        `front to list ${wanted}`,
        async () => (await get(`${fabric.front.url}/instances/echo`)).join() === wanted,
        40_000,
      );
      return undefined;
    },
  },
  {
    area,
    name: 'calls by name are balanced over two instances (@LoadBalanced RestClient)',
    async run(fabric) {
      await listed(fabric, 'echo');
      await second(fabric);
      await until('both to be called', async () => (await answeredBy(fabric)).size === 2, 40_000);
      return [...(await answeredBy(fabric)).values()].join(' : ');
    },
  },
  {
    area,
    name: 'OUT_OF_SERVICE by actuator: no calls; undone: calls again (status override)',
    async run(fabric) {
      await listed(fabric, 'echo');
      const out = await second(fabric);
      const setStatus = async (status: string) => {
        const answer = await ask(`${out.url}/actuator/serviceregistry`, { method: 'POST', json: { status } });
        if (answer.status >= 300) throw new Error(`serviceregistry answered ${answer.status} ${answer.text}`);
      };
      const statusOf = async () => (await listed(fabric, 'echo')).find((i) => i.instanceId === idOf(out))?.status;
      await setStatus('OUT_OF_SERVICE');
      await until('OUT_OF_SERVICE to be listed', async () => (await statusOf()) === 'OUT_OF_SERVICE', 20_000);
      await until('no more calls', async () => !(await answeredBy(fabric)).has(idOf(out)), 20_000);
      await setStatus('CANCEL_OVERRIDE');
      await until('UP to be listed again', async () => (await statusOf()) === 'UP', 20_000);
      await until('calls again', async () => (await answeredBy(fabric)).has(idOf(out)), 20_000);
      return undefined;
    },
  },
];

/** Those that end services: they come last. */
export const leavingChecks: Check[] = [
  {
    area,
    name: 'an instance that is killed is gone when its lease (6 s) ends',
    async run(fabric) {
      await listed(fabric, 'echo');
      const victim = await second(fabric);
      await until('it to be listed', async () => (await listed(fabric, 'echo')).length === 2, 20_000);
      await victim.kill();
      const startMs = performance.now();
      const gone = async () => !(await listed(fabric, 'echo')).some((i) => i.instanceId === idOf(victim));
      await until('the killed instance to be gone', gone, 60_000);
      const goneMs = performance.now() - startMs;
      await until('no more calls', async () => (await answeredBy(fabric)).size === 1, 30_000);
      fabric.echoes.splice(fabric.echoes.indexOf(victim), 1);
      return `after ${(goneMs / 1000).toFixed(1)} s`;
    },
  },
  {
    area,
    name: 'a service that is asked to stop takes itself off the list',
    isShort: true,
    async run(fabric) {
      const leaving = fabric.echoes[0]!;
      await listed(fabric, 'echo');
      const startMs = performance.now();
      await leaving.stop();
      await until(
        'it to be gone',
        async () => !(await listed(fabric, 'echo')).some((i) => i.instanceId === idOf(leaving)),
        4000,
      );
      fabric.echoes.splice(0, 1);
      return `${((performance.now() - startMs) / 1000).toFixed(1)} s with its own end`;
    },
  },
];
