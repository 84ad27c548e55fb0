import assert from 'node:assert/strict';
import { test } from 'node:test';
import { developer, isDeveloper, RouteAuth } from './route-auth.ts';

const statusOf = async (auth: RouteAuth, wanted: Parameters<RouteAuth['check']>[1], authorization?: string) => {
  try {
    return (await auth.check(authorization, wanted))?.name ?? 'nobody';
  } catch (error) {
    return (error as { status: number }).status;
  }
};

test('on a laptop who brings nothing is the developer, who may do everything', async () => {
  const auth = new RouteAuth({ isDeveloperAllowed: true });
  assert.equal(await auth.check(undefined, { roles: ['admin'] }), developer);
  assert.equal(await statusOf(auth, { roles: ['admin'] }, 'Bearer x'), 401);
});

test('elsewhere a token is asked for by routes that say whom they serve', async () => {
  const auth = new RouteAuth({ isDeveloperAllowed: false });
  assert.equal(await statusOf(auth, {}), 'nobody');
  for (const wanted of [{ isAuthenticated: true }, { roles: ['admin'] }, { scopes: ['a'] }])
    assert.equal(await statusOf(auth, wanted), 401);
});

test('in a secured system by all routes, but those that are for everybody', async () => {
  const auth = new RouteAuth({ isDeveloperAllowed: false, isEverybodyAsked: true });
  assert.equal(await statusOf(auth, {}), 401);
  assert.equal(await statusOf(auth, { isAuthenticated: false }), 'nobody');
  assert.equal(await statusOf(auth, { isAuthenticated: false, roles: ['admin'] }), 401);
});

test('only who brings no token on loopback is the developer, whatever a token calls itself', async () => {
  const auth = new RouteAuth({ isDeveloperAllowed: true });
  assert.ok(isDeveloper(await auth.check(undefined, { isAuthenticated: true })));
  assert.ok(!isDeveloper({ ...developer }));
  assert.ok(!isDeveloper(undefined));
});
