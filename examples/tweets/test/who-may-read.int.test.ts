import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { RunningService } from '../common/service.ts';
import { start as startQueryService } from '../query-service/main.ts';
import { addClient, createIndex, indexTweets, type QueryFixture, startQueryFixture, tokenOf } from './query-fixture.ts';
import { eventually } from './truth.ts';

/** Two instances of the query service, real tokens: who may read what, and that both instances say the same. */
const ids = ['592089033144795136', '592089033144795137', '592089033144795138'] as const;
const unknown = '592089033144795999';
let fixture: QueryFixture;
const running: RunningService[] = [];
let urls: string[];
let ada: string;
let grace: string;

before(async () => {
  fixture = await startQueryFixture(randomUUID().slice(0, 8));
  await createIndex(fixture);
  await indexTweets(
    fixture,
    ids.map((id, i) => ({ id, text: `Kafka and tweet number ${i}`, createdAt: 1_700_000_000_000 + i })),
  );
  running.push(...(await Promise.all([startQueryService(fixture.env), startQueryService(fixture.env)])));
  urls = running.map(({ url }) => url!);
  [ada, grace] = await Promise.all([tokenOf(fixture.identity, 'ada'), tokenOf(fixture.identity, 'grace')]);
  for (const url of urls) {
    await eventually('the permissions are read', 60_000, async () =>
      (await ask(url, '/permissions', grace)).status === 200 ? true : undefined,
    );
  }
});
after(async () => {
  for (const service of running) await service.close();
  await fixture.close();
});

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by assertions
  body: any;
  headers: Headers;
}

async function ask(url: string, path: string, token?: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    ...init,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...init.headers,
    },
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
}

const search = (url: string, token?: string) =>
  ask(url, '/documents/get-document-by-text', token, { method: 'POST', body: '{"text":"kafka"}' });
const change = (method: 'PUT' | 'DELETE', id: string, principal: string, token = grace) =>
  ask(urls[0]!, `/documents/${encodeURIComponent(id)}/permissions/${encodeURIComponent(principal)}`, token, { method });

/** What a caller sees, the same by both instances. */
async function seen(token: string | undefined, expected: readonly string[]): Promise<void> {
  for (const url of urls) {
    await eventually(`${url} shows ${expected.join(', ') || 'nothing'}`, 60_000, async () => {
      const list = await ask(url, '/documents', token);
      const found = await search(url, token);
      const shown = [
        list.body.map(({ id }: { id: string }) => id),
        found.body.queryResponseModels.map(({ id }: { id: string }) => id),
        Object.keys(found.body.highlights),
      ].map((list) => list.sort());
      assert.deepEqual(shown, [expected, expected, expected]);
      assert.equal(found.body.total, expected.length);
      return true;
    });
    for (const id of ids) {
      for (const accept of ['application/vnd.api.v1+json', 'application/vnd.api.v2+json']) {
        const { status } = await ask(url, `/documents/${id}`, token, { headers: { accept } });
        assert.equal(status, expected.includes(id) ? 200 : 403, `${accept} of ${id}`);
      }
    }
  }
}

test('at first viewers may read everything', async () => {
  const { body } = await ask(urls[0]!, '/permissions', grace);
  assert.equal(body.total, 1);
  const [{ grantedAt, ...granted }] = body.permissions;
  assert.deepEqual(granted, {
    principal: 'role:viewer',
    documentId: '*',
    permission: 'READ',
    grantedBy: 'query-service',
  });
  assert.ok(Date.parse(grantedAt) > 0);
  await seen(ada, ids);
});

test('permissions are kept by super users only', async () => {
  assert.equal((await ask(urls[0]!, '/permissions', ada)).status, 403);
  assert.equal((await change('PUT', ids[0], 'user:ada', ada)).status, 403);
  assert.equal((await change('DELETE', '*', 'role:viewer', ada)).status, 403);
  assert.equal((await ask(urls[0]!, '/permissions')).status, 200, 'the developer on loopback may');
});

test('without the grant for all, single documents are seen, counted and marked, and no others', async () => {
  assert.equal((await change('DELETE', '*', 'role:viewer')).status, 204);
  await seen(ada, []);
  assert.equal((await ask(urls[0]!, `/documents/${unknown}`, ada)).status, 403, 'which ids exist is not told');
  const granted = await change('PUT', ids[1], 'user:ada');
  assert.equal(granted.status, 201);
  assert.equal(granted.body.grantedBy, 'grace');
  assert.equal((await change('PUT', ids[1], 'user:ada')).status, 200, 'a second time changes nothing');
  await seen(ada, [ids[1]]);
  await change('PUT', ids[2], 'role:viewer');
  await seen(ada, [ids[1], ids[2]]);
  const { body } = await ask(urls[1]!, '/permissions?principal=user%3Aada', grace);
  assert.deepEqual(
    body.permissions.map(({ documentId }: { documentId: string }) => documentId),
    [ids[1]],
  );
  await change('DELETE', ids[1], 'user:ada');
  await seen(ada, [ids[2]]);
});

test('super users, and the developer on loopback, read everything', async () => {
  await seen(grace, ids);
  await seen(undefined, ids);
  assert.equal((await ask(urls[0]!, `/documents/${unknown}`, grace)).status, 404);
});

test('permissions are for users, roles and documents that can be', async () => {
  for (const [id, principal] of [
    ['x', 'user:ada'],
    ['1', 'ada'],
    ['1', 'user:'],
    ['1', 'user:a b'],
  ] as const) {
    const { body, status } = await change('PUT', id, principal);
    assert.equal(status, 400, `${id} ${principal}`);
    assert.deepEqual(Object.keys(body), [id === 'x' ? 'id' : 'principal']);
  }
});

test('a token that does not hold is refused, whatever it asks for', async () => {
  await addClient(fixture.identity, { clientId: 'elsewhere' });
  await addClient(fixture.identity, {
    clientId: 'short',
    attributes: { 'access.token.lifespan': '1' },
    protocolMappers: [
      {
        name: 'audience',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: { 'included.custom.audience': 'headwater', 'access.token.claim': 'true' },
      },
    ],
  });
  const short = await tokenOf(fixture.identity, 'grace', 'short');
  const [head, , signature] = grace.split('.');
  const claims = { ...JSON.parse(Buffer.from(ada.split('.')[1]!, 'base64url').toString()), sub: 'grace' };
  const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  const refused: Record<string, string> = {
    forged,
    garbage: 'x.y.z',
    'for another audience': await tokenOf(fixture.identity, 'grace', 'elsewhere'),
  };
  for (const url of urls) {
    for (const [what, token] of Object.entries(refused)) {
      for (const path of ['/documents', `/documents/${ids[0]}`, '/permissions']) {
        const { headers, status } = await ask(url, path, token);
        assert.equal(status, 401, `${what}: ${path}`);
        assert.match(headers.get('www-authenticate')!, /^Bearer /);
      }
      assert.equal((await search(url, token)).status, 401, what);
    }
  }
  // Clocks may differ by some seconds.
  await eventually('a token that has ended is refused', 60_000, async () =>
    (await ask(urls[0]!, '/documents', short)).status === 401 ? true : undefined,
  );
});

test('the names of the roles, and the scope, are settings', async () => {
  const strict = await startQueryService({
    ...fixture.env,
    TWEETS_ROLES_USER: 'app_user',
    TWEETS_ROLES_ADMIN: 'app_admin',
  });
  try {
    const refused = await eventually('the permissions are read', 60_000, async () => {
      const answer = await search(strict.url!, ada);
      return answer.status === 503 ? undefined : answer;
    });
    assert.equal(refused.status, 403);
    assert.match(refused.body.error.message, /app_user, app_admin, admin, or the scope app_user_role/);
    assert.equal((await search(strict.url!, grace)).status, 200);
  } finally {
    await strict.close();
  }
  const scoped = await startQueryService({
    ...fixture.env,
    TWEETS_ROLES_USER: 'app_user',
    TWEETS_ROLES_SCOPE: 'profile',
  });
  try {
    const found = await eventually('the permissions are read', 60_000, async () => {
      const answer = await search(scoped.url!, ada);
      return answer.status === 503 ? undefined : answer;
    });
    assert.equal(found.status, 200, JSON.stringify(found.body));
  } finally {
    await scoped.close();
  }
});

test('without the event store nobody is let in who needs a permission, until it has been read', async () => {
  const alone = await startQueryService({ ...fixture.env, HEADWATER_KAFKA_URL: '127.0.0.1:9' });
  try {
    const { body, headers, status } = await ask(alone.url!, '/documents', ada);
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '1');
    assert.equal(body.error.code, 'HW_TWEETS_PERMISSIONS_AWAY');
    assert.equal((await ask(alone.url!, '/documents', grace)).status, 200);
    assert.equal((await ask(alone.url!, '/documents')).status, 200);
  } finally {
    await alone.close();
  }
});
