import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { startTestIssuer } from '@headwater/auth/testing';
import { createDevelopmentCa } from '@headwater/broker/tls';
import { gatewayTo } from './support.ts';

test('over TLS the cookies are of this host only, and the way back is https', async () => {
  await using issuer = await startTestIssuer();
  const { certificate, key } = createDevelopmentCa().issue({ commonName: 'localhost', hosts: ['127.0.0.1'] });
  await using gateway = await gatewayTo('http://127.0.0.1:1', {
    tls: { certificate, key },
    auth: { issuer: issuer.issuer, developer: false, login: { clientId: 'web' } },
  });
  assert.match(gateway.url, /^https:/);
  const ask = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: Record<string, string | string[] | undefined> }>((resolve, reject) => {
      const sent = request(`${gateway.url}${path}`, { rejectUnauthorized: false, headers, agent: false }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers }));
      });
      sent.on('error', reject);
      sent.end();
    });
  const page = await ask('/r/a', { accept: 'text/html' });
  assert.deepEqual([page.status, page.headers['location']], [302, '/oauth/login?return_to=%2Fr%2Fa']);
  const login = await ask('/oauth/login');
  assert.equal(login.status, 302);
  assert.match(
    String(login.headers['set-cookie']),
    /^__Host-headwater-login=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure/,
  );
  const redirect = new URL(String(login.headers['location'])).searchParams.get('redirect_uri');
  assert.equal(redirect, `${gateway.url}/oauth/callback`);
  // The name without the prefix opens nothing here: another port or a page without TLS could have set it.
  const me = await ask('/oauth/me', { cookie: `headwater-session=${'a'.repeat(43)}` });
  assert.equal(me.headers['set-cookie'], undefined);
});
