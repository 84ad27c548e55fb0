import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launchBrowser } from '../../headwater/test/browser.ts';
import { type Identity, startIdentity } from '../index.ts';
import { codeRequest, exchange } from './support/browser-session.ts';
import { endpoint, post, tokenRequest, tokens } from './support/target.ts';

// The pages in a real browser: what the content security policy and cookies let through is only seen there.
const skip = chromiumPath === undefined ? 'no Chromium on this machine' : false;
let identity: Identity;
let browser: Browser;
let application: Server;
let redirectUri: string;
before(async () => {
  if (skip) return;
  identity = await startIdentity({ port: 0 });
  application = createServer((_, res) => res.end('<title>back</title>'));
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  redirectUri = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  application?.close();
  await identity?.close();
});

/** A page that tells what its browser complained of. */
async function newPage(options: { colorScheme?: 'light' | 'dark'; width?: number } = {}) {
  const context = await browser.newContext({
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1_280, height: 800 },
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A refused password is an answer of 401, which Chromium tells as an error.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('User name or e-mail').fill('ada');
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
}

async function admin(method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(identity.issuer.replace('/realms/', '/admin/realms/') + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, await response.text());
}

test('login by keyboard: a wrong password says so, the right one leads back with a code', { skip }, async () => {
  const { page, complaints } = await newPage();
  const request = codeRequest(identity.issuer, { redirect_uri: redirectUri });
  await page.goto(request.url);
  await signIn(page, 'wrong');
  await page.getByRole('alert').getByText('not right').waitFor();
  await signIn(page, 'ada-password');
  await page.waitForURL(`${redirectUri}?**`);
  const code = new URL(page.url()).searchParams.get('code')!;
  await tokens(tokenRequest(identity.issuer, exchange({ ...request, redirectUri }, code)));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('consent: what is asked for is said, and yes leads back', { skip }, async () => {
  await admin('POST', '/clients', {
    clientId: 'asks',
    name: 'Asking application',
    publicClient: true,
    consentRequired: true,
    redirectUris: ['http://127.0.0.1:*'],
  });
  const { page, complaints } = await newPage({ colorScheme: 'dark', width: 390 });
  await page.goto(codeRequest(identity.issuer, { client_id: 'asks', redirect_uri: redirectUri }).url);
  await signIn(page, 'ada-password');
  await page.getByRole('heading', { name: 'Grant access to Asking application?' }).waitFor();
  await page.getByText('See your e-mail address').waitFor();
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.equal(overflow, 0, 'nothing is wider than a narrow screen');
  await page.getByRole('button', { name: 'Yes, grant access' }).click();
  await page.waitForURL(`${redirectUri}?**`);
  assert.ok(new URL(page.url()).searchParams.get('code'));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('device flow: the address with the code in it, confirmed, login, done; then logout', { skip }, async () => {
  await admin('POST', '/clients', {
    clientId: 'tv',
    name: 'Television',
    publicClient: true,
    standardFlowEnabled: false,
    attributes: { 'oauth2.device.authorization.grant.enabled': 'true' },
  });
  const begun = await post(endpoint(identity.issuer, 'auth/device'), { client_id: 'tv', scope: 'openid' });
  const device = (await begun.json()) as Record<string, string>;
  const { page, complaints } = await newPage();
  await page.goto(device['verification_uri_complete']!);
  await page.getByText(device['user_code']!).waitFor();
  await page.getByRole('button', { name: 'Yes, connect' }).click();
  await signIn(page, 'ada-password');
  await page.getByRole('heading', { name: 'Device connected' }).waitFor();
  const answer = await tokens(
    tokenRequest(identity.issuer, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: 'tv',
      device_code: device['device_code']!,
    }),
  );
  assert.ok(answer.id_token);
  await page.goto(endpoint(identity.issuer, 'logout'));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('an application in the browser reads discovery, tokens and userinfo from its own origin', { skip }, async () => {
  const { page, complaints } = await newPage();
  const request = codeRequest(identity.issuer, { redirect_uri: redirectUri });
  await page.goto(request.url);
  await signIn(page, 'ada-password');
  await page.waitForURL(`${redirectUri}?**`);
  const form = exchange({ ...request, redirectUri }, new URL(page.url()).searchParams.get('code')!);
  const read = await page.evaluate(
    async ({ issuer, form }) => {
      const document = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<
        string,
        string
      >;
      const answer = (await (
        await fetch(document['token_endpoint']!, { method: 'POST', body: new URLSearchParams(form) })
      ).json()) as { access_token: string };
      const headers = { authorization: `Bearer ${answer.access_token}` };
      return (await (await fetch(document['userinfo_endpoint']!, { headers })).json()) as Record<string, string>;
    },
    { issuer: identity.issuer, form },
  );
  assert.equal(read['preferred_username'], 'ada');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
