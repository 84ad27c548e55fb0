import type { KoaContext } from 'oidc-provider';
import type { IdentityParts } from '../identity-parts.ts';
import { deviceCodePage, deviceConfirmPage, deviceDonePage } from '../pages/device-pages.ts';
import type { Html } from '../pages/html.ts';
import { page, pageHeaders } from '../pages/layout.ts';
import { errorPage, loggedOutPage, logoutPage } from '../pages/plain-pages.ts';

function show(
  ctx: KoaContext,
  parts: IdentityParts,
  title: string,
  body: Html,
  formTargets: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(pageHeaders(formTargets))) ctx.set(name, value);
  ctx.body = page({
    title,
    realmName: parts.realm.settings.displayName ?? parts.realm.name,
    basePath: parts.basePath,
    body,
  });
}

/** A path of our own: it works under whatever name the browser reached us. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function nameOf(client: { clientId: string; clientName?: string } | undefined): string | undefined {
  return client?.clientName ?? client?.clientId;
}

/** Pages of the device flow (RFC 8628). */
export function deviceSources(parts: IdentityParts) {
  return {
    userCodeInputSource: (
      ctx: KoaContext,
      _form: string,
      _out: unknown,
      error?: Error & { userCode?: string },
    ): void => {
      const problem =
        error === undefined
          ? undefined
          : error.name === 'AbortedError'
            ? 'The device was not connected.'
            : error.name === 'AlreadyUsedError'
              ? 'This code was used already: ask your device for a new one.'
              : error.name === 'ExpiredError'
                ? 'This code is too old: ask your device for a new one.'
                : error.name === 'NotFoundError' || error.name === 'NoCodeError'
                  ? 'This code is not right: compare it with what your device shows.'
                  : 'That did not work: enter the code once more.';
      const action = pathOf(ctx.oidc.urlFor('code_verification'));
      show(ctx, parts, 'Connect a device', deviceCodePage(action, ctx.oidc.session.state?.secret ?? '', problem));
    },
    userCodeConfirmSource: (
      ctx: KoaContext,
      _form: string,
      client: { clientId: string; clientName?: string },
      _deviceInfo: unknown,
      userCode: string,
    ): void => {
      const body = deviceConfirmPage({
        action: pathOf(ctx.oidc.urlFor('code_verification')),
        xsrf: ctx.oidc.session.state?.secret ?? '',
        userCode,
        shownCode: userCode,
        clientName: nameOf(client)!,
      });
      show(ctx, parts, 'Connect a device', body);
    },
    successSource: (ctx: KoaContext): void => {
      show(ctx, parts, 'Device connected', deviceDonePage(nameOf(ctx.oidc.client)!));
    },
  };
}

/** Pages of logout. */
export function logoutSources(parts: IdentityParts) {
  return {
    logoutSource: (ctx: KoaContext): Promise<void> | void => {
      if (ctx.oidc.entities['IdTokenHint'] !== undefined && isHintOfSession(ctx)) return endSession(ctx, parts);
      const { postLogoutRedirectUri, secret = '' } = ctx.oidc.session.state ?? {};
      const action = pathOf(ctx.oidc.urlFor('end_session_confirm'));
      const body = logoutPage(action, secret, nameOf(ctx.oidc.client));
      show(ctx, parts, 'Sign out', body, postLogoutRedirectUri ? [postLogoutRedirectUri] : []);
    },
    postLogoutSuccessSource: (ctx: KoaContext): void => show(ctx, parts, 'Signed out', loggedOutPage()),
  };
}

function isHintOfSession(ctx: KoaContext): boolean {
  const hint = ctx.oidc.entities['IdTokenHint'] as unknown as { payload: { sub?: string } };
  return hint.payload.sub === ctx.oidc.session.accountId;
}

/** An application that shows the session's own ID token ends it without a question, as Keycloak has it. */
async function endSession(ctx: KoaContext, parts: IdentityParts): Promise<void> {
  const { session } = ctx.oidc;
  const { state } = session;
  const user = session.accountId === undefined ? undefined : parts.realm.user(session.accountId);
  for (const { grantId, persistsLogout } of Object.values(session.authorizations ?? {})) {
    if (grantId && !persistsLogout) parts.granted.revokeGrant(grantId);
  }
  await session.destroy();
  ctx.cookies.set(ctx.oidc.provider.cookieName('session'), null, {
    path: parts.basePath,
    httpOnly: true,
    sameSite: 'lax',
  } as object);
  parts.audit.record({
    event: 'LOGOUT',
    outcome: 'success',
    user: user?.username ?? null,
    client: ctx.oidc.client?.clientId ?? null,
    address: parts.addressOf(ctx.req),
  });
  if (state?.postLogoutRedirectUri) {
    const target = new URL(state.postLogoutRedirectUri);
    if (state.state != null) target.searchParams.set('state', state.state);
    ctx.status = 303;
    ctx.redirect(target.href);
  } else show(ctx, parts, 'Signed out', loggedOutPage());
}

const explained: Record<string, string> = {
  invalid_redirect_uri: 'The application asked to go back to an address that is not registered for it.',
  invalid_client: 'The application is not known here.',
  invalid_request: 'The request is not right.',
  server_error: 'Something failed on our side.',
};

/** The page for a request that cannot be sent back to its application; programs that ask for JSON get JSON. */
export function renderError(parts: IdentityParts) {
  return (ctx: KoaContext, out: { error: string; error_description?: string }): void => {
    if (!ctx.accepts('html') || ctx.accepts('json', 'html') === 'json') {
      ctx.type = 'json';
      ctx.body = out;
      return;
    }
    const text = explained[out.error] ?? 'The request could not be served.';
    const code = [out.error, out.error_description].filter(Boolean).join(': ');
    show(ctx, parts, 'Not possible', errorPage('This did not work', text, code));
  };
}
