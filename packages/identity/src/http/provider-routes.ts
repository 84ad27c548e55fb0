import type { HttpContext } from '@headwater/http';
import type { Provider } from 'oidc-provider';
import type { IdentityParts } from '../identity-parts.ts';
import { pageStyle } from '../pages/page-style.ts';
import { serveLogout } from './logout-endpoint.ts';
import type { Routes } from './route-table.ts';

/** What oidc-provider answers itself, and the pages' style sheet. */
export function serveProvider(routes: Routes, parts: IdentityParts, provider: () => Promise<Provider>): void {
  const base = parts.basePath;
  const protocol = `${base}/protocol/openid-connect`;
  const issuer = new URL(parts.issuer);
  const callbacks = new WeakMap<Provider, ReturnType<Provider['callback']>>();

  const pass = async (ctx: HttpContext): Promise<void> => {
    const loaded = await provider();
    let callback = callbacks.get(loaded);
    if (!callback) callbacks.set(loaded, (callback = loaded.callback()));
    const req = ctx.req as typeof ctx.req & { originalUrl?: string };
    req.originalUrl = req.url!;
    req.url = req.url!.slice(base.length);
    // Addresses in answers are the issuer's, whatever name or proxy the request came by.
    req.headers.host = issuer.host;
    req.headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
    delete req.headers['x-forwarded-host'];
    for (const [name, value] of Object.entries(headers)) ctx.res.setHeader(name, value);
    await callback(req, ctx.res);
  };

  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    routes.route(['GET', 'OPTIONS'], `${base}/.well-known/${name}`, pass);
  }
  // RFC 8414 puts the well-known part first.
  routes.route('GET', `/.well-known/oauth-authorization-server${base}`, async (ctx) => {
    ctx.req.url = `${base}/.well-known/oauth-authorization-server`;
    await pass(ctx);
  });
  routes.route(['GET', 'POST'], `${protocol}/auth`, pass);
  routes.route('GET', `${protocol}/auth/:uid`, pass);
  routes.route(['POST', 'OPTIONS'], `${protocol}/auth/device`, pass);
  routes.route(['POST', 'OPTIONS'], `${protocol}/token`, pass);
  routes.route(['GET', 'OPTIONS'], `${protocol}/certs`, pass);
  serveLogout(routes, parts, provider, pass);
  routes.route('POST', `${protocol}/logout/confirm`, pass);
  routes.route('GET', `${protocol}/logout/success`, pass);
  routes.route(['GET', 'POST'], `${base}/device`, pass);
  routes.route('GET', `${base}/device/:uid`, pass);
  routes.route('GET', `${base}/resources/identity.css`, (ctx) =>
    ctx.send(200, pageStyle, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
    }),
  );
}

/** Pages that oidc-provider writes itself send a form on by a script of their own; nobody may frame those either. */
const headers = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'content-security-policy': "frame-ancestors 'none'",
};
