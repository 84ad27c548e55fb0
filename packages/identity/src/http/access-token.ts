import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { IdentityParts } from '../identity-parts.ts';
import type { SigningKeys } from '../keys/signing-keys.ts';
import { subjectOf } from '../provider/token-claims.ts';
import type { Client, User } from '../realm/realm.ts';

export interface LiveToken {
  claims: JWTPayload;
  client: Client;
  user: User;
}

/** An access token that is ours, whole, not over, not revoked, and whose session, user and client are still there; else undefined. */
export async function liveAccessToken(parts: IdentityParts, token: string): Promise<LiveToken | undefined> {
  const claims = await verified(parts, token);
  if (claims?.['typ'] !== 'Bearer' || typeof claims['azp'] !== 'string') return undefined;
  if (typeof claims.jti !== 'string' || parts.granted.isRevoked(claims.jti)) return undefined;
  const client = parts.realm.client(claims['azp']);
  if (!client || client.enabled === false) return undefined;
  const sid = claims['sid'];
  if (sid !== undefined && parts.granted.grantOfSid(String(sid)) === undefined) return undefined;
  const user = subjectOf(parts.realm, sid === undefined ? undefined : claims.sub, client.clientId);
  if (!user || user.enabled === false || user.id !== claims.sub) return undefined;
  return { claims, client, user };
}

const keySets = new WeakMap<SigningKeys, { kids: string; set: ReturnType<typeof createLocalJWKSet> }>();

/** Made once for as long as the keys are the same. */
async function keySet(keys: SigningKeys): Promise<ReturnType<typeof createLocalJWKSet>> {
  const kids = keys
    .list()
    .map(({ kid }) => kid)
    .join(' ');
  const kept = keySets.get(keys);
  if (kept !== undefined && kids !== '' && kept.kids === kids) return kept.set;
  const published = (await keys.privateKeys()).map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg }));
  const set = createLocalJWKSet({ keys: published } as Parameters<typeof createLocalJWKSet>[0]);
  keySets.set(keys, { kids, set });
  return set;
}

async function verified(parts: IdentityParts, token: string): Promise<JWTPayload | undefined> {
  if (token.length > 16_384) return undefined;
  try {
    const { payload } = await jwtVerify(token, await keySet(parts.keys), {
      issuer: parts.issuer,
      algorithms: ['RS256'],
      typ: 'JWT',
    });
    return payload;
  } catch {
    return undefined;
  }
}
