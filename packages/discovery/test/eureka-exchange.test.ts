/**
 * What clients send, and what they are answered. `HEADWATER_TEST_EUREKA=http://127.0.0.1:8761/eureka` runs the same checks on a real Eureka:
 * it is the control, and all but those that are marked `ours` hold there too. The control answers lists from a cache: they are asked again
 * until they tell.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Discovery, startDiscovery } from '../index.ts';
import { type Applications, EurekaCalls, eventually, myOwn, springInstance } from './support/eureka.ts';

const controlUrl = process.env['HEADWATER_TEST_EUREKA'];
const ours = controlUrl === undefined ? {} : { skip: 'differs from Eureka: see COMPATIBILITY.md' };
/** The control may be shared: each run has names of its own. */
const run = randomBytes(3).toString('hex').toUpperCase();
const app = (name: string): string => `${name}-${run}`;
/** Eureka keeps overrides by id alone, whatever the application. */
const id = (name: string): string => `${name}-${run}`;
let discovery: Discovery | undefined;
let calls: EurekaCalls;

before(async () => {
  discovery = controlUrl === undefined ? await startDiscovery({ port: 0 }) : undefined;
  calls = new EurekaCalls(controlUrl ?? `${discovery!.url}/eureka`);
});
after(() => discovery?.close());

const findApp = (applications: Applications, name: string) => applications.application.find((one) => one.name === name);

test('a registered instance is answered with the fields that Netflix’s server writes, in its order and with its types', async () => {
  const name = app('FIELDS');
  const before = Date.now() - 1000;
  await calls.registered(name, 'host:fields:8080');
  const instance = await calls.instance(name, 'host:fields:8080');
  const { leaseInfo, lastUpdatedTimestamp, ...rest } = instance;
  assert.deepEqual(rest, {
    instanceId: 'host:fields:8080',
    hostName: '127.0.0.1',
    app: name,
    ipAddr: '127.0.0.1',
    status: 'UP',
    overriddenStatus: 'UNKNOWN',
    port: { $: 8080, '@enabled': 'true' },
    securePort: { $: 443, '@enabled': 'false' },
    countryId: 1,
    dataCenterInfo: myOwn,
    metadata: { zone: 'zone-a', 'management.port': '8080' },
    homePageUrl: 'http://127.0.0.1:8080/',
    statusPageUrl: 'http://127.0.0.1:8080/actuator/info',
    healthCheckUrl: 'http://127.0.0.1:8080/actuator/health',
    vipAddress: name.toLowerCase(),
    secureVipAddress: name.toLowerCase(),
    isCoordinatingDiscoveryServer: 'false',
    lastDirtyTimestamp: '1700000000000',
    actionType: 'ADDED',
  });
  assert.equal(
    Object.keys(instance).join(),
    'instanceId,hostName,app,ipAddr,status,overriddenStatus,port,securePort,countryId,dataCenterInfo,leaseInfo,metadata,homePageUrl,' +
      'statusPageUrl,healthCheckUrl,vipAddress,secureVipAddress,isCoordinatingDiscoveryServer,lastUpdatedTimestamp,lastDirtyTimestamp,actionType',
  );
  const { renewalIntervalInSecs, durationInSecs, evictionTimestamp, ...times } = leaseInfo as Record<string, number>;
  assert.deepEqual([renewalIntervalInSecs, durationInSecs, evictionTimestamp], [20, 60, 0]);
  for (const time of [...Object.values(times), Number(lastUpdatedTimestamp)])
    assert.ok(time >= before && time <= Date.now() + 1000);
  assert.equal(typeof lastUpdatedTimestamp, 'string');
});

test('what an instance leaves out has Netflix’s defaults', async () => {
  const name = app('DEFAULTS');
  const answer = await calls.register({ app: name, hostName: 'host-a', ipAddr: '10.0.0.1', dataCenterInfo: myOwn });
  assert.equal(answer.status, 204);
  const instance = await calls.instance(name, 'host-a');
  assert.equal(instance.instanceId, undefined);
  assert.deepEqual(instance['port'], { $: 7001, '@enabled': 'true' });
  assert.deepEqual(instance['securePort'], { $: 7002, '@enabled': 'false' });
  assert.deepEqual(instance['metadata'], { '@class': 'java.util.Collections$EmptyMap' });
  assert.deepEqual([instance.status, instance['countryId']], ['UP', 1]);
  const lease = instance['leaseInfo'] as Record<string, number>;
  assert.deepEqual([lease['renewalIntervalInSecs'], lease['durationInSecs']], [30, 90]);
});

test('an application of Amazon keeps its class, its metadata and the rarer fields', async () => {
  const name = app('AMAZON');
  const dataCenterInfo = {
    '@class': 'com.netflix.appinfo.AmazonInfo',
    name: 'Amazon',
    metadata: { 'instance-id': 'i-1', 'local-ipv4': '10.0.0.1' },
  };
  const more = { appGroupName: 'group', sid: 's9', dataCenterInfo, asgName: 'asg-1' };
  await calls.registered(name, 'a1', more);
  const instance = await calls.instance(name, 'a1');
  assert.deepEqual(instance['dataCenterInfo'], dataCenterInfo);
  assert.deepEqual([instance['appGroupName'], instance['sid'], instance['asgName']], ['GROUP', 's9', 'asg-1']);
});

test('400 says which field is missing', async () => {
  const name = app('MISSING');
  const whole = { instanceId: 'm1', app: name, hostName: 'h', ipAddr: '1.1.1.1', dataCenterInfo: myOwn };
  const { '@class': javaClass } = myOwn;
  for (const [change, text] of [
    [{ instanceId: '', hostName: '' }, 'Missing instanceId'],
    [{ hostName: undefined }, 'Missing hostname'],
    [{ ipAddr: undefined }, 'Missing ip address'],
    [{ app: 'ANOTHER' }, `Mismatched appName, expecting ${name} but was ANOTHER`],
    [{ dataCenterInfo: undefined }, 'Missing dataCenterInfo'],
    [{ dataCenterInfo: { '@class': javaClass } }, 'Missing dataCenterInfo Name'],
  ] as const) {
    const answer = await calls.register({ ...whole, ...change }, name);
    assert.deepEqual([answer.status, await answer.text()], [400, text]);
  }
  assert.equal(await calls.status('GET', `/apps/${name}/m1`), 404);
});

test('400 for a body that is no instance, 415 for one of another type', async () => {
  const name = app('BODIES');
  for (const body of [
    '',
    '{}',
    '[]',
    'nonsense',
    '{"instanceId":"b1"}',
    '{"instance":{"instanceId":',
    '{"instance":null}',
  ]) {
    const answer = await calls.call('POST', `/apps/${name}`, { body, headers: { 'content-type': 'application/json' } });
    const { error } = (await answer.json()) as { error: string };
    assert.deepEqual([body, answer.status, error], [body, 400, 'cannot parse request body']);
  }
  for (const body of ['nonsense', '<instance><instanceId>']) {
    const answer = await calls.call('POST', `/apps/${name}`, { body, headers: { 'content-type': 'application/xml' } });
    assert.deepEqual(
      [answer.status, await answer.text()],
      [400, '<error><message>cannot parse request body</message></error>'],
    );
  }
  const answer = await calls.call('POST', `/apps/${name}`, { body: 'x', headers: { 'content-type': 'text/plain' } });
  assert.equal(answer.status, 415);
  const bad = {
    instanceId: 'b',
    app: name,
    hostName: 'h',
    ipAddr: '1.1.1.1',
    dataCenterInfo: { ...myOwn, name: 'Elsewhere' },
  };
  assert.equal((await calls.register(bad)).status, 400);
});

test('names of applications may be written in any case, ids may be escaped', async () => {
  const name = app('CASES');
  await calls.registered(name.toLowerCase(), id('host:cases'));
  for (const path of [`/apps/${name}`, `/apps/${name.toLowerCase()}`]) {
    const found = await eventually(() => calls.json<{ application: { name: string } }>(path));
    assert.equal(found.application.name, name);
  }
  assert.equal((await calls.instance(name.toLowerCase(), `host%3Acases-${run}`)).instanceId, id('host:cases'));
  assert.equal((await calls.json<{ instance: { app: string } }>(`/instances/host:cases-${run}`)).instance.app, name);
});

test('a heartbeat: 200, 404 for who is not known, 404 when the client has changed since', async () => {
  const name = app('BEATS');
  await calls.registered(name, 'b1', { lastDirtyTimestamp: 5000 });
  const beat = (id: string, query: string, headers = {}) => calls.status('PUT', `/apps/${name}/${id}${query}`, headers);
  assert.equal(await beat('b1', '?status=UP&lastDirtyTimestamp=5000'), 200);
  assert.equal(await beat('b1', ''), 200);
  assert.equal(await beat('b1', '?status=UP&lastDirtyTimestamp=4999'), 200);
  assert.equal(await beat('b1', '?status=UP&lastDirtyTimestamp=5001'), 404);
  assert.equal(await beat('nobody', '?status=UP&lastDirtyTimestamp=5000'), 404);
  const replica = { 'x-netflix-discovery-replication': 'true', accept: 'application/json' };
  assert.equal(await beat('b1', '?status=UP&lastDirtyTimestamp=5000', replica), 200);
  const conflict = await calls.call('PUT', `/apps/${name}/b1?status=UP&lastDirtyTimestamp=4999`, { headers: replica });
  assert.equal(conflict.status, 409);
  assert.equal(((await conflict.json()) as { instance: { instanceId: string } }).instance.instanceId, 'b1');
});

test('an older registration does not replace a newer one', async () => {
  const name = app('OLDER');
  await calls.registered(name, 'o1', { lastDirtyTimestamp: 5000, metadata: { version: 'new' } });
  await calls.registered(name, 'o1', { lastDirtyTimestamp: 4000, metadata: { version: 'old' } });
  assert.deepEqual((await calls.instance(name, 'o1'))['metadata'], { version: 'new' });
  await calls.registered(name, 'o1', { lastDirtyTimestamp: 5000, metadata: { version: 'same time' } });
  assert.deepEqual((await calls.instance(name, 'o1'))['metadata'], { version: 'same time' });
});

test('leaving: 200, then 404, and the delta says DELETED', async () => {
  const name = app('LEAVING');
  await calls.registered(name, 'l1');
  assert.equal(await calls.status('DELETE', `/apps/${name}/l1`), 200);
  assert.equal(await calls.status('DELETE', `/apps/${name}/l1`), 404);
  assert.equal(await calls.status('PUT', `/apps/${name}/l1?status=UP`), 404);
  await eventually(async () => {
    const found = findApp(await calls.applications('/apps/delta'), name);
    assert.deepEqual(
      found?.instance.map(({ actionType }) => actionType),
      ['DELETED'],
    );
  });
  await eventually(async () => assert.equal(findApp(await calls.applications(), name), undefined));
});

test('an override wins over what the instance says, until it is removed', async () => {
  const name = app('OVERRIDES');
  await calls.registered(name, id('over-1'), { lastDirtyTimestamp: 1000 });
  const states = async () => {
    const { status, overriddenStatus, lastDirtyTimestamp, actionType } = await calls.instance(name, id('over-1'));
    return [status, overriddenStatus, lastDirtyTimestamp, actionType];
  };
  assert.equal(
    await calls.status('PUT', `/apps/${name}/${id('over-1')}/status?value=OUT_OF_SERVICE&lastDirtyTimestamp=1500`),
    200,
  );
  assert.deepEqual(await states(), ['OUT_OF_SERVICE', 'OUT_OF_SERVICE', '1500', 'MODIFIED']);
  // Neither its heartbeat nor its registration undoes it.
  assert.equal(await calls.status('PUT', `/apps/${name}/${id('over-1')}?status=UP&lastDirtyTimestamp=1500`), 200);
  await calls.registered(name, id('over-1'), { lastDirtyTimestamp: 1600 });
  assert.deepEqual(await states(), ['OUT_OF_SERVICE', 'OUT_OF_SERVICE', '1600', 'ADDED']);
  // That it is down is believed.
  await calls.registered(name, id('over-1'), { lastDirtyTimestamp: 1700, status: 'DOWN' });
  assert.deepEqual(await states(), ['DOWN', 'OUT_OF_SERVICE', '1700', 'ADDED']);
  await calls.registered(name, id('over-1'), { lastDirtyTimestamp: 1800 });
  // Taken away without a status: unknown, until it registers again, as its next heartbeat tells it to.
  assert.equal(await calls.status('DELETE', `/apps/${name}/${id('over-1')}/status`), 200);
  assert.deepEqual(await states(), ['UNKNOWN', 'UNKNOWN', '1800', 'MODIFIED']);
  assert.equal(await calls.status('PUT', `/apps/${name}/${id('over-1')}?status=UP&lastDirtyTimestamp=1800`), 404);
  await calls.registered(name, id('over-1'), { lastDirtyTimestamp: 1900 });
  assert.deepEqual(await states(), ['UP', 'UNKNOWN', '1900', 'ADDED']);
});

test('an override taken away with a status leaves that status', async () => {
  const name = app('OVERRIDES2');
  await calls.registered(name, id('over-2'));
  assert.equal(await calls.status('PUT', `/apps/${name}/${id('over-2')}/status?value=DOWN`), 200);
  assert.equal((await calls.instance(name, id('over-2'))).status, 'DOWN');
  assert.equal(await calls.status('DELETE', `/apps/${name}/${id('over-2')}/status?value=UP`), 200);
  const { status, overriddenStatus } = await calls.instance(name, id('over-2'));
  assert.deepEqual([status, overriddenStatus], ['UP', 'UNKNOWN']);
  // The status that it has already is no override.
  assert.equal(await calls.status('PUT', `/apps/${name}/${id('over-2')}/status?value=UP`), 200);
  assert.equal((await calls.instance(name, id('over-2'))).overriddenStatus, 'UNKNOWN');
  for (const method of ['PUT', 'DELETE']) {
    assert.equal(await calls.status(method, `/apps/${name}/nobody/status?value=UP`), 404);
  }
  assert.ok((await calls.status('PUT', `/apps/${name}/${id('over-2')}/status?value=BOGUS`)) >= 400);
  assert.ok((await calls.status('PUT', `/apps/${name}/${id('over-2')}/status`)) >= 400);
});

test('an instance may bring its override along', async () => {
  const name = app('BROUGHT');
  await calls.registered(name, id('over-3'), { overriddenStatus: 'OUT_OF_SERVICE' });
  const { status, overriddenStatus } = await calls.instance(name, id('over-3'));
  assert.deepEqual([status, overriddenStatus], ['OUT_OF_SERVICE', 'OUT_OF_SERVICE']);
});

test('metadata are merged', async () => {
  const name = app('METADATA');
  await calls.registered(name, 'm1', { metadata: { zone: 'a', kept: 'yes' } });
  assert.equal(await calls.status('PUT', `/apps/${name}/m1/metadata?zone=b&build=7&zone=c&empty=`), 200);
  assert.deepEqual((await calls.instance(name, 'm1'))['metadata'], { zone: 'b', kept: 'yes', build: '7', empty: '' });
  assert.equal(await calls.status('PUT', `/apps/${name}/nobody/metadata?a=b`), 404);
});

test('all applications, and the delta with the hash code of all', async () => {
  const name = app('DELTA');
  await calls.registered(name, 'd1');
  await calls.registered(name, 'd2', { status: 'DOWN' });
  await calls.registered(name, 'd3', { status: 'STARTING' });
  await eventually(async () => {
    const all = await calls.applications();
    const counts = new Map<string, number>();
    for (const { instance } of all.application) {
      for (const { status } of instance) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    const hashCode = [...counts]
      .sort()
      .map(([status, count]) => `${status}_${count}_`)
      .join('');
    assert.equal(all.apps__hashcode, hashCode);
    const delta = await calls.applications('/apps/delta');
    assert.equal(delta.apps__hashcode, hashCode);
    assert.match(delta.versions__delta, /^\d+$/);
    for (const { application } of [all, delta]) {
      const found = application.find((one) => one.name === name);
      assert.deepEqual(found?.instance.map((one) => one.instanceId).sort(), ['d1', 'd2', 'd3']);
    }
  });
  assert.equal(
    (await calls.json<{ applications: Applications }>('/apps/?regions=eu,us')).applications.versions__delta !== '',
    true,
  );
});

test('by the names for load balancers', async () => {
  const name = app('VIPS');
  await calls.registered(name, 'v1', { vipAddress: `one-${run},two-${run}`, secureVipAddress: `safe-${run}` });
  await calls.registered(name, 'v2', { vipAddress: `two-${run}`, status: 'DOWN' });
  const ids = async (path: string): Promise<string[]> => {
    const { application, apps__hashcode, versions__delta } = await calls.applications(path);
    assert.equal(versions__delta, '-1');
    const found = application.flatMap(({ instance }) => instance.map(({ instanceId }) => instanceId!)).sort();
    return [apps__hashcode, ...found];
  };
  await eventually(async () => {
    assert.deepEqual(await ids(`/vips/two-${run}`), ['DOWN_1_UP_1_', 'v1', 'v2']);
    assert.deepEqual(await ids(`/vips/one-${run}`), ['UP_1_', 'v1']);
    assert.deepEqual(await ids(`/svips/safe-${run}`), ['UP_1_', 'v1']);
  });
  assert.deepEqual(await ids(`/vips/nobody-${run}`), ['']);
});

test('404 for who is not there, in the words of Spring’s server', async () => {
  for (const path of [`/apps/NOBODY-${run}`, `/apps/NOBODY-${run}/1`, `/instances/nobody-${run}`]) {
    const answer = await calls.call('GET', path, { headers: { accept: 'application/json' } });
    const body = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual([answer.status, body['status'], body['error']], [404, 404, 'Not Found']);
    assert.ok(String(body['path']).endsWith(path));
  }
});

test('XML when nothing else is asked for, JSON when the Accept header speaks of it', async () => {
  const name = app('ACCEPT');
  await calls.registered(name, 'x1', { metadata: {}, homePageUrl: 'http://x/?a=1&b=<2>' });
  for (const [accept, expected] of [
    ['*/*', 'application/xml'],
    ['application/xml', 'application/xml'],
    ['application/json', 'application/json'],
    ['application/json;q=0.9, */*;q=0.1', 'application/json'],
  ] as const) {
    const answer = await calls.call('GET', `/apps/${name}/x1`, { headers: { accept } });
    await answer.arrayBuffer();
    assert.equal(answer.headers.get('content-type'), expected, accept);
  }
  const answer = await calls.call('GET', `/apps/${name}/x1`, { headers: { accept: 'application/xml' } });
  const xml = (await answer.text()).replace(/\d{13}/g, 'TIME');
  assert.equal(
    xml.trim(),
    `<instance>
  <instanceId>x1</instanceId>
  <hostName>127.0.0.1</hostName>
  <app>${name}</app>
  <ipAddr>127.0.0.1</ipAddr>
  <status>UP</status>
  <overriddenstatus>UNKNOWN</overriddenstatus>
  <port enabled="true">8080</port>
  <securePort enabled="false">443</securePort>
  <countryId>1</countryId>
  <dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo">
    <name>MyOwn</name>
  </dataCenterInfo>
  <leaseInfo>
    <renewalIntervalInSecs>20</renewalIntervalInSecs>
    <durationInSecs>60</durationInSecs>
    <registrationTimestamp>TIME</registrationTimestamp>
    <lastRenewalTimestamp>TIME</lastRenewalTimestamp>
    <evictionTimestamp>0</evictionTimestamp>
    <serviceUpTimestamp>TIME</serviceUpTimestamp>
  </leaseInfo>
  <metadata class="java.util.Collections$EmptyMap"/>
  <homePageUrl>http://x/?a=1&amp;b=&lt;2&gt;</homePageUrl>
  <statusPageUrl>http://127.0.0.1:8080/actuator/info</statusPageUrl>
  <healthCheckUrl>http://127.0.0.1:8080/actuator/health</healthCheckUrl>
  <vipAddress>${name.toLowerCase()}</vipAddress>
  <secureVipAddress>${name.toLowerCase()}</secureVipAddress>
  <isCoordinatingDiscoveryServer>false</isCoordinatingDiscoveryServer>
  <lastUpdatedTimestamp>TIME</lastUpdatedTimestamp>
  <lastDirtyTimestamp>TIME</lastDirtyTimestamp>
  <actionType>ADDED</actionType>
</instance>`,
  );
  const all = await eventually(async () => {
    const text = await (await calls.call('GET', '/apps')).text();
    assert.ok(text.includes(`<name>${name}</name>`));
    return text;
  });
  assert.match(
    all,
    /^<applications>\n {2}<versions__delta>\d+<\/versions__delta>\n {2}<apps__hashcode>[A-Z_\d]*<\/apps__hashcode>\n {2}<application>/,
  );
  assert.equal(await calls.status('GET', '/apps', { accept: 'text/html' }), 406);
});

test('XML is taken as JSON is, names in XStream’s way', async () => {
  const name = app('XML');
  const xml = (id: string, more = '') =>
    `<instance><instanceId>${id}</instanceId><hostName>h</hostName><app>${name}</app><ipAddr>1.2.3.4</ipAddr><status>UP</status>` +
    '<port enabled="true">81</port><securePort enabled="true">444</securePort><vipAddress>xv</vipAddress>' +
    '<dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"><name>MyOwn</name></dataCenterInfo>' +
    `<leaseInfo><durationInSecs>50</durationInSecs></leaseInfo>${more}</instance>`;
  const register = async (body: string): Promise<number> =>
    (await calls.call('POST', `/apps/${name}`, { body, headers: { 'content-type': 'application/xml' } })).status;
  assert.equal(
    await register(xml('x1', '<metadata><a.b>c&amp;d</a.b><one__two>3</one__two><my_key>&#65;</my_key></metadata>')),
    204,
  );
  const instance = await calls.instance(name, 'x1');
  assert.deepEqual(instance['metadata'], { 'a.b': 'c&d', one_two: '3', my_key: 'A' });
  assert.deepEqual(
    [instance['port'], instance['securePort']],
    [
      { $: 81, '@enabled': 'true' },
      { $: 444, '@enabled': 'true' },
    ],
  );
  assert.equal((instance['leaseInfo'] as Record<string, number>)['durationInSecs'], 50);
  assert.equal(await register(xml('x2', '<metadata class="java.util.Collections$EmptyMap"/>')), 204);
  assert.deepEqual((await calls.instance(name, 'x2'))['metadata'], { '@class': 'java.util.Collections$EmptyMap' });
});

test('gzip for those who take it', async () => {
  await calls.registered(app('GZIP'), 'z1');
  for (const path of ['/apps', '/apps/delta']) {
    const answer = await calls.call('GET', path, {
      headers: { accept: 'application/json', 'accept-encoding': 'gzip' },
    });
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.ok(((await answer.json()) as { applications: unknown }).applications);
    const plain = await calls.call('GET', path, {
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
    });
    assert.equal(plain.headers.get('content-encoding'), null);
    await plain.arrayBuffer();
  }
});

test('compact answers have what load balancing needs', async () => {
  const name = app('COMPACT');
  await calls.registered(name, 'c1');
  const { application } = await eventually(() =>
    calls.json<{ application: { instance: Record<string, unknown>[] } }>(`/apps/${name}`, {
      'x-eureka-accept': 'compact',
    }),
  );
  const [instance] = application.instance;
  assert.equal(
    Object.keys(instance!).join(),
    'instanceId,app,ipAddr,vipAddress,secureVipAddress,dataCenterInfo,hostName,status,lastUpdatedTimestamp,actionType,port,securePort',
  );
  assert.equal(typeof instance!['lastUpdatedTimestamp'], 'number');
});

test('below /eureka/v2 it is the same', async () => {
  const name = app('V2');
  await calls.registered(name, 'v1');
  const v2 = new EurekaCalls(`${calls.base}/v2`);
  assert.equal((await v2.instance(name, 'v1')).instanceId, 'v1');
  assert.equal(await v2.status('PUT', `/apps/${name}/v1?status=UP`), 200);
  assert.equal(await v2.status('DELETE', `/apps/${name}/v1`), 200);
});

test('a batch of another Eureka server', async () => {
  const name = app('PEERS');
  await calls.registered(name, id('peer-1'), { lastDirtyTimestamp: 1000 });
  const item = (id: string, action: string, more = {}) => ({
    appName: name,
    id,
    action,
    lastDirtyTimestamp: 1000,
    ...more,
  });
  const replicationList = [
    item(id('peer-1'), 'Heartbeat', { status: 'UP' }),
    item(id('peer-1'), 'Heartbeat', { status: 'UP', lastDirtyTimestamp: 900 }),
    item('nobody', 'Heartbeat'),
    item('p2', 'Register', { instanceInfo: springInstance(name, 'p2') }),
    item(id('peer-1'), 'StatusUpdate', { status: 'OUT_OF_SERVICE' }),
    item('p2', 'Cancel'),
  ];
  const answer = await calls.call('POST', '/peerreplication/batch/', {
    json: { replicationList },
    headers: { accept: 'application/json' },
  });
  assert.equal(answer.status, 200);
  const { responseList } = (await answer.json()) as {
    responseList: { statusCode: number; responseEntity?: { instanceId: string } }[];
  };
  assert.deepEqual(
    responseList.map(({ statusCode }) => statusCode),
    [200, 409, 404, 200, 200, 200],
  );
  assert.equal(responseList[1]!.responseEntity!.instanceId, id('peer-1'));
  assert.equal((await calls.instance(name, id('peer-1'))).status, 'OUT_OF_SERVICE');
  assert.equal(await calls.status('GET', `/apps/${name}/p2`), 404);
});

test('facts about the server', async () => {
  const answer = await calls.call('GET', '/status', { headers: { accept: 'application/xml' } });
  const xml = await answer.text();
  for (const tag of ['generalStats', 'server-uptime', 'num-of-cpus', 'applicationStats', 'registered-replicas']) {
    assert.ok(xml.includes(`<${tag}>`), tag);
  }
});

test('ours: bodies of a register may be compressed, and written as other clients write them', ours, async () => {
  const name = app('LENIENT');
  const instance = {
    instanceId: 'l1',
    app: name,
    hostName: 'h',
    ipAddr: '1.1.1.1',
    status: 'up',
    port: 8080,
    securePort: '8443',
    countryId: '7',
    unknownField: { a: [1, 2] },
    leaseInfo: { durationInSecs: '15', renewalIntervalInSecs: -1 },
    metadata: { n: 1, b: true, nothing: null, deep: { x: [1] } },
    dataCenterInfo: { name: 'myown' },
    lastDirtyTimestamp: '1234',
  };
  const body = gzipSync(JSON.stringify({ instance: [instance] }));
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  assert.equal((await calls.call('POST', `/apps/${name}`, { body, headers })).status, 204);
  const read = await calls.instance(name, 'l1');
  assert.deepEqual([read.status, read['countryId'], read['lastDirtyTimestamp']], ['UP', 7, '1234']);
  assert.deepEqual(
    [read['port'], read['securePort']],
    [
      { $: 8080, '@enabled': 'true' },
      { $: 8443, '@enabled': 'false' },
    ],
  );
  assert.deepEqual(read['metadata'], { n: '1', b: 'true', deep: '{"x":[1]}' });
  assert.deepEqual(read['dataCenterInfo'], myOwn);
  const lease = read['leaseInfo'] as Record<string, number>;
  assert.deepEqual([lease['durationInSecs'], lease['renewalIntervalInSecs']], [15, 30]);
});

test('ours: /serverinfo/statusoverrides, and /status as JSON', ours, async () => {
  const name = app('FACTS');
  await calls.registered(name, 'facts-1');
  await calls.status('PUT', `/apps/${name}/facts-1/status?value=DOWN`);
  const overrides = await calls.json<Record<string, string>>('/serverinfo/statusoverrides');
  assert.equal(overrides['facts-1'], 'DOWN');
  assert.ok((await calls.json<{ generalStats: unknown }>('/status')).generalStats);
});

test('ours: an instance that was out of service by its own word is up again by its own word', ours, async () => {
  const name = app('OWNWORD');
  await calls.registered(name, 'o1', { status: 'OUT_OF_SERVICE', lastDirtyTimestamp: 1 });
  await calls.registered(name, 'o1', { status: 'UP', lastDirtyTimestamp: 2 });
  assert.equal((await calls.instance(name, 'o1')).status, 'UP');
});
