import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError } from '@headwater/http';
import { silentLogger } from '@headwater/logger';
import type { Caller } from '../../stages/call.ts';
import type { OidcClient, TokenSet } from '../login/oidc-client.ts';
import { MemoryStore } from './memory-store.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';

const minute = 60_000;

function world(refresh?: (token: string) => Promise<TokenSet>) {
  let nowMs = 1_000_000;
  const now = (): number => nowMs;
  const tokens: string[] = [];
  const client = {
    async refresh(token: string) {
      tokens.push(token);
      return await (refresh?.(token) ?? tokensOf('fresh'));
    },
  } as unknown as OidcClient;
  const store = new MemoryStore({ maxSessions: 3, now });
  const sessions = new Sessions({
    store,
    client: async () => client,
    idleMs: 30 * minute,
    maxMs: 480 * minute,
    logger: silentLogger,
    now,
  });
  function tokensOf(name: string): TokenSet {
    return {
      accessToken: `access-${name}`,
      refreshToken: `refresh-${name}`,
      idToken: undefined,
      accessEndsAtMs: nowMs + 5 * minute,
      providerSessionId: 'p-1',
      caller: { subject: 's-1', name: 'ada' } as Caller,
    };
  }
  const begin = (more: Partial<Session> = {}): Promise<string> =>
    sessions.begin({ ...tokensOf('first'), createdAtMs: nowMs, seenAtMs: nowMs, ...more });
  return { sessions, store, begin, tokensOf, refreshed: tokens, pass: (ms: number) => (nowMs += ms) };
}

test('a session with a good token is there at once', async () => {
  const { sessions, begin, refreshed } = world();
  const id = await begin();
  assert.match(id, /^[\w-]{43}$/);
  const found = sessions.find(id);
  assert.ok(found !== undefined && !(found instanceof Promise));
  assert.equal(found.session.accessToken, 'access-first');
  assert.equal(sessions.find('x'.repeat(43)), undefined);
  assert.deepEqual(refreshed, []);
});

test('a token that ends soon is renewed, once for all who ask, and the new refresh token is kept', async () => {
  const { sessions, begin, pass, refreshed } = world();
  const id = await begin();
  pass(4.6 * minute);
  const found = await Promise.all(Array.from({ length: 10 }, () => sessions.find(id)));
  for (const each of found) assert.equal(each?.session.accessToken, 'access-fresh');
  assert.deepEqual(refreshed, ['refresh-first']);
  pass(4.6 * minute);
  await sessions.find(id);
  assert.deepEqual(refreshed, ['refresh-first', 'refresh-fresh']);
});

test('a provider that refuses the renewal ends the session; one that is away does not, while the token lasts', async () => {
  let answer: () => Promise<TokenSet> = () => Promise.reject(new HttpError(503, 'HW_GATEWAY_LOGIN_DOWN', 'away'));
  const { sessions, begin, pass } = world(() => answer());
  const id = await begin();
  pass(4.6 * minute);
  assert.equal((await sessions.find(id))?.session.accessToken, 'access-first');
  pass(minute);
  await assert.rejects(
    async () => sessions.find(id),
    (error: HttpError) => error.status === 503,
  );
  answer = () => Promise.reject(new HttpError(400, 'HW_GATEWAY_LOGIN_REFUSED', 'invalid_grant'));
  assert.equal(await sessions.find(id), undefined);
  answer = () => assert.fail('a session that is over is not renewed');
  assert.equal(await sessions.find(id), undefined);
});

test('a session without requests ends, and every session ends some time', async () => {
  const { sessions, begin, pass } = world();
  const idle = await begin({ accessEndsAtMs: Number.POSITIVE_INFINITY });
  pass(29 * minute);
  assert.ok(await sessions.find(idle));
  pass(29 * minute);
  assert.ok(await sessions.find(idle), 'seen again in time');
  pass(30 * minute);
  assert.equal(await sessions.find(idle), undefined);
  const busy = await begin({ accessEndsAtMs: Number.POSITIVE_INFINITY });
  for (let passed = 0; passed < 475; passed += 25) {
    assert.ok(await sessions.find(busy), `${passed} minutes`);
    pass(25 * minute);
  }
  pass(5 * minute);
  assert.equal(await sessions.find(busy), undefined);
});

test('without a refresh token a session ends with its token', async () => {
  const { sessions, begin, pass } = world();
  const id = await begin({ refreshToken: undefined });
  pass(5 * minute - 1);
  assert.ok(await sessions.find(id));
  pass(1);
  assert.equal(await sessions.find(id), undefined);
});

test('the provider ends its own session, or all of a person', async () => {
  const { sessions, begin } = world();
  const first = await begin({ providerSessionId: 'p-1' });
  const second = await begin({ providerSessionId: 'p-2' });
  assert.equal(await sessions.endByProvider({ sessionId: 'p-1', subject: 's-1' }), 1);
  assert.equal(await sessions.find(first), undefined);
  assert.ok(await sessions.find(second));
  assert.equal(await sessions.endByProvider({ sessionId: undefined, subject: 's-1' }), 1);
  assert.equal(await sessions.find(second), undefined);
  assert.equal(await sessions.endByProvider({ sessionId: 'p-1', subject: undefined }), 0);
});

test('sessions in memory are bounded: the one used longest ago goes', async () => {
  const { sessions, begin, store } = world();
  const ids = [await begin(), await begin(), await begin()];
  await sessions.find(ids[0]!);
  await begin();
  assert.equal(store.size, 3);
  assert.ok(await sessions.find(ids[0]!));
  assert.equal(await sessions.find(ids[1]!), undefined);
});

test('a login is answered once', async () => {
  const { sessions, pass } = world();
  const pending = { state: 'a', nonce: 'b', codeVerifier: 'c', redirectUri: 'd', returnTo: '/' };
  const id = await sessions.beginLogin(pending);
  assert.deepEqual(await sessions.endLogin(id), pending);
  assert.equal(await sessions.endLogin(id), undefined);
  const late = await sessions.beginLogin(pending);
  pass(10 * minute);
  assert.equal(await sessions.endLogin(late), undefined);
});
