/**
 * Where a browser goes after login or logout: a path of this gateway, or `/`. Whatever a browser could read as another host (`//evil`, `/\evil`,
 * a scheme, control characters that it skips) is refused, so that no link to the login leads elsewhere.
 */
export function returnPath(text: string | null): string {
  if (text === null || text.length > 2_048) return '/';
  if (!text.startsWith('/') || /^\/[/\\]/.test(text) || /[\\\x00-\x20\x7f]/.test(text)) return '/';
  const origin = 'http://gateway.invalid';
  if (!URL.canParse(text, origin)) return '/';
  const url = new URL(text, origin);
  if (url.origin !== origin || url.pathname.startsWith('//') || url.pathname.startsWith('/oauth/')) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}
