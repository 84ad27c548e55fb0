import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Check, type Fabric, Skip } from '../fabric.ts';
import { ask } from '../http.ts';

const area = 'identity';

async function mustAnswer(status: number, url: string, token?: string): Promise<{ body: { roles: string[] } }> {
  const answer = await ask(url, token === undefined ? {} : { token });
  if (answer.status !== status) {
    const why = answer.headers.get('www-authenticate') ?? answer.text.slice(0, 200);
    throw new Error(`${new URL(url).pathname} answered ${answer.status}, not ${status}: ${why}`);
  }
  return answer;
}

/** A token as good as the issuer's, but for the key, and for the issuer when another is named. */
export function foreignToken(issuer: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const seconds = Math.floor(Date.now() / 1000);
  return signed(
    privateKey,
    { alg: 'RS256', typ: 'JWT', kid: 'foreign' },
    {
      iss: issuer,
      sub: 'mallory',
      aud: 'headwater',
      iat: seconds,
      exp: seconds + 300,
      realm_access: { roles: ['operator', 'admin'] },
    },
  );
}

function signed(key: KeyObject, header: object, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function issuerOf({ servers }: Fabric): string {
  if (servers.issuer === null) throw new Skip('no identity');
  return servers.issuer;
}

const echoUrl = (fabric: Fabric, path: string): string => `${fabric.echoes[0]!.url}${path}`;

export const identityChecks: Check[] = [
  {
    area,
    name: 'a resource server takes a token of client credentials, with the roles of its claims',
    isShort: true,
    async run(fabric) {
      const { body } = await mustAnswer(200, echoUrl(fabric, '/operator'), await fabric.token());
      return body.roles.join(', ');
    },
  },
  {
    area,
    name: 'a role that the token does not have: 403',
    isShort: true,
    async run(fabric) {
      await mustAnswer(403, echoUrl(fabric, '/admin'), await fabric.token());
      return undefined;
    },
  },
  {
    area,
    name: 'no token: 401',
    isShort: true,
    async run(fabric) {
      issuerOf(fabric);
      await mustAnswer(401, echoUrl(fabric, '/user'));
      return undefined;
    },
  },
  {
    area,
    name: 'an expired token: 401 (the service’s clock is two hours ahead)',
    isShort: true,
    async run(fabric) {
      await mustAnswer(401, `${fabric.front.url}/private`, await fabric.token());
      return undefined;
    },
  },
  {
    area,
    name: 'a token of another issuer, and one signed with a key that is not the issuer’s: 401',
    isShort: true,
    async run(fabric) {
      const issuer = issuerOf(fabric);
      await mustAnswer(401, echoUrl(fabric, '/user'), foreignToken('https://issuer.example'));
      await mustAnswer(401, echoUrl(fabric, '/user'), foreignToken(issuer));
      return undefined;
    },
  },
  {
    area,
    name: 'service to service with a token of Spring’s OAuth 2 client',
    isShort: true,
    async run(fabric) {
      issuerOf(fabric);
      if (fabric.servers.discoveryUrl === null) throw new Skip('no discovery');
      const { body } = await mustAnswer(200, `${fabric.front.url}/call-operator`);
      return (body as unknown as { name: string }).name;
    },
  },
];
