import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearerToken } from './bearer-token.ts';
import { TokenError } from './token-error.ts';

test('the token of an Authorization header', () => {
  assert.equal(bearerToken(undefined), undefined);
  assert.equal(bearerToken('Bearer a.b-c_d~+/=='), 'a.b-c_d~+/==');
  assert.equal(bearerToken('bEARER  abc '), 'abc');
});

test('what is no bearer token is refused, with a challenge', () => {
  for (const header of ['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a,b', 'Bearer "a"', 'Bearer é'])
    assert.throws(
      () => bearerToken(header),
      (error: TokenError) => error.status === 400 && error.wwwAuthenticate.includes('error="invalid_request"'),
    );
  for (const header of ['', 'Basic YTpi', 'Digest x', 'Bearerabc'])
    assert.throws(
      () => bearerToken(header),
      (error: TokenError) => error.status === 401 && error.wwwAuthenticate === 'Bearer realm="headwater"',
    );
});

test('a challenge cannot be broken out of', () => {
  const { wwwAuthenticate } = new TokenError('HW_AUTH_FORBIDDEN', 'a "quoted"\r\n\\ thing', { scope: 'orders:read' });
  assert.equal(
    wwwAuthenticate,
    `Bearer realm="headwater", error="insufficient_scope", error_description="a 'quoted'??' thing", scope="orders:read"`,
  );
});
