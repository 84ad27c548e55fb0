import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshTopic, ProxyServer } from './proxy-server.ts';

let proxy: ProxyServer;
before(async () => {
  proxy = await ProxyServer.start();
});
after(() => proxy.close());

async function newTopic(partitions = 1): Promise<string> {
  const name = freshTopic();
  const made = await proxy.call('POST', proxy.v3('/topics'), { topic_name: name, partitions_count: partitions });
  assert.equal(made.status, 201, made.text);
  return name;
}

/** A cluster takes a moment until what was set shows. */
async function until(path: string, status: number) {
  for (;;) {
    const answer = await proxy.get(path);
    if (answer.status === status) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the cluster, with links to all that it has', async () => {
  const { json, type } = await proxy.get('/v3/clusters');
  const url = `${proxy.url}/v3/clusters`;
  const id = proxy.clusterId;
  assert.equal(type, 'application/json');
  assert.equal(json.kind, 'KafkaClusterList');
  assert.deepEqual(json.metadata, { self: url, next: null });
  assert.deepEqual(
    { ...json.data[0], controller: null },
    {
      kind: 'KafkaCluster',
      metadata: { self: `${url}/${id}`, resource_name: `crn:///kafka=${id}` },
      cluster_id: id,
      controller: null,
      acls: { related: `${url}/${id}/acls` },
      brokers: { related: `${url}/${id}/brokers` },
      broker_configs: { related: `${url}/${id}/broker-configs` },
      consumer_groups: { related: `${url}/${id}/consumer-groups` },
      topics: { related: `${url}/${id}/topics` },
      partition_reassignments: { related: `${url}/${id}/topics/-/partitions/-/reassignment` },
    },
  );
  assert.deepEqual((await proxy.get(proxy.v3(''))).json, json.data[0]);
  const other = await proxy.get('/v3/clusters/foobar/topics');
  assert.deepEqual([other.status, other.json], [404, { error_code: 404, message: 'Cluster foobar cannot be found.' }]);
  const { json: brokers } = await proxy.get(proxy.v3('/brokers'));
  const [first] = brokers.data;
  assert.equal(first.kind, 'KafkaBroker');
  assert.deepEqual((await proxy.get(proxy.v3(`/brokers/${first.broker_id}`))).json, first);
  assert.equal((await proxy.get(proxy.v3('/brokers/999'))).status, 404);
  assert.equal((await proxy.get(`/kafka${proxy.v3('')}`)).json.metadata.self, `${proxy.url}/kafka${proxy.v3('')}`);
});

test('topics are made, told, given partitions, and deleted', async () => {
  const name = freshTopic();
  const self = `${proxy.url}${proxy.v3(`/topics/${name}`)}`;
  const made = await proxy.call('POST', proxy.v3('/topics'), {
    topic_name: name,
    partitions_count: 2,
    replication_factor: 1,
    configs: [{ name: 'retention.ms', value: 86400000 }],
  });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('location'), self);
  assert.deepEqual(made.json, {
    kind: 'KafkaTopic',
    metadata: { self, resource_name: `crn:///kafka=${proxy.clusterId}/topic=${name}` },
    cluster_id: proxy.clusterId,
    topic_name: name,
    is_internal: false,
    replication_factor: 1,
    partitions_count: 2,
    partitions: { related: `${self}/partitions` },
    configs: { related: `${self}/configs` },
    partition_reassignments: { related: `${self}/partitions/-/reassignment` },
    authorized_operations: [],
  });
  assert.deepEqual((await proxy.get(proxy.v3(`/topics/${name}`))).json, made.json);
  const listed = (await proxy.get(proxy.v3('/topics'))).json.data;
  assert.deepEqual(
    listed.find((topic: { topic_name: string }) => topic.topic_name === name),
    made.json,
  );
  const again = await proxy.call('POST', proxy.v3('/topics'), { topic_name: name });
  assert.deepEqual([again.status, again.json.error_code], [400, 40002]);
  const more = await proxy.call('PATCH', proxy.v3(`/topics/${name}`), { partitions_count: 3 });
  assert.deepEqual([more.status, more.json.partitions_count], [200, 3]);
  const fewer = await proxy.call('PATCH', proxy.v3(`/topics/${name}`), { partitions_count: 1 });
  assert.deepEqual([fewer.status, fewer.json.error_code], [400, 40002]);
  assert.equal((await proxy.call('DELETE', proxy.v3(`/topics/${name}`))).status, 204);
  const gone = await proxy.get(proxy.v3(`/topics/${name}`));
  assert.deepEqual(
    [gone.status, gone.json],
    [404, { error_code: 40403, message: 'This server does not host this topic-partition.' }],
  );
  const checked = await proxy.call('POST', proxy.v3('/topics'), { topic_name: name, validate_only: true });
  assert.equal(checked.status, 200);
  assert.equal((await proxy.get(proxy.v3(`/topics/${name}`))).status, 404);
  const placed = await proxy.call('POST', proxy.v3('/topics'), {
    topic_name: name,
    replicas_assignments: { 0: [(await proxy.get(proxy.v3('/brokers'))).json.data[0].broker_id] },
  });
  assert.deepEqual([placed.status, placed.json.partitions_count], [201, 1]);
});

test('what is wrong with a topic to be made is said', async () => {
  const post = async (body: string | object) => {
    const { status, json } = await proxy.call('POST', proxy.v3('/topics'), body);
    return [status, json.error_code];
  };
  assert.deepEqual(await post('foobar'), [400, 400]);
  assert.deepEqual(await post('{}'), [400, 400]);
  assert.deepEqual(await post(''), [422, 42206]);
  assert.deepEqual(await post({ topic_name: 'a b' }), [422, 42206]);
  assert.deepEqual(await post({ topic_name: 'a', partitons: 1 }), [422, 422]);
  assert.deepEqual(await post({ topic_name: freshTopic(), partitions_count: 'many' }), [400, 400]);
  assert.deepEqual(await post({ topic_name: freshTopic(), partitions_count: 0 }), [400, 40002]);
  assert.deepEqual(await post({ topic_name: freshTopic(), replication_factor: 99 }), [400, 40002]);
  assert.deepEqual(await post({ topic_name: freshTopic(), configs: [{ name: 'no.such', value: '1' }] }), [400, 40002]);
  const type = await proxy.call('POST', proxy.v3('/topics'), '{}', { 'content-type': 'text/plain' });
  assert.deepEqual([type.status, type.json], [415, { error_code: 415, message: 'HTTP 415 Unsupported Media Type' }]);
  assert.equal((await proxy.get(proxy.v3('/topics'), { accept: 'text/html' })).status, 406);
  assert.deepEqual((await proxy.get('/v3/nothing')).json, { error_code: 404, message: 'HTTP 404 Not Found' });
  const method = await proxy.call('PUT', proxy.v3('/topics'), {});
  assert.deepEqual([method.status, method.json.error_code], [405, 405]);
});

test('settings of topics and brokers are read, set, reset and altered together', async () => {
  const name = await newTopic();
  const configs = proxy.v3(`/topics/${name}/configs`);
  const list = (await proxy.get(configs)).json;
  assert.equal(list.kind, 'KafkaTopicConfigList');
  const names = list.data.map((config: { name: string }) => config.name);
  assert.deepEqual(names, [...names].sort());
  assert.equal((await proxy.call('PUT', `${configs}/cleanup.policy`, { value: 'compact' })).status, 204);
  const one = (await proxy.get(`${configs}/cleanup.policy`)).json;
  assert.deepEqual(
    { ...one, synonyms: one.synonyms.slice(0, 1) },
    {
      kind: 'KafkaTopicConfig',
      metadata: {
        self: `${proxy.url}${configs}/cleanup.policy`,
        resource_name: `crn:///kafka=${proxy.clusterId}/topic=${name}/config=cleanup.policy`,
      },
      cluster_id: proxy.clusterId,
      topic_name: name,
      name: 'cleanup.policy',
      value: 'compact',
      is_read_only: false,
      is_sensitive: false,
      source: 'DYNAMIC_TOPIC_CONFIG',
      synonyms: [{ name: 'cleanup.policy', value: 'compact', source: 'DYNAMIC_TOPIC_CONFIG' }],
      is_default: false,
    },
  );
  const alter = (data: object[], more = {}) => proxy.call('POST', `${configs}:alter`, { data, ...more });
  const altered = await alter([
    { name: 'cleanup.policy', operation: 'DELETE' },
    { name: 'retention.ms', value: '1000' },
  ]);
  assert.equal(altered.status, 204, altered.text);
  assert.equal((await proxy.get(`${configs}/cleanup.policy`)).json.value, 'delete');
  assert.equal((await proxy.get(`${configs}/retention.ms`)).json.value, '1000');
  assert.equal((await alter([{ name: 'retention.ms', value: '2000' }], { validate_only: true })).status, 204);
  assert.equal((await proxy.get(`${configs}/retention.ms`)).json.value, '1000');
  assert.equal((await alter([{ name: 'no.such', value: '1' }])).json.error_code, 404);
  const bad = await alter([{ name: 'retention.ms', value: 'soon' }]);
  assert.deepEqual([bad.status, bad.json.error_code], [400, 40002]);
  assert.equal((await proxy.call('DELETE', `${configs}/retention.ms`)).status, 204);
  assert.equal((await proxy.get(`${configs}/retention.ms`)).json.is_default, true);
  assert.equal((await proxy.get(`${configs}/no.such`)).status, 404);
  const second = await newTopic();
  const both = await proxy.call('POST', proxy.v3('/topics/-/configs:alter'), {
    data: [
      { topic_name: name, configs: [{ name: 'retention.ms', value: '5000' }] },
      { topic_name: second, configs: [{ name: 'retention.ms', value: 'soon' }] },
    ],
  });
  assert.equal(both.status, 207, both.text);
  assert.deepEqual(
    both.json.failures.map((one: { topic_name: string; error_code: number }) => [one.topic_name, one.error_code]),
    [[second, 40002]],
  );
  const all = (await proxy.get(proxy.v3('/topics/-/configs'))).json.data;
  assert.ok(
    all.some(
      (config: { topic_name: string; name: string; value: string }) =>
        config.topic_name === name && config.name === 'retention.ms' && config.value === '5000',
    ),
  );
  const broker = (await proxy.get(proxy.v3('/brokers'))).json.data[0].broker_id;
  const ofBroker = proxy.v3(`/brokers/${broker}/configs`);
  assert.equal((await proxy.get(`${ofBroker}/num.partitions`)).json.kind, 'KafkaBrokerConfig');
  assert.ok((await proxy.get(proxy.v3('/brokers/-/configs'))).json.data.length > 10);
  const ofAll = proxy.v3('/broker-configs');
  assert.equal((await proxy.call('PUT', `${ofAll}/max.connections`, { value: '1000' })).status, 204);
  const dynamic = (await until(`${ofAll}/max.connections`, 200)).json;
  assert.deepEqual([dynamic.kind, dynamic.config_type, dynamic.value], ['KafkaClusterConfig', 'BROKER', '1000']);
  assert.equal((await proxy.call('DELETE', `${ofAll}/max.connections`)).status, 204);
  await until(`${ofAll}/max.connections`, 404);
});

test('partitions, replicas, offsets and reassignments', async () => {
  const name = await newTopic(2);
  const path = proxy.v3(`/topics/${name}/partitions`);
  const { json } = await proxy.get(path);
  assert.deepEqual(
    json.data.map((one: { kind: string; partition_id: number }) => [one.kind, one.partition_id]),
    [
      ['KafkaPartition', 0],
      ['KafkaPartition', 1],
    ],
  );
  assert.deepEqual((await proxy.get(`${path}/1`)).json, json.data[1]);
  assert.equal((await proxy.get(`${path}/2`)).status, 404);
  const [replica] = (await proxy.get(`${path}/0/replicas`)).json.data;
  assert.deepEqual([replica.kind, replica.is_leader, replica.is_in_sync], ['KafkaReplica', true, true]);
  assert.deepEqual((await proxy.get(`${path}/0/replicas/${replica.broker_id}`)).json, replica);
  assert.equal((await proxy.get(`${path}/0/replicas/99`)).status, 404);
  const held = (await proxy.get(proxy.v3(`/brokers/${replica.broker_id}/partition-replicas`))).json.data;
  assert.ok(held.some((one: { topic_name: string }) => one.topic_name === name));
  const offsets = (await proxy.get(`${path}/0/offset`)).json;
  assert.deepEqual([offsets.kind, offsets.earliest_offset, offsets.latest_offset], ['KafkaPartitionWithOffsets', 0, 0]);
  assert.equal((await proxy.get(`${path}/7/offset`)).json.error_code, 40402);
  assert.equal((await proxy.get(`${path}/0/offset?offset_type=newest`)).json.error_code, 400);
  assert.deepEqual((await proxy.get(`${path}/-/reassignment`)).json.data, []);
  assert.deepEqual((await proxy.get(proxy.v3('/topics/-/partitions/-/reassignment'))).json.data, []);
  assert.equal((await proxy.get(`${path}/0/reassignment`)).status, 404);
});
