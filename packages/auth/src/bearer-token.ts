import { TokenError } from './token-error.ts';

/** RFC 6750, section 2.1: `b64token`. */
const b64token = /^[\w\-.~+/]+=*$/;

/**
 * The token of an `Authorization` header; undefined when there is none. Another scheme (`Basic`) is refused rather than passed over: such
 * a caller means to be somebody.
 *
 * @throws TokenError HW_AUTH_MISSING for another scheme, HW_AUTH_HEADER for a header that cannot be read
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const space = authorization.indexOf(' ');
  const scheme = space === -1 ? authorization : authorization.slice(0, space);
  if (scheme.toLowerCase() !== 'bearer')
    throw new TokenError(
      'HW_AUTH_MISSING',
      'the scheme of the credentials is not served: use Authorization: Bearer TOKEN',
    );
  const token = space === -1 ? '' : authorization.slice(space + 1).trim();
  if (!b64token.test(token))
    throw new TokenError('HW_AUTH_HEADER', 'the Authorization header has no token after "Bearer"');
  return token;
}
