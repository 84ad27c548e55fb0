import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { testBroker } from '../../test/fixtures.ts';

test('/metrics has what was denied, and who had to wait for a quota', async (t) => {
  const config = { 'authorizer.class.name': 'acls', 'allow.everyone.if.no.acl.found': true };
  const { broker, client } = await testBroker(t, { adminPort: 0, config });
  const raw = await client();
  const acl = {
    resourceType: 3,
    resourceName: 'theirs',
    principal: 'User:ada',
    host: '*',
    operation: 3,
    permissionType: 3,
  };
  await raw.call(ApiKey.CreateAcls, 3, { creations: [acl] });
  await raw.call(ApiKey.Heartbeat, 4, { groupId: 'theirs', memberId: 'm', generationId: 1 });
  const entity = [{ entityType: 'client-id', entityName: 'busy' }];
  const ops = [{ key: 'request_percentage', value: 1e-9, remove: false }];
  await raw.call(ApiKey.AlterClientQuotas, 1, { entries: [{ entity, ops }], validateOnly: false });
  await raw.call(ApiKey.ApiVersions, 0, {}, 'busy');
  const text = await (await fetch(`${broker.adminUrl}/metrics`)).text();
  for (const line of [
    /^kafka_server_authorizer_metrics_acls_total_count 1$/m,
    /^kafka_server_authorizer_metrics_authorization_total\{result="denied"\} 1$/m,
    /^headwater_kafka_throttled_requests_total\{quota="request_percentage"\} 1$/m,
    /^kafka_server_request_request_time\{user="",client_id="busy"\} [\d.e-]+$/m,
    /^kafka_server_request_throttle_time\{user="",client_id="busy"\} 1000$/m,
  ]) {
    assert.match(text, line);
  }
});
