import { type Check, Skip } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { until } from '../until.ts';
import { foreignToken } from './identity.ts';

/** Spring Cloud Gateway as a client of the servers: one more service that has nothing but URLs. */
export const springGatewayChecks: Check[] = [
  {
    area: 'gateway',
    name: 'Spring Cloud Gateway itself: routes from the config server, instances from discovery, tokens of the issuer',
    async run(fabric) {
      const { servers } = fabric;
      for (const key of ['discoveryUrl', 'configUrl', 'issuer'] as const) {
        if (servers[key] === null) throw new Skip(`no ${key.replace('Url', '')}`);
      }
      const gateway = await fabric.startSpringGateway();
      try {
        const seen = await until('echo behind it', () => get(`${gateway.url}/echo/echo?text=hi`));
        if (seen.text !== 'hi' || seen.added !== 'gateway') throw new Error(JSON.stringify(seen));
        const guarded = `${gateway.url}/guarded/operator`;
        const answers = await Promise.all([
          ask(guarded, { token: await fabric.token() }),
          ask(guarded),
          ask(guarded, { token: foreignToken(servers.issuer!) }),
        ]);
        const statuses = answers.map(({ status }) => status).join();
        if (statuses !== '200,401,401') throw new Error(`with a token, without, with a foreign one: ${statuses}`);
        return undefined;
      } finally {
        await gateway.stop();
      }
    },
  },
];
