import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { HttpError } from '@headwater/http';
import type { PartKey } from '../part-table.ts';
import { partGate } from './part-gate.ts';

const tokens: Record<string, readonly string[]> = { reader: ['viewer'], writer: ['operator'], nothing: [] };

async function ask(key: PartKey, method: string, url: string, authorization?: string): Promise<number> {
  const gate = partGate({
    key,
    isPassword: (name, password) => name === 'registry' && password === 'pass:word',
    async verify(token) {
      if (token === 'later') throw Object.assign(new Error('the issuer is away'), { status: 503 });
      const roles = tokens[token];
      if (roles === undefined)
        throw Object.assign(new Error('expired'), { status: 401, wwwAuthenticate: 'Bearer error="invalid_token"' });
      return { roles };
    },
  });
  try {
    await gate({ method, url, headers: authorization === undefined ? {} : { authorization } } as IncomingMessage);
    return 200;
  } catch (error) {
    assert.ok(error instanceof HttpError);
    if (error.status === 401) assert.match(error.headers['www-authenticate'] ?? '', /Basic|Bearer/);
    assert.doesNotMatch(error.message, /pass:word|reader/);
    return error.status;
  }
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('nobody may do anything, but ask whether the part is well', async () => {
  for (const [method, url, status] of [
    ['GET', '/health', 200],
    ['HEAD', '/health/ready', 200],
    ['GET', '/actuator/health/liveness?x=1', 200],
    ['POST', '/health', 401],
    ['GET', '/healthy', 401],
    ['GET', '/health/../subjects', 401],
    ['GET', '/actuator/env', 401],
    ['GET', '/', 401],
  ] as const)
    assert.equal(await ask('registry', method, url), status, `${method} ${url}`);
});

test('parts and services by name and password', async () => {
  assert.equal(await ask('rest', 'DELETE', '/topics/a', basic('registry:pass:word')), 200);
  for (const wrong of ['registry:', ':pass:word', 'rest:pass:word', 'registry', 'registry:pass:wordx'])
    assert.equal(await ask('rest', 'GET', '/topics', basic(wrong)), 401, wrong);
  assert.equal(await ask('rest', 'GET', '/topics', 'Digest abc'), 401);
  assert.equal(await ask('rest', 'GET', '/topics', 'Basic'), 401);
});

test('tokens by role: a viewer reads, also where reading is a POST', async () => {
  for (const [key, method, url, viewer] of [
    ['search', 'GET', '/tweets/_doc/1', 200],
    ['search', 'POST', '/tweets/_search?size=1', 200],
    ['search', 'POST', '/_bulk', 403],
    ['search', 'POST', '/tweets/_doc/_search/1', 403],
    ['search', 'DELETE', '/tweets', 403],
    ['sql', 'POST', '/query-stream', 200],
    ['sql', 'POST', '/ksql', 403],
    ['registry', 'POST', '/subjects/tweets-value', 200],
    ['registry', 'POST', '/subjects/tweets-value/versions', 403],
    ['registry', 'PUT', '/config', 403],
  ] as const) {
    assert.equal(await ask(key, method, url, 'Bearer reader'), viewer, `viewer: ${method} ${url}`);
    assert.equal(await ask(key, method, url, 'Bearer writer'), 200, `operator: ${method} ${url}`);
    assert.equal(await ask(key, method, url, 'Bearer nothing'), 403, `none: ${method} ${url}`);
    assert.equal(await ask(key, method, url, 'Bearer forged'), 401, `forged: ${method} ${url}`);
    assert.equal(await ask(key, method, url, 'Bearer later'), 503, `issuer away: ${method} ${url}`);
  }
});
