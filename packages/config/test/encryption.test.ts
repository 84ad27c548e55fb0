import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ConfigServerOptions, startConfig } from '../index.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-config-cipher-'));
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
  rmSync(root, { recursive: true, force: true });
});

/** Made by Spring Cloud Config Server 5.0.1 with the key `peer-encrypt-key`: it is "foo". */
const springs = '88d56c507e61cb7c3dd8774f0efc40cf7578d5437791d9a33eb68c771d1372c0';

async function start(options: Partial<ConfigServerOptions>): Promise<string> {
  const server = await startConfig({ repo: root, port: 0, ...options });
  closers.push(() => server.close());
  return server.url;
}

async function post(url: string, body: string, type: string | undefined = 'text/plain'): Promise<[number, string]> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  return [response.status, await response.text()];
}

test('texts go there and back, also those that Spring encrypted', async () => {
  const url = await start({ encryptKey: 'peer-encrypt-key' });
  assert.deepEqual(await (await fetch(`${url}/encrypt/status`)).json(), { status: 'OK' });
  assert.deepEqual(await post(`${url}/decrypt`, springs), [200, 'foo']);
  const [status, cipher] = await post(`${url}/encrypt`, 'päss{word}');
  assert.equal(status, 200);
  assert.match(cipher, /^[0-9a-f]{64}$/);
  assert.deepEqual(await post(`${url}/decrypt/orders/dev`, cipher), [200, 'päss{word}']);
  const form = 'application/x-www-form-urlencoded';
  assert.deepEqual(await post(`${url}/decrypt`, `${springs}=`, form), [200, 'foo']);
  const [, formed] = await post(`${url}/encrypt`, 'a+b=', form);
  assert.deepEqual(await post(`${url}/decrypt`, formed), [200, 'a b']);
  const invalid = '{"description":"Text not encrypted with this key","status":"INVALID"}';
  assert.deepEqual(await post(`${url}/decrypt`, 'abcd'), [400, invalid]);
  assert.deepEqual(await post(`${url}/decrypt`, `${springs.slice(0, -2)}ff`), [400, invalid]);
  assert.equal((await post(`${url}/encrypt`, ''))[0], 400);
  assert.equal((await fetch(`${url}/encrypt`)).status, 405);
  assert.equal((await fetch(`${url}/key`)).status, 404);
});

test('values are sent decrypted, and what cannot be is n/a', async () => {
  const bad = `${springs.slice(0, -2)}00`;
  writeFileSync(join(root, 'orders.yml'), `good: '{cipher}${springs}'\nbad: '{cipher}${bad}'\nplain: x\n`);
  const url = await start({ encryptKey: 'peer-encrypt-key' });
  const source = async (address: string, accept = '*/*') => {
    const answer = await fetch(`${address}/orders/dev`, { headers: { accept } });
    const text = await answer.text();
    return text.slice(text.indexOf('"source":') + 9, -3);
  };
  assert.equal(await source(url), '{"plain":"x","good":"foo","invalid.bad":"<n/a>"}');
  assert.equal(
    await source(url, 'application/vnd.spring-cloud.config-server.v2+json'),
    '{"plain":{"value":"x","origin":"3:8"},"good":"foo","invalid.bad":"<n/a>"}',
  );
  const off = await start({ encryptKey: 'peer-encrypt-key', isDecryptEnabled: false });
  assert.match(await source(off), /^\{"good":"\{cipher\}/);
  const none = await start({});
  assert.equal(await source(none), '{"plain":"x","invalid.good":"<n/a>","invalid.bad":"<n/a>"}');
  const status = await fetch(`${none}/encrypt/status`);
  assert.deepEqual(
    [status.status, await status.json()],
    [404, { description: 'No key was installed for encryption service', status: 'NO_KEY' }],
  );
});

test('keys have names, and RSA keys a public half', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const url = await start({ encryptKey: pem, encryptKeys: { old: 'peer-encrypt-key', strong: 'another' } });
  assert.match(await (await fetch(`${url}/key`)).text(), /^ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB[\w+/=]+ application$/);
  const [, cipher] = await post(`${url}/encrypt`, 'secret');
  assert.deepEqual(await post(`${url}/decrypt`, cipher), [200, 'secret']);
  assert.deepEqual(await post(`${url}/decrypt`, `{key:old}${springs}`), [200, 'foo']);
  const [, named] = await post(`${url}/encrypt`, '{key:strong}text');
  assert.match(named, /^\{key:strong\}[0-9a-f]+$/);
  assert.deepEqual(await post(`${url}/decrypt`, named), [200, 'text']);
  assert.equal((await post(`${url}/encrypt`, '{key:nobody}text'))[0], 404);
  const [, braces] = await post(`${url}/encrypt`, '{plain}{key:old}');
  assert.deepEqual(await post(`${url}/decrypt`, braces), [200, '{key:old}']);
  for (const encryptRsa of [{ algorithm: 'OAEP' }, { isStrong: true }] as const) {
    const other = await start({ encryptKey: pem, encryptRsa });
    const [, text] = await post(`${other}/encrypt`, 'secret');
    assert.deepEqual(await post(`${other}/decrypt`, text), [200, 'secret']);
    assert.equal((await post(`${other}/decrypt`, cipher))[0], 400);
  }
  assert.ok(createPrivateKey(pem));
});
