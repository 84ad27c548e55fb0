import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../index.ts';
import { backend } from './support.ts';

test('LocalResponseCache answers from memory what may be kept, apart for each who asks', async () => {
  let asked = 0;
  await using upstream = await backend((req, res) => {
    asked++;
    const url = new URL(req.url!, 'http://x');
    for (const [name, value] of url.searchParams) res.setHeader(name, value);
    if (url.pathname === '/500') res.statusCode = 500;
    const body = `${req.method} ${asked} ${req.headers['x-lang'] ?? ''}`;
    res.setHeader('content-length', url.pathname === '/big' ? 2_000_000 : body.length);
    res.end(url.pathname === '/big' ? Buffer.alloc(2_000_000) : body);
  });
  await using gateway = await startGateway({
    parts: {},
    routes: [
      { uri: upstream.url, predicates: ['Path=/r/**'], filters: ['StripPrefix=1', 'LocalResponseCache=10m,5MB'] },
      { uri: upstream.url, predicates: ['Path=/small/**'], filters: ['StripPrefix=1', 'LocalResponseCache=10m,2KB'] },
    ],
  });
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(gateway.url + path, { headers, method });
    return { text: await answer.text(), age: answer.headers.get('age') };
  };
  const isKept = async (path: string, headers: Record<string, string> = {}, other = headers): Promise<boolean> => {
    const first = await ask(path, headers);
    return (await ask(path, other)).text === first.text;
  };
  assert.equal(await isKept('/r/a'), true);
  assert.equal((await ask('/r/a')).age, '0');
  assert.equal(await isKept('/r/a?x-q=1'), true);
  assert.equal(await isKept('/r/b', { authorization: 'a' }, { authorization: 'b' }), false);
  assert.equal(await isKept('/r/b', { authorization: 'a' }, {}), false);
  assert.equal(await isKept('/r/c', { cookie: 's=1' }, { cookie: 's=2' }), false);
  for (const path of [
    '/r/d?cache-control=no-store',
    '/r/d?cache-control=private',
    '/r/d?cache-control=max-age%3D0',
    '/r/d?set-cookie=a%3Db',
    '/r/d?vary=*',
    '/r/500',
  ])
    assert.equal(await isKept(path), false, path);
  assert.equal(await isKept('/r/e?vary=X-Lang', { 'x-lang': 'de' }), true);
  assert.equal(await isKept('/r/e?vary=X-Lang', { 'x-lang': 'fr' }, { 'x-lang': 'en' }), false);
  await ask('/r/big');
  assert.equal((await ask('/r/big')).age, null);
  const before = await ask('/r/f');
  const refreshed = await ask('/r/f', { 'cache-control': 'no-cache' });
  assert.notEqual(refreshed.text, before.text);
  assert.equal((await ask('/r/f')).text, refreshed.text);
  assert.equal((await ask('/r/f', {}, 'POST')).age, null);
  const first = await ask('/small/1');
  for (let i = 2; i < 10; i++) await ask(`/small/${i}`);
  assert.notEqual((await ask('/small/1')).text, first.text, 'the oldest goes when it is full');
});
