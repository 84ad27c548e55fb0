import { type Check, Skip } from '../fabric.ts';
import { get } from '../http.ts';
import { until } from '../until.ts';
import { sdkService } from './sdk.ts';

export const adminChecks: Check[] = [
  {
    area: 'admin',
    name: 'Spring Boot Admin finds the services through Eureka and sees them UP, ours too',
    async run(fabric) {
      if (fabric.servers.discoveryUrl === null) throw new Skip('no discovery');
      await sdkService(fabric);
      const admin = await fabric.startAdmin();
      try {
        const names = await until('front, echo and sdk to be UP', async () => {
          const found = (await get(`${admin.url}/instances`, { headers: { accept: 'application/json' } })) as {
            registration: { name: string };
            statusInfo: { status: string };
          }[];
          const up = found
            .filter(({ statusInfo }) => statusInfo.status === 'UP')
            .map(({ registration }) => registration.name);
          const has = (name: string): boolean => up.some((each) => each.toLowerCase() === name);
          return ['front', 'echo', 'sdk'].every(has) && [...new Set(up)].sort();
        });
        return names.join(', ');
      } finally {
        await admin.stop();
      }
    },
  },
];
