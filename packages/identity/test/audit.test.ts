import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type AuditEvent, startIdentity } from '../index.ts';
import { tokenRequest, tokens } from './support/target.ts';

test('logins, refusals and changes are records on headwater-audit, without secrets', async () => {
  await using broker = await startBroker({ port: 0 });
  const identity = await startIdentity({ port: 0, bootstrap: broker.bootstrap });
  const form = { grant_type: 'password', client_id: 'headwater-web', username: 'ada' };
  const given = await tokens(tokenRequest(identity.issuer, { ...form, password: 'ada-password' }));
  await tokenRequest(identity.issuer, { ...form, password: 'the-wrong-one' });
  await tokenRequest(identity.issuer, {
    grant_type: 'client_credentials',
    client_id: 'headwater-service',
    client_secret: 'bad',
  });
  const refresh = { grant_type: 'refresh_token', client_id: 'headwater-web', refresh_token: given.refresh_token! };
  await tokens(tokenRequest(identity.issuer, refresh));
  await tokenRequest(identity.issuer, refresh);
  await fetch(`${new URL(identity.issuer).origin}/admin/realms/headwater/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      username: 'alan',
      enabled: true,
      credentials: [{ type: 'password', value: 'a-new-secret' }],
    }),
  });
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const lines: AuditEvent[] = [];
  for await (const batch of client.tail({ topics: ['headwater-audit'], from: 'earliest' })) {
    for (const record of batch.records()) lines.push(JSON.parse(String(record.value)) as AuditEvent);
    if (lines.length >= 7) break;
  }
  await identity.close();
  const told = lines.map(({ event, outcome, user, reason }) => [event, outcome, user, reason].join(' '));
  assert.deepEqual(told, [
    'LOGIN success ada ',
    'TOKEN success ada ',
    'LOGIN failure ada invalid_credentials',
    'TOKEN failure  invalid_client',
    'TOKEN success ada ',
    'REFRESH_TOKEN_REUSED failure ada invalid_grant',
    'ADMIN_CREATE_USER success developer ',
  ]);
  assert.doesNotMatch(JSON.stringify(lines), /ada-password|the-wrong-one|a-new-secret|eyJ/);
});

test('a login does not wait for a Kafka that is away', async () => {
  const identity = await startIdentity({ port: 0, bootstrap: '127.0.0.1:1' });
  const form = { grant_type: 'password', client_id: 'headwater-web', username: 'ada', password: 'ada-password' };
  assert.equal((await tokenRequest(identity.issuer, form)).status, 200);
  await identity.close();
});
