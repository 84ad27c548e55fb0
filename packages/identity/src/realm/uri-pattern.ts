/**
 * Whether a URI is one of those that a client registered, as Keycloak compares them: letter for letter, or by a pattern that ends in
 * `*`. A pattern stands for a prefix; it never widens the host: what comes before the star must hold a whole host, and on loopback
 * (`http://127.0.0.1:*`) the star also stands for a port.
 */
export function isRegisteredUri(uri: string, patterns: readonly string[], rootUrl?: string): boolean {
  const parsed = URL.parse(uri);
  if (parsed === null || uri.length > 2_048 || hasForbiddenPart(uri, parsed)) return false;
  return patterns.some((pattern) => matches(uri, parsed, absolute(pattern, rootUrl)));
}

/** A fragment, credentials, a control character, a backslash, an encoded or plain step upwards: none of them is in an honest redirect. */
function hasForbiddenPart(uri: string, parsed: URL): boolean {
  if (uri.includes('#') || parsed.username !== '' || parsed.password !== '') return true;
  if (/[\x00-\x20\x7f\\]/.test(uri)) return true;
  if (/^(javascript|data|vbscript|blob|file|about):/i.test(uri)) return true;
  const path = uri.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '').split('?')[0]!;
  return /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path) || /%2f|%5c/i.test(path);
}

function absolute(pattern: string, rootUrl: string | undefined): string {
  return pattern.startsWith('/') && rootUrl ? rootUrl.replace(/\/$/, '') + pattern : pattern;
}

function matches(uri: string, parsed: URL, pattern: string): boolean {
  if (!pattern.endsWith('*')) return uri === pattern;
  const prefix = pattern.slice(0, -1);
  const loopback = /^(https?):\/\/(127\.0\.0\.1|localhost|\[::1\]):$/.exec(prefix);
  if (loopback)
    return parsed.protocol === `${loopback[1]}:` && parsed.hostname === loopback[2] && uri.startsWith(prefix);
  // A prefix without a whole authority would let `https://app.example.org` be followed by `.evil.example`.
  const withAuthority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+[/?]/i.test(prefix);
  const isPrivateScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/i.test(prefix);
  if (!withAuthority && !isPrivateScheme) return false;
  if (uri.startsWith(prefix)) return true;
  // `https://app/callback/*` also stands for `https://app/callback`, as in Keycloak.
  return prefix.endsWith('/') && uri === prefix.slice(0, -1) && withAuthority && /\/\/[^/]+\/./.test(prefix);
}

/** The origins that may read answers: `+` stands for those of the redirect URIs, `*` for all. */
export function isAllowedWebOrigin(
  origin: string,
  webOrigins: readonly string[],
  redirectUris: readonly string[],
): boolean {
  if (origin === 'null') return false;
  if (webOrigins.includes('*') || webOrigins.includes(origin)) return true;
  if (!webOrigins.includes('+')) return false;
  return redirectUris.some((pattern) => {
    const loopback = /^(https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):)\*$/.exec(pattern);
    if (loopback) return origin.startsWith(loopback[1]!);
    return URL.parse(pattern.replace(/\*$/, ''))?.origin === origin;
  });
}
