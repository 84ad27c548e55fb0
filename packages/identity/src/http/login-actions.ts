import { createHmac } from 'node:crypto';
import type { HttpContext } from '@headwater/http';
import type { OidcInteraction, Provider } from 'oidc-provider';
import { IdentityError } from '../identity-error.ts';
import type { IdentityParts } from '../identity-parts.ts';
import { authenticateUser } from '../login/authenticate-user.ts';
import { consentPage } from '../pages/consent-page.ts';
import type { Html } from '../pages/html.ts';
import { page, sendPage } from '../pages/layout.ts';
import { loginPage, newPasswordPage } from '../pages/login-page.ts';
import { errorPage } from '../pages/plain-pages.ts';
import { hashPassword } from '../password/password-hash.ts';
import { resource } from '../provider/token-claims.ts';
import type { User } from '../realm/realm.ts';
import { isSame } from './client-authentication.ts';
import { formBody } from './form-body.ts';
import type { Routes } from './route-table.ts';

interface Action {
  ctx: HttpContext;
  parts: IdentityParts;
  provider: Provider;
  interaction: OidcInteraction;
  path: string;
}

/** The pages between an application's request and its answer: login, a new password, consent. */
export function serveLoginActions(server: Routes, parts: IdentityParts, provider: () => Promise<Provider>): void {
  const route = `${parts.basePath}/login-actions/authenticate/:uid`;
  server.route('GET', route, (ctx) => withAction(ctx, parts, provider, show));
  server.route('POST', route, (ctx) => withAction(ctx, parts, provider, submit), { maxBodyBytes: 16 * 1024 });
}

async function withAction(
  ctx: HttpContext,
  parts: IdentityParts,
  provider: () => Promise<Provider>,
  act: (action: Action) => Promise<void> | void,
): Promise<void> {
  const loaded = await provider();
  let interaction: OidcInteraction;
  try {
    interaction = await loaded.interactionDetails(ctx.req, ctx.res);
  } catch {
    return sendError(ctx, parts, 400, 'This page has expired', 'You took too long, or opened it in another browser.');
  }
  // The cookie names the login; a path that names another was put together by somebody.
  if (interaction.uid !== ctx.params['uid']) {
    return sendError(ctx, parts, 400, 'This page has expired', 'Another login was begun in this browser.');
  }
  const path = `${parts.basePath}/login-actions/authenticate/${interaction.uid}`;
  await act({ ctx, parts, provider: loaded, interaction, path });
}

function show(action: Action): void {
  const { interaction } = action;
  const user = pendingUser(action);
  if (interaction.prompt.name === 'consent') showConsent(action);
  else if (user) send(action, 200, 'New password', newPasswordPage({ ...formOf(action), username: user.username }));
  else showEmptyLogin(action);
}

function showEmptyLogin(action: Action): void {
  const hint = action.interaction.prompt.details['login_hint'];
  showLogin(action, 200, typeof hint === 'string' ? { username: hint } : {});
}

async function submit(action: Action): Promise<void> {
  const { ctx, interaction } = action;
  const form = await formBody(ctx);
  if (!isSame(form.get('csrf') ?? '', csrfOf(action))) {
    return sendError(ctx, action.parts, 403, 'This did not work', 'The form was not sent from our page.');
  }
  if (form.has('cancel'))
    return await finish(action, { error: 'access_denied', error_description: 'The user cancelled' });
  if (interaction.prompt.name === 'consent') return await consent(action, form.get('consent') === 'yes');
  const user = pendingUser(action);
  if (user) return await setPassword(action, user, form);
  await login(action, form);
}

async function login(action: Action, form: ReadonlyMap<string, string>): Promise<void> {
  const { ctx, parts, interaction } = action;
  const username = form.get('username') ?? '';
  const outcome = await authenticateUser(
    {
      username,
      password: form.get('password') ?? '',
      address: parts.addressOf(ctx.req),
      clientId: interaction.params['client_id'] ?? null,
    },
    parts,
  );
  if ('user' in outcome) {
    const { user } = outcome;
    if (!needsPassword(user)) return await loggedIn(action, user);
    interaction.result = { ...interaction.result, pendingUser: user.id };
    await interaction.save(interaction.exp - Math.floor(Date.now() / 1_000));
    return send(action, 200, 'New password', newPasswordPage({ ...formOf(action), username: user.username }));
  }
  if (outcome.reason === 'wait') {
    ctx.res.setHeader('retry-after', String(outcome.waitSeconds));
    const problem = `Too many attempts did not work. Wait ${inWords(outcome.waitSeconds)}, then try again.`;
    return showLogin(action, 429, { username, problem });
  }
  showLogin(action, 401, { username, problem: 'User name or password is not right.' });
}

async function setPassword(action: Action, user: User, form: ReadonlyMap<string, string>): Promise<void> {
  const { parts } = action;
  const password = form.get('newPassword') ?? '';
  const again = (problem: string): void =>
    send(action, 400, 'New password', newPasswordPage({ ...formOf(action), username: user.username, problem }));
  if (password !== form.get('repeated')) return again('The two are not the same.');
  try {
    parts.realm.checkPassword(password, user);
  } catch (error) {
    if (error instanceof IdentityError) return again(error.message);
    throw error;
  }
  const changed = parts.realm.putUser({
    ...user,
    credentials: [await hashPassword(password)],
    requiredActions: (user.requiredActions ?? []).filter((required) => required !== 'UPDATE_PASSWORD'),
  });
  parts.audit.record({
    event: 'UPDATE_PASSWORD',
    outcome: 'success',
    user: user.username,
    address: parts.addressOf(action.ctx.req),
  });
  await loggedIn(action, changed);
}

async function loggedIn(action: Action, user: User): Promise<void> {
  await finish(action, { login: { accountId: user.id, acr: '1', amr: ['pwd'] } });
}

async function consent(action: Action, isGranted: boolean): Promise<void> {
  const { parts, provider, interaction } = action;
  const clientId = interaction.params['client_id'] ?? '';
  const accountId = interaction.session?.accountId;
  if (!isGranted || accountId === undefined) {
    parts.audit.record({ event: 'CONSENT', outcome: 'failure', client: clientId, reason: 'rejected_by_user' });
    return await finish(action, { error: 'access_denied', error_description: 'The user did not consent' });
  }
  const scope = wantedScope(action);
  const found = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant = found ?? new provider.Grant({ accountId, clientId, expiresIn: parts.grantSeconds(scope) });
  grant.addOIDCScope(scope);
  grant.addResourceScope(resource, scope);
  const grantId = await grant.save();
  parts.store.put('Consent', `${accountId} ${clientId}`, scope.split(' '));
  const user = parts.realm.user(accountId);
  parts.audit.record({ event: 'CONSENT', outcome: 'success', client: clientId, user: user?.username ?? null });
  await finish(action, { consent: { grantId } });
}

/** Back to the provider, by path: under whatever name the browser reached us, its cookies are there. */
async function finish(action: Action, result: Record<string, unknown>): Promise<void> {
  const { ctx, provider } = action;
  const returnTo = new URL(
    await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: !('error' in result) }),
  );
  ctx.send(303, undefined, { location: returnTo.pathname + returnTo.search, 'cache-control': 'no-store' });
}

function showLogin(action: Action, status: number, options: { username?: string; problem?: string }): void {
  const body = loginPage({ ...formOf(action), clientName: clientName(action), ...options });
  send(action, status, 'Sign in', body);
}

function showConsent(action: Action): void {
  const { parts, interaction } = action;
  const user = parts.realm.user(interaction.session?.accountId ?? '');
  const body = consentPage({
    ...formOf(action),
    clientName: clientName(action),
    clientId: interaction.params['client_id'] ?? '',
    username: user?.username ?? '',
    scopes: wantedScope(action).split(' '),
  });
  send(action, 200, 'Grant access', body);
}

function send({ ctx, parts, interaction }: Action, status: number, title: string, body: Html): void {
  const redirectUri = interaction.params['redirect_uri'];
  const text = page({ title, realmName: realmName(parts), basePath: parts.basePath, body });
  sendPage(ctx.res, status, text, redirectUri === undefined ? [] : [redirectUri]);
}

function sendError(ctx: HttpContext, parts: IdentityParts, status: number, title: string, text: string): void {
  const body = errorPage(title, text);
  sendPage(ctx.res, status, page({ title, realmName: realmName(parts), basePath: parts.basePath, body }));
}

function realmName(parts: IdentityParts): string {
  return parts.realm.settings.displayName || parts.realm.name;
}

function clientName({ parts, interaction }: Action): string {
  const clientId = interaction.params['client_id'] ?? '';
  return parts.realm.client(clientId)?.name || clientId;
}

function wantedScope({ parts, interaction }: Action): string {
  const requested = new Set((interaction.params['scope'] ?? '').split(' ').filter(Boolean));
  return parts.grantScope(interaction.params['client_id'] ?? '', requested);
}

function formOf(action: Action): { action: string; csrf: string } {
  return { action: action.path, csrf: csrfOf(action) };
}

/** Bound to this login in this browser: whoever has no cookie of it cannot know it. */
function csrfOf({ parts, interaction }: Action): string {
  const key = parts.store.get('Secret', 'cookies') as string;
  return createHmac('sha256', key).update(`csrf:${interaction.uid}`).digest('base64url');
}

function pendingUser({ parts, interaction }: Action): User | undefined {
  const id = interaction.result?.['pendingUser'];
  return typeof id === 'string' ? parts.realm.user(id) : undefined;
}

function needsPassword(user: User): boolean {
  return (
    user.requiredActions?.includes('UPDATE_PASSWORD') === true ||
    user.credentials.some(({ temporary }) => temporary === true)
  );
}

function inWords(seconds: number): string {
  if (seconds < 60) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  const minutes = Math.ceil(seconds / 60);
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}
