import { startIdentity } from '../../index.ts';

/** What the tests of the protocol run against: the identity server, or a real Keycloak with the same realm. */
export interface Target {
  issuer: string;
  isKeycloak: boolean;
  /** Keycloak's admin REST, as an administrator. */
  admin(method: string, path: string, body?: unknown): Promise<Response>;
  close(): Promise<void>;
}

/**
 * The identity server in this process; or the Keycloak at HEADWATER_KEYCLOAK_URL (admin/admin), whose realm must be that of the first
 * start here.
 */
export async function startTarget(): Promise<Target> {
  const keycloak = process.env['HEADWATER_KEYCLOAK_URL'];
  const identity = keycloak === undefined ? await startIdentity({ port: 0 }) : undefined;
  const base = keycloak ?? identity!.url;
  const realm = keycloak === undefined ? 'headwater' : (process.env['HEADWATER_KEYCLOAK_REALM'] ?? 'headwater');
  const issuer = `${base}/realms/${realm}`;
  const adminToken = async (): Promise<string> => {
    const answer = await tokenRequest(
      keycloak === undefined ? issuer : `${base}/realms/master`,
      keycloak === undefined
        ? { grant_type: 'password', client_id: 'headwater-web', username: 'grace', password: 'grace-password' }
        : { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: 'admin' },
    );
    return (await tokens(answer)).access_token;
  };
  let kept: { token: Promise<string>; untilMs: number } | undefined;
  const keptToken = (): Promise<string> => {
    if (kept === undefined || kept.untilMs < Date.now()) kept = { token: adminToken(), untilMs: Date.now() + 30_000 };
    return kept.token;
  };
  return {
    issuer,
    isKeycloak: keycloak !== undefined,
    async admin(method, path, body) {
      return await fetch(`${base}/admin/realms/${realm}${path}`, {
        method,
        headers: { authorization: `Bearer ${await keptToken()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
    async close() {
      await identity?.close();
    },
  };
}

export interface TokenAnswer {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  expires_in: number;
  refresh_expires_in: number;
  token_type: string;
  scope: string;
  session_state?: string;
}

export function endpoint(issuer: string, name: string): string {
  return `${issuer}/protocol/openid-connect/${name}`;
}

export function basic(clientId: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` };
}

export const serviceBasic = basic('headwater-service', 'headwater-service-secret');

export function post(
  url: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
}

export function tokenRequest(
  issuer: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return post(endpoint(issuer, 'token'), form, headers);
}

export async function tokens(answer: Response | Promise<Response>): Promise<TokenAnswer> {
  const response = await answer;
  const text = await response.text();
  if (response.status !== 200) throw new Error(`no tokens: ${response.status} ${text}`);
  return JSON.parse(text) as TokenAnswer;
}

export async function problem(answer: Response | Promise<Response>): Promise<{ status: number; error: string }> {
  const response = await answer;
  const body = (await response.json().catch(() => ({}))) as { error?: string };
  return { status: response.status, error: body.error ?? '' };
}

/** The members of a token's payload, not verified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}

/** What the realm's web client asks with by the password grant, for a user with all roles. */
export const passwordForm = {
  grant_type: 'password',
  client_id: 'headwater-web',
  username: 'grace',
  password: 'grace-password',
  scope: 'openid',
};
