import {
  type SaslExchange,
  SaslFailure,
  type SaslMechanism,
  type SaslStep,
  toldFailure,
} from '../sasl/sasl-exchange.ts';
import type { TokenValidator } from './token-validator.ts';

export const oauthBearerName = 'OAUTHBEARER';

/** SASL OAUTHBEARER (RFC 7628, KIP-255, KIP-768): the client shows a token of an issuer that the broker trusts. */
export function oauthBearerMechanism(validator: TokenValidator): SaslMechanism {
  return { name: oauthBearerName, begin: () => new OauthBearerExchange(validator), close: () => validator.close() };
}

const separator = '\x01';

class OauthBearerExchange implements SaslExchange {
  readonly #validator: TokenValidator;
  /** The client has been told that it failed, and owes us an empty message. */
  #told: { error: string; reason: string } | null = null;

  constructor(validator: TokenValidator) {
    this.#validator = validator;
  }

  async step(bytes: Buffer): Promise<SaslStep> {
    const message = bytes.toString('utf8');
    if (this.#told !== null) throw new SaslFailure(this.#told.reason, { told: this.#told.error });
    const { authorizationId, token } = parseFirst(message);
    try {
      const identity = await this.#validator.validate(token);
      if (authorizationId !== '' && authorizationId !== identity.name) {
        throw toldFailure(
          `Authentication failed: Client requested an authorization id (${authorizationId}) that is different from the token's principal name (${identity.name})`,
        );
      }
      return { challenge: Buffer.alloc(0), identity };
    } catch (error) {
      if (!(error instanceof SaslFailure) || error.told !== null) throw error;
      // RFC 7628, 3.2.2: the error goes as a challenge, and the client answers it before the end.
      this.#told = { reason: error.message, error: '{"status":"invalid_token"}' };
      return { challenge: Buffer.from(this.#told.error), identity: null };
    }
  }
}

/** `n,a=<name>,` then pairs, each ended by a separator, and one separator more. @throws SaslFailure */
function parseFirst(message: string): { authorizationId: string; token: string } {
  const [header = '', ...pairs] = message.split(separator);
  const name = /^n,(?:a=([^,]*))?,$/.exec(header);
  const scheme = /^auth=(\w+) +([-_.a-zA-Z0-9~+/=]+)$/.exec(pairs.find((pair) => pair.startsWith('auth=')) ?? '');
  if (name === null || scheme === null || scheme[1]!.toLowerCase() !== 'bearer' || !message.endsWith('\x01\x01')) {
    throw new SaslFailure('the OAUTHBEARER message makes no sense');
  }
  return { authorizationId: (name[1] ?? '').replaceAll('=2C', ',').replaceAll('=3D', '='), token: scheme[2]! };
}
