/** Every code of this package, with the HTTP status that a resource server answers with it (0: never an answer to a request). */
export const tokenErrors = {
  HW_AUTH_CONFIG: 0,
  HW_AUTH_MISSING: 401,
  HW_AUTH_HEADER: 400,
  HW_AUTH_MALFORMED: 401,
  HW_AUTH_TOO_LARGE: 401,
  HW_AUTH_ALGORITHM: 401,
  HW_AUTH_KEY: 401,
  HW_AUTH_SIGNATURE: 401,
  HW_AUTH_EXPIRED: 401,
  HW_AUTH_NOT_YET: 401,
  HW_AUTH_ISSUER: 401,
  HW_AUTH_AUDIENCE: 401,
  HW_AUTH_TYPE: 401,
  HW_AUTH_CLAIMS: 401,
  HW_AUTH_FORBIDDEN: 403,
  HW_AUTH_ISSUER_DOWN: 503,
  HW_AUTH_TOKEN_REQUEST: 503,
} as const;

export type TokenErrorCode = keyof typeof tokenErrors;

const bearerErrors: Partial<Record<number, string>> = { 400: 'invalid_request', 401: 'invalid_token' };

/**
 * Why a token was refused, or could not be had. The message never holds the token.
 *
 * @example
 * try {
 *   await verifier.verify(token);
 * } catch (error) {
 *   if (error instanceof TokenError) res.writeHead(error.status, { 'www-authenticate': error.wwwAuthenticate }).end();
 * }
 */
export class TokenError extends Error {
  readonly code: TokenErrorCode;
  readonly status: number;
  /** The challenge of RFC 6750, section 3. Empty for 503: other credentials would not help. */
  readonly wwwAuthenticate: string;

  constructor(code: TokenErrorCode, message: string, options: ErrorOptions & { scope?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'TokenError';
    this.code = code;
    this.status = tokenErrors[code];
    this.wwwAuthenticate = challenge(this, options.scope);
  }
}

/** RFC 6750, section 3.1: without credentials the challenge says nothing of an error. */
function challenge(error: TokenError, scope: string | undefined): string {
  if (error.code === 'HW_AUTH_MISSING') return 'Bearer realm="headwater"';
  const kind = error.code === 'HW_AUTH_FORBIDDEN' ? 'insufficient_scope' : bearerErrors[error.status];
  if (kind === undefined) return '';
  const said = `Bearer realm="headwater", error="${kind}", error_description="${quotable(error.message)}"`;
  return scope === undefined ? said : `${said}, scope="${quotable(scope)}"`;
}

/** What RFC 6750 lets stand between the quotes: no quote, no backslash, ASCII only. */
function quotable(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}
