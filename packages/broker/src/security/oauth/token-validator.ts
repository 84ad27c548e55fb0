import type { Clock } from '../../clock/clock.ts';
import { SaslFailure, type SaslIdentity } from '../sasl/sasl-exchange.ts';
import type { Jwks } from './jwks.ts';
import { isKeyFor, isSignedBy, type Jwt, parseJwt } from './jwt.ts';

export interface TokenRules {
  /** Empty: any. */
  readonly issuer: string;
  /** One of them must be the token's; empty: any. */
  readonly audiences: readonly string[];
  readonly subClaim: string;
  readonly scopeClaim: string;
  readonly clockSkewMs: number;
}

const triedKeysMax = 10;

/** Checks access tokens as Kafka's broker does: signature, time, issuer, audience; its subject is who comes. */
export class TokenValidator {
  readonly #rules: TokenRules;
  readonly #jwks: Jwks;
  readonly #clock: Clock;

  constructor(rules: TokenRules, jwks: Jwks, clock: Clock) {
    this.#rules = rules;
    this.#jwks = jwks;
    this.#clock = clock;
  }

  /** Rejects with SaslFailure, whose message is for the log: it may say what is in the token, never the token. */
  async validate(token: string): Promise<SaslIdentity> {
    const jwt = parseJwt(token);
    // What is wrong anyhow costs no signature and no fetch.
    const identity = this.#check(jwt);
    const { alg, kid } = jwt.header;
    const keys = (await this.#jwks.candidates(kid).catch(unavailable))
      .filter((candidate) => (candidate.alg ?? alg) === alg && isKeyFor(alg, candidate.key))
      .slice(0, triedKeysMax);
    if (keys.length === 0) throw new SaslFailure(`the issuer has no key ${kid ?? ''} for ${alg} that may be used`);
    if (!keys.some(({ key }) => isSignedBy(jwt, key))) throw new SaslFailure('the signature of the token is wrong');
    return identity;
  }

  close(): void {
    this.#jwks.close();
  }

  #check({ claims }: Jwt): SaslIdentity {
    const { audiences, clockSkewMs, issuer, scopeClaim, subClaim } = this.#rules;
    const nowMs = this.#clock.now();
    const { aud, exp, iat, iss, nbf } = claims;
    if (typeof exp !== 'number' || typeof iat !== 'number') throw new SaslFailure('the token has no exp or no iat');
    if (exp * 1_000 <= nowMs - clockSkewMs) {
      throw new SaslFailure(`the token ended ${Math.round(nowMs / 1_000 - exp)} s ago`);
    }
    if (typeof nbf === 'number' && nbf * 1_000 > nowMs + clockSkewMs)
      throw new SaslFailure('the token begins later (nbf)');
    if (issuer !== '' && iss !== issuer)
      throw new SaslFailure(`the token is of issuer ${shown(iss)}, not of ${issuer}`);
    const forWhom = Array.isArray(aud) ? aud : [aud];
    if (audiences.length > 0 && !audiences.some((audience) => forWhom.includes(audience))) {
      throw new SaslFailure(`the token is for ${shown(forWhom)}, not for ${audiences.join(' or ')}`);
    }
    const scope = claims[scopeClaim];
    const scopes = typeof scope === 'string' ? [scope] : (scope ?? []);
    if (!Array.isArray(scopes) || scopes.some((one) => typeof one !== 'string')) {
      throw new SaslFailure(`the token's ${scopeClaim} is neither a text nor a list of texts`);
    }
    const name = claims[subClaim];
    if (typeof name !== 'string' || name.trim() === '') throw new SaslFailure(`the token has no ${subClaim}`);
    return { name: name.trim(), expiresAtMs: exp * 1_000 };
  }
}

function unavailable(error: Error): never {
  throw new SaslFailure(error.message, { cause: error });
}

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200);
}
