import { type Logger, silentLogger } from '@headwater/logger';
import { errors, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import { urlOf } from './issuer-request.ts';
import { KeySet } from './key-set.ts';
import { type Principal, principalOf } from './principal.ts';
import { TokenError } from './token-error.ts';
import { checkTokenType, logoutNotice } from './token-type.ts';
import { VerifiedTokens } from './verified-tokens.ts';

export interface TokenVerifierOptions {
  /** The issuer's URL, to the letter as it stands in `iss`. */
  issuer: string;
  /** One of them must be in `aud`. Default: any, which lets tokens for other services of the issuer pass. */
  audience?: string | readonly string[];
  /** Where the keys are. Default: `jwks_uri` of `ISSUER/.well-known/openid-configuration`. */
  jwksUrl?: string;
  /** How far the clocks may differ. Default 5. */
  clockToleranceSeconds?: number;
  /** Default: all asymmetric ones of RFC 7518 and EdDSA. Symmetric ones and `none` are refused. */
  algorithms?: readonly string[];
  /** Where roles are looked for, as paths into the claims. Default `realm_access.roles`, `resource_access`, `roles`. */
  roleClaims?: readonly string[];
  /** PEM of further authorities. Default: the file that HEADWATER_CA_FILE names. */
  ca?: string;
  /** Most verified tokens kept, by hash. Default 10,000; 0 verifies each time. */
  maxCachedTokens?: number;
  /** Longest token that is looked at. Default 16,384 characters. */
  maxTokenChars?: number;
  /** Least time between two fetches of keys because of tokens with an unknown one. Default 10,000 ms. */
  keyCoolDownMs?: number;
  /** Keys older than this are fetched anew beside their use. Default 600,000 ms. */
  keyMaxAgeMs?: number;
  logger?: Logger;
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number;
}

export interface TokenVerifier {
  readonly issuer: string;
  /** Who the token speaks for. Throws TokenError: 401 with why it is refused, 503 when the issuer's keys cannot be had. */
  verify(token: string): Promise<Principal>;
  /** The same at once for a token that has been verified before and has not ended; otherwise undefined. */
  peek(token: string): Principal | undefined;
  /**
   * Whose sessions a logout token ends (OpenID Connect Back-Channel Logout 1.0, section 2.6): those of a session id, or of a subject. Throws as
   * `verify` does.
   */
  verifyLogout(token: string, clientId: string): Promise<LogoutNotice>;
  /** May be called twice. */
  close(): void;
}

/** At least one of the two is there. */
export interface LogoutNotice {
  subject: string | undefined;
  sessionId: string | undefined;
}

const asymmetric = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * Verifies access tokens (JWT) of one issuer: signature by its published keys, `iss`, `aud`, `exp`, `nbf`, and that it is an access token.
 * A token that was verified before costs a hash.
 *
 * @throws TokenError HW_AUTH_CONFIG
 *
 * @example
 * const verifier = createTokenVerifier({ issuer: 'http://127.0.0.1:8180/realms/headwater', audience: 'headwater' });
 * const { name, roles } = await verifier.verify(token);
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, logger = silentLogger, now = Date.now, maxTokenChars = 16_384 } = options;
  urlOf(issuer);
  if (options.jwksUrl !== undefined) urlOf(options.jwksUrl);
  const algorithms = [...(options.algorithms ?? asymmetric)];
  const wrong = algorithms.find((name) => !asymmetric.includes(name));
  if (wrong !== undefined)
    throw new TokenError(
      'HW_AUTH_CONFIG',
      `the algorithm ${wrong} is not taken: use asymmetric ones (${asymmetric.join(', ')})`,
    );
  const toleranceSeconds = options.clockToleranceSeconds ?? 5;
  const cache = new VerifiedTokens(options.maxCachedTokens ?? 10_000);
  const keys = new KeySet({
    issuer,
    jwksUrl: options.jwksUrl,
    ca: options.ca,
    logger,
    now,
    ...(options.keyCoolDownMs === undefined ? {} : { coolDownMs: options.keyCoolDownMs }),
    ...(options.keyMaxAgeMs === undefined ? {} : { maxAgeMs: options.keyMaxAgeMs }),
    // A key that the issuer has taken back takes its tokens with it.
    onChange: () => cache.clear(),
  });
  const findKey: JWTVerifyGetKey = (header, token) => keys.find(header, token);

  function peek(token: string): Principal | undefined {
    keys.refreshWhenOld();
    return cache.get(token, now() - toleranceSeconds * 1_000);
  }

  async function verify(token: string): Promise<Principal> {
    if (token.length > maxTokenChars)
      throw new TokenError('HW_AUTH_TOO_LARGE', `the token has more than ${maxTokenChars} characters`);
    return peek(token) ?? (await verifyNow(token));
  }

  async function verifyNow(token: string): Promise<Principal> {
    try {
      const { payload, protectedHeader } = await verified(token, audience);
      checkTokenType(protectedHeader, payload);
      const principal = principalOf(payload, options.roleClaims);
      cache.set(token, principal);
      return principal;
    } catch (error) {
      throw tokenError(error, issuer);
    }
  }

  async function verifyLogout(token: string, clientId: string): Promise<LogoutNotice> {
    try {
      if (token.length > maxTokenChars) throw new TokenError('HW_AUTH_TOO_LARGE', 'the token is too long');
      const { payload } = await verified(token, clientId);
      return logoutNotice(payload);
    } catch (error) {
      throw tokenError(error, issuer);
    }
  }

  async function verified(token: string, audiences: TokenVerifierOptions['audience']): Promise<JWTVerifyResult> {
    const checks = {
      issuer,
      ...(audiences === undefined ? {} : { audience: typeof audiences === 'string' ? audiences : [...audiences] }),
      algorithms,
      clockTolerance: toleranceSeconds,
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    };
    try {
      return await jwtVerify(token, findKey, checks);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // A token that does not name its key: those that fit are tried, and the issuer has few.
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, checks);
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  return { issuer, verify, peek, verifyLogout, close: () => keys.close() };
}

/** jose's errors as ours. */
function tokenError(error: unknown, issuer: string): TokenError {
  if (error instanceof TokenError) return error;
  if (error instanceof errors.JWTExpired) return new TokenError('HW_AUTH_EXPIRED', 'the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return new TokenError('HW_AUTH_NOT_YET', 'the token is not valid yet');
    if (error.claim === 'iss') return new TokenError('HW_AUTH_ISSUER', `the token is not of the issuer ${issuer}`);
    if (error.claim === 'aud') return new TokenError('HW_AUTH_AUDIENCE', 'the token is for another audience');
    return new TokenError('HW_AUTH_CLAIMS', `the claim ${error.claim} of the token is missing or wrong`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new TokenError('HW_AUTH_ALGORITHM', 'the algorithm of the token is not taken');
  if (error instanceof errors.JOSENotSupported)
    return new TokenError(
      'HW_AUTH_MALFORMED',
      'the token asks for something that is not known here (crit, or its key)',
    );
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new TokenError('HW_AUTH_SIGNATURE', 'the signature of the token is wrong');
  return new TokenError('HW_AUTH_MALFORMED', 'the token is no signed JWT', { cause: error });
}
