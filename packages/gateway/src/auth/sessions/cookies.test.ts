import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../stages/call.ts';
import { cookie, readCookie, withoutOwnCookies } from './cookies.ts';

const id = `${'A'.repeat(42)}-`;
const call = (header: string): Call => ({ req: { headers: { cookie: header } } }) as unknown as Call;

test('over TLS only the cookie with the prefix counts, which no other host can set', () => {
  assert.equal(
    cookie('headwater-session', id, true, 60),
    `__Host-headwater-session=${id}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60`,
  );
  assert.equal(readCookie(call(`headwater-session=${id}`), 'headwater-session', true), undefined);
  assert.equal(readCookie(call(`a=1; __Host-headwater-session=${id}`), 'headwater-session', true), id);
  assert.equal(readCookie(call(`headwater-session=${id}; b=2`), 'headwater-session', false), id);
  assert.equal(readCookie(call('headwater-session=short'), 'headwater-session', false), '');
  assert.equal(readCookie(call('xheadwater-session=1'), 'headwater-session', false), undefined);
});

test('upstreams get the other cookies only', () => {
  assert.equal(withoutOwnCookies('a=1; b=2'), 'a=1; b=2');
  assert.equal(withoutOwnCookies(`a=1; headwater-session=${id};__Host-headwater-login=x; b=2`), 'a=1; b=2');
  assert.equal(withoutOwnCookies(`headwater-session=${id}`), undefined);
  assert.equal(withoutOwnCookies('my-headwater-session=1'), 'my-headwater-session=1');
});
