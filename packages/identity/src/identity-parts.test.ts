import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { AuditLog } from './audit/audit-log.ts';
import { IdentityParts } from './identity-parts.ts';
import { SigningKeys } from './keys/signing-keys.ts';
import { LoginThrottle } from './login/login-throttle.ts';
import { Realm } from './realm/realm.ts';
import { MemoryStore } from './store/memory-store.ts';

test('who calls is said by the connection, and by trusted proxies only', async () => {
  const store = new MemoryStore();
  const parts = new IdentityParts({
    issuer: 'http://127.0.0.1:8180/realms/headwater',
    realm: new Realm('headwater', store),
    store,
    keys: new SigningKeys(store),
    throttle: new LoginThrottle(),
    audit: new AuditLog(),
    logger: silentLogger,
    trustedProxies: ['10.0.0.1', '10.0.0.2'],
  });
  const from = (remoteAddress: string, forwarded?: string): string =>
    parts.addressOf({
      socket: { remoteAddress },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as unknown as IncomingMessage);
  assert.equal(from('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(from('192.0.2.1', '203.0.113.9'), '192.0.2.1', 'a stranger says nothing about itself');
  assert.equal(from('10.0.0.1', '203.0.113.9'), '203.0.113.9');
  assert.equal(
    from('10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2'),
    '203.0.113.9',
    'what the caller put in front is not believed',
  );
  assert.equal(from('10.0.0.1', 'nonsense'), '10.0.0.1');
  await store.close();
});
