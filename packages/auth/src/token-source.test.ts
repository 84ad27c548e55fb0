import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestIssuer } from '../testing/index.ts';
import type { TokenError } from './token-error.ts';
import { createTokenSource } from './token-source.ts';
import { createTokenVerifier } from './token-verifier.ts';

const clientId = 'a:b c';
const clientSecret = 's+e%c&ret';
const tokenPath = '/realms/test/token';

test('a token is fetched once for many callers, kept, and renewed in the last fifth of its life beside its use', async () => {
  await using issuer = await startTestIssuer({ clients: { [clientId]: clientSecret } });
  let nowMs = Date.now();
  const source = createTokenSource({ issuer: issuer.issuer, clientId, clientSecret, now: () => nowMs });
  const tokens = await Promise.all(Array.from({ length: 20 }, () => source.token()));
  assert.equal(new Set(tokens).size, 1);
  assert.equal(issuer.requests[tokenPath], 1);
  const verifier = createTokenVerifier({ issuer: issuer.issuer });
  assert.equal((await verifier.verify(tokens[0]!)).clientId, clientId);
  nowMs += 239_000;
  assert.equal(await source.token(), tokens[0]);
  assert.equal(issuer.requests[tokenPath], 1);
  nowMs += 2_000;
  assert.equal(await source.token(), tokens[0], 'no caller waits for the renewal');
  while ((await source.token()) === tokens[0]) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.equal(issuer.requests[tokenPath], 2);
  source.close();
  source.close();
  await assert.rejects(source.token());
});

test('an issuer that is down: the token that is held goes on until its end, then the failure is told, and it heals', async () => {
  await using issuer = await startTestIssuer({ clients: { [clientId]: clientSecret } });
  let nowMs = Date.now();
  const source = createTokenSource({ issuer: issuer.issuer, clientId, clientSecret, now: () => nowMs });
  const first = await source.token();
  await issuer.down();
  nowMs += 290_000;
  assert.equal(await source.token(), first);
  nowMs += 6_000;
  await assert.rejects(
    source.token(),
    (error: TokenError) => error.code === 'HW_AUTH_ISSUER_DOWN' && error.status === 503,
  );
  await issuer.up();
  nowMs += 1_000;
  assert.notEqual(await source.token(), first);
});

test('a wrong secret is told without the secret, and not tried again at once', async () => {
  await using issuer = await startTestIssuer({ clients: { [clientId]: clientSecret } });
  const source = createTokenSource({ issuer: issuer.issuer, clientId, clientSecret: 'hunter2', now: () => 0 });
  for (let i = 0; i < 5; i++)
    await assert.rejects(source.token(), (error: TokenError) => {
      assert.equal(error.code, 'HW_AUTH_TOKEN_REQUEST');
      assert.match(error.message, /invalid_client/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  assert.equal(issuer.requests[tokenPath], 1);
});

test('a caller that goes away ends its own wait only; a token that was refused is not given again', async () => {
  await using issuer = await startTestIssuer({ clients: { [clientId]: clientSecret } });
  const source = createTokenSource({ issuer: issuer.issuer, clientId, clientSecret });
  const leaving = new AbortController();
  const left = source.token(leaving.signal);
  const stayed = source.token();
  leaving.abort(new Error('gone'));
  await assert.rejects(left, /gone/);
  const token = await stayed;
  source.invalidate('another');
  assert.equal(await source.token(), token);
  source.invalidate(token);
  assert.notEqual(await source.token(), token);
});
