import { isObject } from './principal.ts';
import { TokenError } from './token-error.ts';

/** What an access token may say of its type in the header: RFC 9068's, or the plain one that most issuers write. */
const headerTypes = new Set(['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt']);
/** Claims that only ID tokens have (OpenID Connect Core 1.0, sections 2 and 3.3.2.11). */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash', 'nonce'];

/**
 * Refuses what is signed by the issuer and yet no bearer access token: ID tokens, refresh and logout tokens, and tokens bound to a key,
 * whose proof is not checked here.
 *
 * RFC 9068 says it in the header (`typ: at+jwt`), Keycloak in the claims (`typ: Bearer`, `ID`, `Refresh`, `Offline`, `Logout` …); for an
 * issuer that says neither, what ID and logout tokens are known by is looked for.
 */
export function checkTokenType(
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): void {
  const { typ } = header;
  if (typ !== undefined && (typeof typ !== 'string' || !headerTypes.has(typ.toLowerCase())))
    throw refusal(`it is of type ${JSON.stringify(typ)}`);
  const keycloakType = claims['typ'];
  if (keycloakType !== undefined && keycloakType !== 'Bearer')
    throw refusal(`it is of type ${JSON.stringify(keycloakType)}`);
  if (isObject(claims['events'])) throw refusal('it is an event');
  if (isObject(claims['cnf']))
    throw refusal('it is bound to a key (cnf), and the proof of it is not taken here: ask for a bearer token');
  const isMarked = keycloakType === 'Bearer' || (typeof typ === 'string' && typ.toLowerCase().endsWith('at+jwt'));
  const idClaim = isMarked ? undefined : idTokenClaims.find((name) => Object.hasOwn(claims, name));
  if (idClaim !== undefined) throw refusal(`it is an ID token (it has ${idClaim})`);
}

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** Refuses what is no logout token. */
export function logoutNotice(claims: Readonly<Record<string, unknown>>): {
  subject: string | undefined;
  sessionId: string | undefined;
} {
  const { events, sub, sid } = claims;
  if (!isObject(events) || !isObject(events[logoutEvent]) || Object.hasOwn(claims, 'nonce'))
    throw new TokenError('HW_AUTH_TYPE', 'the token is no logout token');
  const subject = typeof sub === 'string' && sub !== '' ? sub : undefined;
  const sessionId = typeof sid === 'string' && sid !== '' ? sid : undefined;
  if (subject === undefined && sessionId === undefined)
    throw new TokenError('HW_AUTH_CLAIMS', 'the logout token names neither a subject nor a session');
  return { subject, sessionId };
}

function refusal(reason: string): TokenError {
  return new TokenError('HW_AUTH_TYPE', `the token is no access token: ${reason}`);
}
