import { type Check, type Fabric, Skip, serviceEnv } from '../fabric.ts';
import { goProgram, type Program, pythonProgram } from '../install.ts';
import { freePorts, outputOf } from '../processes.ts';
import { foreignToken } from './identity.ts';

const programTimeoutMs = 90_000;

type Need = 'discoveryUrl' | 'configUrl' | 'issuer';

/** What a program saw: the JSON behind `RESULT `. */
async function seenBy(
  fabric: Fabric,
  need: Need,
  program: Promise<Program>,
  part: string,
): Promise<Record<string, unknown>> {
  const { servers, echoes } = fabric;
  if (servers[need] === null) throw new Skip(`no ${need.replace('Url', '')}`);
  const found = await program;
  if (typeof found === 'string') throw new Skip(found);
  const [port] = await freePorts(1);
  const env = {
    ...serviceEnv(servers),
    SERVER_PORT: String(port),
    FABRIC_PART: part,
    FABRIC_ECHO_URL: echoes[0]!.url,
    FABRIC_FOREIGN_TOKEN: foreignToken(servers.issuer ?? 'https://issuer.example'),
  };
  const output = await outputOf(found.command, found.args, env, programTimeoutMs);
  const result = output.split('\n').find((line) => line.startsWith('RESULT '));
  if (result === undefined) throw new Error(`no result: ${output.trimEnd().split('\n').slice(-8).join('\n')}`);
  return JSON.parse(result.slice('RESULT '.length));
}

function mustBe(seen: Record<string, unknown>, wanted: Record<string, unknown>): undefined {
  for (const [name, value] of Object.entries(wanted)) {
    if (String(seen[name]) !== String(value)) throw new Error(`${name} is ${seen[name]}, not ${value}`);
  }
  return undefined;
}

function mustGuard({ roles, ...seen }: Record<string, unknown>): undefined {
  if (!(roles as string[]).includes('operator')) throw new Error(`roles ${roles}`);
  return mustBe(seen, { isForeignRefused: true, isMixedRefused: true, called: 200 });
}

export const pythonAndGoChecks: Check[] = [
  {
    area: 'python',
    name: 'Authlib takes a token by client credentials, PyJWT verifies it by the issuer’s keys and refuses forged ones',
    run: async (fabric) => mustGuard(await seenBy(fabric, 'issuer', pythonProgram(), 'identity')),
  },
  {
    area: 'python',
    name: 'config-client reads what Spring’s client reads',
    run: async (fabric) =>
      mustBe(await seenBy(fabric, 'configUrl', pythonProgram(), 'config'), {
        profile: 'application-dev',
        application: 'front',
        last: 'application-eu',
        sealed: 'from spring',
      }),
  },
  {
    area: 'python',
    name: 'py-eureka-client registers, calls echo by name, and leaves',
    run: async (fabric) =>
      mustBe(await seenBy(fabric, 'discoveryUrl', pythonProgram(), 'discovery'), {
        text: 'python',
        listed: 200,
        afterStop: 404,
      }),
  },
  {
    area: 'go',
    name: 'oauth2 takes a token by client credentials, go-oidc verifies it and refuses forged ones',
    run: async (fabric) => mustGuard(await seenBy(fabric, 'issuer', goProgram(), 'identity')),
  },
];
