import { askIssuer, urlOf } from './issuer-request.ts';
import { TokenError } from './token-error.ts';

/** What an issuer says of itself (OpenID Connect Discovery 1.0, section 3), as far as it is needed here. */
export interface IssuerMetadata {
  issuer: string;
  jwksUri: string | undefined;
  tokenEndpoint: string | undefined;
  tokenAuthMethods: readonly string[];
}

/**
 * Reads `ISSUER/.well-known/openid-configuration`; the issuer that it names must be the configured one, to the letter.
 *
 * @throws TokenError HW_AUTH_ISSUER_DOWN
 */
export async function readMetadata(
  issuer: string,
  options: { ca?: string | undefined; signal?: AbortSignal } = {},
): Promise<IssuerMetadata> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { status, json } = await askIssuer(url, options);
  const wrong = (reason: string): TokenError => new TokenError('HW_AUTH_ISSUER_DOWN', `${url} ${reason}`);
  if (status !== 200 || json === undefined) throw wrong(`answered ${status}, not the description of an issuer`);
  if (json['issuer'] !== issuer)
    throw wrong(`describes the issuer ${JSON.stringify(json['issuer'])}: configure exactly that, or correct it there`);
  const endpoint = (name: string): string | undefined => {
    const value = json[name];
    if (typeof value !== 'string') return undefined;
    // Keys that anybody on the way can change prove nothing, so an issuer of https has all of it on https.
    if (urlOf(issuer).protocol === 'https:' && urlOf(value).protocol !== 'https:')
      throw wrong(`has a ${name} without TLS: ${value}`);
    return value;
  };
  const methods = json['token_endpoint_auth_methods_supported'];
  return {
    issuer,
    jwksUri: endpoint('jwks_uri'),
    tokenEndpoint: endpoint('token_endpoint'),
    tokenAuthMethods: Array.isArray(methods) ? methods.map(String) : ['client_secret_basic'],
  };
}
