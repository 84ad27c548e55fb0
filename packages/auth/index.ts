export { bearerToken } from './src/bearer-token.ts';
export { type IssuerFetchInit, issuerFetch } from './src/issuer-request.ts';
export { defaultRoleClaims, type Principal, principalOf } from './src/principal.ts';
export { TokenError, type TokenErrorCode, tokenErrors } from './src/token-error.ts';
export { createTokenSource, type TokenSource, type TokenSourceOptions } from './src/token-source.ts';
export {
  createTokenVerifier,
  type LogoutNotice,
  type TokenVerifier,
  type TokenVerifierOptions,
} from './src/token-verifier.ts';
