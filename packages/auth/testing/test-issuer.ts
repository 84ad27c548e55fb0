import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface TestIssuerOptions {
  /** Of the keys. Default ES256, which is quick to make. */
  algorithm?: string;
  /** Client id → secret, at the token endpoint. */
  clients?: Readonly<Record<string, string>>;
}

export interface TokenShape {
  /** Default 300. */
  expiresInSeconds?: number;
  header?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970 that the token is made at. Default now. */
  nowMs?: number;
}

/** An issuer in the test's own process: metadata, keys, client credentials, and tokens of any shape. */
export interface TestIssuer {
  readonly issuer: string;
  /** Requests so far, by path. */
  readonly requests: Record<string, number>;
  /** A signed token: `iss`, `sub`, `aud`, `iat`, `exp` as good ones have them; claims given here go before (undefined takes one away). */
  token(claims?: Readonly<Record<string, unknown>>, shape?: TokenShape): Promise<string>;
  /** Signs with a new key from now on; `keepOld` publishes the old ones still. */
  rotate(options?: { keepOld?: boolean }): Promise<void>;
  /** The public key in use. */
  readonly publicKey: JWK;
  /** Stops listening, or listens again at the same address. */
  down(): Promise<void>;
  up(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts an issuer for tests on a port of 127.0.0.1.
 *
 * @example
 * await using issuer = await startTestIssuer();
 * const token = await issuer.token({ realm_access: { roles: ['viewer'] } });
 */
export async function startTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const algorithm = options.algorithm ?? 'ES256';
  const requests: Record<string, number> = {};
  let keyCount = 0;
  let published: JWK[] = [];
  let signing: { pair: GenerateKeyPairResult; kid: string; jwk: JWK };

  async function rotate({ keepOld = false }: { keepOld?: boolean } = {}): Promise<void> {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    const kid = `key-${++keyCount}`;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' };
    signing = { pair, kid, jwk };
    published = [...(keepOld ? published : []), jwk];
  }
  await rotate();

  async function token(claims: Readonly<Record<string, unknown>> = {}, shape: TokenShape = {}): Promise<string> {
    const issuedAt = Math.floor((shape.nowMs ?? Date.now()) / 1_000);
    const all = {
      iss: issuer,
      sub: 'ada',
      aud: 'headwater',
      iat: issuedAt,
      exp: issuedAt + (shape.expiresInSeconds ?? 300),
      ...claims,
    };
    return await new SignJWT(JSON.parse(JSON.stringify(all)))
      .setProtectedHeader({ alg: algorithm, kid: signing.kid, typ: 'JWT', ...shape.header } as { alg: string })
      .sign(signing.pair.privateKey);
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url ?? '/';
    requests[path] = (requests[path] ?? 0) + 1;
    const json = (status: number, value: unknown): void =>
      void res
        .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
        .end(JSON.stringify(value));
    if (path.endsWith('/.well-known/openid-configuration'))
      return json(200, {
        issuer,
        jwks_uri: `${issuer}/keys`,
        token_endpoint: `${issuer}/token`,
        // For where a login leads to; nobody can log in.
        authorization_endpoint: `${issuer}/authorize`,
      });
    if (path.endsWith('/keys')) return json(200, { keys: published });
    if (!path.endsWith('/token')) return json(404, { error: 'not_found' });
    const client = await clientOf(req, options.clients ?? {});
    if (client === undefined) return json(401, { error: 'invalid_client', error_description: 'unknown client' });
    json(200, { access_token: await token({ sub: client, azp: client, jti: requests[path] }), expires_in: 300 });
  }

  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}/realms/test`;
  const down = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    issuer,
    requests,
    token,
    rotate,
    get publicKey() {
      return signing.jwk;
    },
    down,
    up: () => listen(port),
    [Symbol.asyncDispose]: down,
  };
}

async function clientOf(req: IncomingMessage, clients: Readonly<Record<string, string>>): Promise<string | undefined> {
  let text = '';
  for await (const chunk of req) text += chunk;
  const form = new URLSearchParams(text);
  const basic = /^Basic (.+)$/.exec(req.headers.authorization ?? '')?.[1];
  const [id = '', secret = ''] =
    basic === undefined
      ? [form.get('client_id') ?? '', form.get('client_secret') ?? '']
      : Buffer.from(basic, 'base64').toString('utf8').split(':').map(decodeForm);
  const isKnown = Object.hasOwn(clients, id) && clients[id] === secret;
  return isKnown && form.get('grant_type') === 'client_credentials' ? id : undefined;
}

function decodeForm(text: string): string {
  return new URLSearchParams(`a=${text}`).get('a')!;
}
