import type { IncomingMessage } from 'node:http';
import { HttpError } from '@headwater/http';
import type { PartKey } from '../part-table.ts';

/** Whoever a token speaks for: as much of it as is asked here. */
export interface TokenHolder {
  readonly roles: readonly string[];
}

export interface PartGateOptions {
  key: PartKey;
  /** Whether it is the password of a part or service. */
  isPassword: (name: string, password: string) => boolean;
  /** Rejects what is no valid token of the identity part, with `status` 401 or 503 and what to say in WWW-Authenticate. */
  verify?: (token: string) => Promise<TokenHolder>;
}

const challenge = 'Basic realm="headwater", charset="UTF-8", Bearer realm="headwater"';
const writers = new Set(['operator', 'admin']);
const readMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Paths that say nothing but whether the part is well: a load balancer or an orchestrator asks them and holds no password. */
const openPaths =
  /^\/(?:health(?:\/(?:live|ready))?|healthcheck|actuator\/health(?:\/(?:liveness|readiness))?|chc\/(?:live|ready))(?:\?|$)/;

/** Requests that read although they are a POST, by part. */
const readingPosts: Partial<Record<PartKey, RegExp>> = {
  search: /\/_(?:search|msearch|count|mget|analyze|explain|validate\/query|field_caps|search\/scroll|pit)(?:\?|$)/,
  sql: /^\/(?:query|query-stream|close-query)(?:\?|$)/,
  registry: /^\/(?:subjects\/[^/]+|compatibility\/.+)(?:\?|$)/,
};

/**
 * Who may call a part over HTTP under `--secure`. Parts and services say their name and password (Basic) and may do what they like;
 * people and their programs bring a token of the identity part: the role viewer may read, operator and admin may change things.
 */
export function partGate({ key, isPassword, verify }: PartGateOptions): (req: IncomingMessage) => void | Promise<void> {
  const refuse = (status: 401 | 403, code: string, message: string, header?: string): HttpError =>
    new HttpError(
      status,
      code,
      `${key}: ${message}`,
      {},
      undefined,
      header === undefined ? {} : { 'www-authenticate': header },
    );

  const bearer = async (req: IncomingMessage, token: string): Promise<void> => {
    if (verify === undefined)
      throw refuse(
        401,
        'HW_SECURE_UNAUTHORIZED',
        'tokens are not taken here, since no identity part runs: use a name and password',
        challenge,
      );
    let holder: TokenHolder;
    try {
      holder = await verify(token);
    } catch (error) {
      const { status = 401, wwwAuthenticate = challenge } = error as { status?: number; wwwAuthenticate?: string };
      if (status === 503)
        throw new HttpError(
          503,
          'HW_SECURE_ISSUER',
          `${key}: the token cannot be checked now: ${(error as Error).message}`,
        );
      throw refuse(401, 'HW_SECURE_UNAUTHORIZED', (error as Error).message, wwwAuthenticate);
    }
    const { roles } = holder;
    if (roles.some((role) => writers.has(role))) return;
    const isReading =
      readMethods.has(req.method ?? '') || (req.method === 'POST' && readingPosts[key]?.test(req.url ?? ''));
    if (isReading && roles.includes('viewer')) return;
    throw refuse(
      403,
      'HW_SECURE_FORBIDDEN',
      isReading
        ? 'this needs the role viewer, operator or admin'
        : `${req.method} needs the role operator or admin, and this token has: ${roles.join(', ') || 'none'}`,
    );
  };

  return (req) => {
    if (openPaths.test(req.url ?? '') && readMethods.has(req.method ?? '')) return;
    const given = req.headers.authorization;
    if (given === undefined)
      throw refuse(
        401,
        'HW_SECURE_UNAUTHORIZED',
        'say who you are: a name and password (Basic), or a token (Bearer)',
        challenge,
      );
    const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(given) ?? [];
    if (scheme.toLowerCase() === 'bearer') return bearer(req, value);
    if (scheme.toLowerCase() === 'basic') {
      const text = Buffer.from(value, 'base64').toString();
      const colon = text.indexOf(':');
      if (colon > 0 && isPassword(text.slice(0, colon), text.slice(colon + 1))) return;
      throw refuse(401, 'HW_SECURE_UNAUTHORIZED', 'name or password is wrong', challenge);
    }
    throw refuse(401, 'HW_SECURE_UNAUTHORIZED', 'only Basic and Bearer are taken as authorization', challenge);
  };
}
