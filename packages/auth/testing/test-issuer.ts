import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface TestIssuerOptions {
  /** Of the keys. Default ES256, which is quick to make. */
  algorithm?: string;
  /** Client id → secret, at the token endpoint. */
  clients?: Readonly<Record<string, string>>;
  /** Client ids that log people in by authorization code with PKCE: whoever comes is `ada`, at once. */
  publicClients?: readonly string[];
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
  /** Requests of the token endpoint that were granted, by `grant_type`. */
  readonly granted: Record<string, number>;
  /** Of access tokens that the token endpoint gives from now on. 300 at first. */
  lifetimeSeconds: number;
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
  const granted: Record<string, number> = {};
  const publicClients = options.publicClients ?? [];
  const codes = new Map<string, { client: string; challenge: string; nonce: string | null }>();
  const refreshTokens = new Map<string, string>();
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
    const { pathname: path, searchParams: query } = new URL(req.url ?? '/', issuer);
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
        authorization_endpoint: `${issuer}/authorize`,
        id_token_signing_alg_values_supported: [algorithm],
      });
    if (path.endsWith('/keys')) return json(200, { keys: published });
    if (path.endsWith('/authorize')) return authorize(query, res);
    if (!path.endsWith('/token')) return json(404, { error: 'not_found' });
    let text = '';
    for await (const chunk of req) text += chunk;
    const form = new URLSearchParams(text);
    const grant = form.get('grant_type') ?? '';
    const tokens = grant === 'client_credentials' ? await ofClient(req, form) : await ofPerson(grant, form);
    if ('error' in tokens) return json(tokens.error === 'invalid_client' ? 401 : 400, tokens);
    granted[grant] = (granted[grant] ?? 0) + 1;
    json(200, { token_type: 'Bearer', expires_in: made.lifetimeSeconds, ...tokens });
  }

  /** The way back, with a code. */
  function authorize(query: URLSearchParams, res: ServerResponse): void {
    const [client, back] = [query.get('client_id') ?? '', query.get('redirect_uri')];
    if (!publicClients.includes(client) || back === null) return void res.writeHead(400).end('unknown client');
    const code = randomUUID();
    codes.set(code, { client, challenge: query.get('code_challenge') ?? '', nonce: query.get('nonce') });
    const location = new URL(back);
    location.searchParams.set('code', code);
    location.searchParams.set('state', query.get('state') ?? '');
    res.writeHead(302, { location: location.href, connection: 'close' }).end();
  }

  async function ofClient(req: IncomingMessage, form: URLSearchParams): Promise<Record<string, unknown>> {
    const client = clientOf(req, form, options.clients ?? {});
    if (client === undefined) return { error: 'invalid_client', error_description: 'unknown client' };
    return { access_token: await accessToken({ sub: client, azp: client }) };
  }

  /** Codes and refresh tokens are good once. */
  async function ofPerson(grant: string, form: URLSearchParams): Promise<Record<string, unknown>> {
    const refused = { error: 'invalid_grant', error_description: 'not known, or used before' };
    let nonce: string | null = null;
    let client: string | undefined;
    if (grant === 'refresh_token') {
      const given = form.get('refresh_token') ?? '';
      client = refreshTokens.get(given);
      refreshTokens.delete(given);
    } else if (grant === 'authorization_code') {
      const given = form.get('code') ?? '';
      const code = codes.get(given);
      codes.delete(given);
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (code === undefined || code.challenge !== challenge) return refused;
      ({ client, nonce } = code);
    } else return { error: 'unsupported_grant_type' };
    if (client === undefined || client !== form.get('client_id')) return refused;
    const refreshToken = randomUUID();
    refreshTokens.set(refreshToken, client);
    return {
      access_token: await accessToken({ azp: client, preferred_username: 'ada' }),
      refresh_token: refreshToken,
      id_token: await token({ aud: client, ...(nonce !== null && { nonce }) }),
    };
  }

  function accessToken(claims: Readonly<Record<string, unknown>>): Promise<string> {
    return token({ ...claims, jti: randomUUID() }, { expiresInSeconds: made.lifetimeSeconds });
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
  const made: TestIssuer = {
    issuer,
    requests,
    granted,
    lifetimeSeconds: 300,
    token,
    rotate,
    get publicKey() {
      return signing.jwk;
    },
    down,
    up: () => listen(port),
    [Symbol.asyncDispose]: down,
  };
  return made;
}

function clientOf(
  req: IncomingMessage,
  form: URLSearchParams,
  clients: Readonly<Record<string, string>>,
): string | undefined {
  const basic = /^Basic (.+)$/.exec(req.headers.authorization ?? '')?.[1];
  const [id = '', secret = ''] =
    basic === undefined
      ? [form.get('client_id') ?? '', form.get('client_secret') ?? '']
      : Buffer.from(basic, 'base64').toString('utf8').split(':').map(decodeForm);
  const isKnown = Object.hasOwn(clients, id) && clients[id] === secret;
  return isKnown ? id : undefined;
}

function decodeForm(text: string): string {
  return new URLSearchParams(`a=${text}`).get('a')!;
}
