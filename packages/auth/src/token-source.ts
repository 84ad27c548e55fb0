import { type Logger, silentLogger } from '@headwater/logger';
import { readMetadata } from './issuer-metadata.ts';
import { askIssuer, urlOf } from './issuer-request.ts';
import { TokenError } from './token-error.ts';

export interface TokenSourceOptions {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Scopes asked for, with spaces between. */
  scope?: string;
  /** Asked for as `audience`, where the issuer knows that parameter. */
  audience?: string;
  /** Default: `token_endpoint` of the issuer's metadata. */
  tokenUrl?: string;
  /** PEM of further authorities. Default: the file that HEADWATER_CA_FILE names. */
  ca?: string;
  logger?: Logger;
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number;
}

export interface TokenSource {
  /** A token that is good for a while yet. Throws TokenError when none can be had; `signal` ends this caller's wait only. */
  token(signal?: AbortSignal): Promise<string>;
  /** Says that a token was refused: it is not given again. */
  invalidate(token: string): void;
  /** May be called twice. */
  close(): void;
}

interface Held {
  token: string;
  renewAtMs: number;
  endsAtMs: number;
}

/** Not given out any more when it ends so soon: it must last for the request that it goes with. */
const marginMs = 5_000;
const retryMs = 1_000;

/**
 * The access token of a service by client credentials (RFC 6749, section 4.4): kept, renewed in the last fifth of its life beside its
 * use, by one request at a time. After a failure the next attempt waits a second; a token that still lasts goes on.
 *
 * @example
 * const source = createTokenSource({ issuer, clientId: 'headwater-service', clientSecret });
 * await fetch(url, { headers: { authorization: `Bearer ${await source.token()}` } });
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { issuer, logger = silentLogger, now = Date.now } = options;
  urlOf(issuer);
  const closing = new AbortController();
  let held: Held | undefined;
  let request: Promise<string> | undefined;
  let failure: { error: TokenError; atMs: number } | undefined;
  let endpoint: { url: string; isBasic: boolean } | undefined;

  function renew(): Promise<string> {
    if (failure !== undefined && now() - failure.atMs < retryMs) return Promise.reject(failure.error);
    request ??= ask()
      .then(
        (fresh) => {
          failure = undefined;
          held = fresh;
          return fresh.token;
        },
        (error: TokenError) => {
          endpoint = undefined;
          failure = { error, atMs: now() };
          logger.warn({ issuer, client: options.clientId, error: error.message }, 'cannot have a token');
          throw error;
        },
      )
      .finally(() => {
        request = undefined;
      });
    return request;
  }

  async function ask(): Promise<Held> {
    const asked = { ca: options.ca, signal: closing.signal };
    endpoint ??= await findEndpoint(options, asked);
    const sentAtMs = now();
    const { status, json } = await askIssuer(endpoint.url, {
      ...asked,
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(endpoint.isBasic ? { authorization: basic(options) } : {}),
      },
      body: form(options, endpoint.isBasic),
    });
    const token = json?.['access_token'];
    if (status !== 200 || typeof token !== 'string' || token === '') throw refused(options, status, json);
    const expiresIn = Number(json!['expires_in'] ?? 60);
    const livesMs = (Number.isFinite(expiresIn) && expiresIn > 0 ? expiresIn : 60) * 1_000;
    return { token, renewAtMs: sentAtMs + livesMs * 0.8, endsAtMs: sentAtMs + livesMs };
  }

  async function token(signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    closing.signal.throwIfAborted();
    const nowMs = now();
    // A token that lives shorter than twice the margin is used until its end: the margin would leave nothing of it.
    if (held !== undefined && nowMs < Math.max(held.endsAtMs - marginMs, Math.min(held.renewAtMs, held.endsAtMs))) {
      if (nowMs >= held.renewAtMs) renew().catch(() => {});
      return held.token;
    }
    return await untilAborted(renew(), signal);
  }

  return {
    token,
    invalidate(refusedToken) {
      if (held?.token === refusedToken) held = undefined;
    },
    close: () => closing.abort(new TokenError('HW_AUTH_TOKEN_REQUEST', 'the token source is closed')),
  };
}

async function findEndpoint(
  { issuer, tokenUrl }: TokenSourceOptions,
  asked: { ca: string | undefined; signal: AbortSignal },
): Promise<{ url: string; isBasic: boolean }> {
  if (tokenUrl !== undefined) return { url: urlOf(tokenUrl).href, isBasic: true };
  const { tokenEndpoint, tokenAuthMethods } = await readMetadata(issuer, asked);
  if (tokenEndpoint === undefined)
    throw new TokenError('HW_AUTH_TOKEN_REQUEST', `the issuer ${issuer} names no token_endpoint: give tokenUrl`);
  const isBasic = tokenAuthMethods.includes('client_secret_basic') || !tokenAuthMethods.includes('client_secret_post');
  return { url: tokenEndpoint, isBasic };
}

/** RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined. */
function basic({ clientId, clientSecret }: TokenSourceOptions): string {
  const encoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
  return `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(clientSecret)}`).toString('base64')}`;
}

function form({ clientId, clientSecret, scope, audience }: TokenSourceOptions, isBasic: boolean): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    ...(isBasic ? {} : { client_id: clientId, client_secret: clientSecret }),
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
  }).toString();
}

function refused(
  { issuer, clientId }: TokenSourceOptions,
  status: number,
  json: Record<string, unknown> | undefined,
): TokenError {
  const said = [json?.['error'], json?.['error_description']].filter((text) => typeof text === 'string').join(': ');
  return new TokenError(
    'HW_AUTH_TOKEN_REQUEST',
    `the issuer ${issuer} gave no token to the client ${clientId} (${status}${said === '' ? '' : `, ${said}`}): check its id and secret`,
  );
}

/** The request is for all callers: one that goes away does not end it. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
