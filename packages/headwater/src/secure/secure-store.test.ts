import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SecureStore } from './secure-store.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-secure-'));
after(() => rmSync(dir, { recursive: true, force: true }));

test('authority, certificate and passwords are the same at the next start, and nobody else may read them', () => {
  const first = new SecureStore(dir, ['broker.example', '0.0.0.0']);
  const password = first.password('registry');
  assert.match(password, /^[\w-]{32}$/);
  assert.notEqual(first.password('rest'), password);
  const again = new SecureStore(dir, ['broker.example']);
  assert.equal(again.password('registry'), password);
  assert.equal(again.ca, first.ca);
  assert.equal(again.tls.certificate, first.tls.certificate);
  for (const name of ['', 'ca-key.pem', 'server-key.pem', 'credentials.json'])
    assert.equal(statSync(join(dir, 'secure', name)).mode & 0o077, 0, name);
});

test('the certificate is for every name that is dialled, and a new one is made when a name comes', () => {
  const { tls, ca } = new SecureStore(dir, ['broker.example']);
  const certificate = new X509Certificate(tls.certificate);
  assert.ok(certificate.verify(new X509Certificate(ca).publicKey));
  for (const host of ['localhost', 'broker.example']) assert.ok(certificate.checkHost(host), host);
  for (const address of ['127.0.0.1', '::1']) assert.ok(certificate.checkIP(address), address);
  const wider = new SecureStore(dir, ['other.example']);
  assert.ok(new X509Certificate(wider.tls.certificate).checkHost('other.example'));
  assert.equal(wider.ca, ca);
});

test('a password is right for its own name only', () => {
  const store = new SecureStore(dir);
  const password = store.password('registry');
  assert.equal(store.isPassword('registry', password), true);
  assert.equal(store.isPassword('registry', `${password}x`), false);
  assert.equal(store.isPassword('rest', password), false);
  assert.equal(store.isPassword('nobody', password), false);
  assert.equal(store.isPassword('nobody', store.ca), false);
  assert.equal(store.isPassword('__proto__', password), false);
});

test('files that others could read, and damaged ones, are refused with what to do', () => {
  const file = new SecureStore(dir).credentialsFile;
  chmodSync(file, 0o644);
  assert.throws(() => new SecureStore(dir), { code: 'HW_SECURE_PERMISSIONS', message: /chmod go=/ });
  chmodSync(file, 0o600);
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, '{"registry": "short"}');
  assert.throws(() => new SecureStore(dir), { code: 'HW_SECURE_FILE', message: /"registry" has fewer than 16/ });
  writeFileSync(file, good);
  new SecureStore(dir);
});
