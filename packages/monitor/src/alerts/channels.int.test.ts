import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { createSqlClient, type SqlServer, startSql } from '@headwater/sql';
import { SMTPServer } from 'smtp-server';
import { startMonitor } from '../monitor.ts';
import { eventually, webhookReceiver } from './testing/webhook-receiver.ts';

let broker: Broker;
let client: KafkaClient;
let sql: SqlServer;
let hook: Awaited<ReturnType<typeof webhookReceiver>>;
const folder = mkdtempSync(join(tmpdir(), 'headwater-alert-channels-'));

before(async () => {
  broker = await startBroker({ port: 0 });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  sql = await startSql({
    bootstrap: broker.bootstrap,
    port: 0,
    settings: [['ksql.streams.commit.interval.ms', '100']],
  });
  hook = await webhookReceiver();
});

after(async () => {
  await hook?.close();
  await sql?.close();
  await client?.close();
  await broker?.close();
  rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they are
async function call(url: string, method = 'GET', body?: unknown): Promise<{ status: number; json: any }> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}

async function start(name: string, config: string, bootstrap = broker.bootstrap) {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, config);
  const monitor = await startMonitor({ port: 0, bootstrap, settings: { alerting: { file } }, urls: { sql: sql.url } });
  await eventually('alerts are ready', async () => (await call(`${monitor.url}/alerts`)).json.isReady === true);
  return monitor;
}

const toHook = (): string => `
route: { receiver: team, group_by: ['...'], group_wait: 50ms, group_interval: 100ms }
receivers: [{ name: team, webhook_configs: [{ url: '${hook.url}' }] }]
`;

const told = (alertname: string, status: string) =>
  hook.received
    .filter(({ message }) => message.status === status && message.groupLabels['alertname'] === alertname)
    .map(({ message }) => message.groupLabels);

test('sql rules: an alert for each row, over when the row is gone; rows of a push query as they come', {
  timeout: 120_000,
}, async () => {
  const ksql = createSqlClient({ url: sql.url });
  await ksql.execute(`
    CREATE STREAM payments (customer STRING KEY, amount INT) WITH (kafka_topic='payments', partitions=1, value_format='json');
    CREATE TABLE totals AS SELECT customer, SUM(amount) AS total FROM payments GROUP BY customer;`);
  const pay = (customer: string, amount: number) =>
    ksql.execute(`INSERT INTO payments (customer, amount) VALUES ('${customer}', ${amount});`);
  const monitor = await start(
    'sql',
    `${toHook()}
rules:
  - { name: BigSpender, kind: sql, query: 'SELECT customer, total FROM totals WHERE total > 100;', keys: [customer], interval: 200ms }
  - { name: Huge, kind: sql, query: 'SELECT customer, amount FROM payments WHERE amount > 1000 EMIT CHANGES', keys: [customer], hold: 1s }
  - { name: Wrong, kind: sql, query: 'SELECT nothing FROM nowhere;', interval: 200ms }
`,
  );
  const rule = async (name: string) => (await call(`${monitor.url}/alerts/rules/${name}`)).json;
  await eventually('the pull query is answered', async () => (await rule('BigSpender')).health === 'ok');
  for (const [customer, amount] of [
    ['ada', 150],
    ['bob', 200],
    ['eve', 50],
  ] as const)
    await pay(customer, amount);
  await eventually('two rows fire', () => told('BigSpender', 'firing').length === 2);
  assert.deepEqual(
    told('BigSpender', 'firing')
      .map(({ customer }) => customer)
      .sort(),
    ['ada', 'bob'],
  );
  await pay('ada', -100);
  await eventually('the row is gone', () => told('BigSpender', 'resolved').length > 0);
  assert.deepEqual(
    told('BigSpender', 'resolved').map(({ customer }) => customer),
    ['ada'],
  );
  // From when the query runs on.
  await eventually('the push query gives a row', async () => {
    await pay('zoe', 5_000);
    return told('Huge', 'firing').some(({ customer }) => customer === 'zoe');
  });
  await eventually('nothing more of it: it is over', () =>
    told('Huge', 'resolved').some(({ customer }) => customer === 'zoe'),
  );
  const wrong = await eventually('a query that is refused is told', async () => {
    const found = await rule('Wrong');
    return found.lastError === null ? undefined : found;
  });
  assert.match(wrong.lastError, /the query of "Wrong" is refused: .*nowhere/i);
  // A server that is gone ends no alert.
  await sql.close();
  await eventually('the server is missed', async () => (await rule('BigSpender')).lastError !== null);
  assert.ok((await rule('BigSpender')).firing > 0, "bob's row is still known");
  assert.equal(told('BigSpender', 'resolved').length, 1);
  await monitor.close();
});

test('Slack: its form of a message, no mention out of a label; lag that grows, though it is small', {
  timeout: 60_000,
}, async () => {
  const bodies: { channel: string; username: string; attachments: Record<string, string>[] }[] = [];
  const slack = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      bodies.push(JSON.parse(text));
      res.end('ok');
    });
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
  const secret = join(folder, 'slack');
  writeFileSync(secret, `http://127.0.0.1:${(slack.address() as AddressInfo).port}/services/T0/B0/secret\n`);
  // With nothing of the tests before.
  await using kafka = await startBroker({ port: 0 });
  await using admin = createClient({ bootstrap: kafka.bootstrap, clientId: 'test' });
  await admin.createTopics([{ name: 'jobs', partitions: 1 }]);
  const work = (count: number) =>
    admin.produce({ topic: 'jobs', records: Array.from({ length: count }, () => ({ key: null, value: 'x' })) });
  await work(1_000);
  await admin.commitOffsets('steady', { jobs: { 0: 0 } });
  const monitor = await start(
    'slack',
    `
route: { receiver: team, group_wait: 50ms, group_interval: 100ms }
receivers: [{ name: team, slack_configs: [{ api_url_file: ${secret}, channel: '#alerts', send_resolved: true }] }]
rules:
  - { name: Growing, kind: lag, growth: 20, window: 10m, interval: 200ms, group: steady, annotations: { summary: '<!channel> {{ $labels.group }} & more' } }
`,
    kafka.bootstrap,
  );
  const rule = async () => (await call(`${monitor.url}/alerts/rules/Growing`)).json;
  await eventually('the lag was looked at', async () => (await rule()).health === 'ok');
  assert.equal((await rule()).firing, 0, 'a thousand behind is no growth');
  await work(30);
  const fired = await eventually('it is delivered', () => bodies[0]);
  assert.deepEqual([fired.channel, fired.username, fired.attachments[0]!['color']], ['#alerts', 'Headwater', 'danger']);
  assert.equal(fired.attachments[0]!['text'], '• &lt;!channel&gt; steady &amp; more');
  await admin.commitOffsets('steady', { jobs: { 0: 1_030 } });
  const over = await eventually('its end is delivered', () => bodies[1]);
  assert.equal(over.attachments[0]!['color'], 'good');
  await monitor.close();
  slack.closeAllConnections();
  slack.close();
});

test('e-mail by STARTTLS and by TLS, with an own authority; a server that it does not know gets no word', {
  skip: hasOpenssl() ? false : 'no openssl to make a certificate with',
  timeout: 60_000,
}, async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  const mails: { to: string; isTls: boolean; user: unknown }[] = [];
  const serve = async (isTls: boolean): Promise<[SMTPServer, number]> => {
    const server = new SMTPServer({
      secure: isTls,
      key: readFileSync(key),
      cert: readFileSync(cert),
      onAuth: ({ password, username }, _session, done) =>
        password === 'smtp-secret' ? done(null, { user: username }) : done(new Error('no')),
      onData: (stream, session, done) => {
        stream.resume();
        stream.on('end', () => {
          const [to] = session.envelope.rcptTo;
          mails.push({ to: to!.address, isTls: session.secure, user: session.user });
          done();
        });
      },
    });
    // Who breaks off a handshake is no fault of the test.
    server.on('error', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    return [server, (server.server.address() as AddressInfo).port];
  };
  const [starttls, starttlsPort] = await serve(false);
  const [tls, tlsPort] = await serve(true);
  const email = (to: string, port: number, more: string): string =>
    `email_configs: [{ to: ${to}@example.org, from: headwater@example.org, smarthost: 'localhost:${port}', auth_username: u, auth_password: smtp-secret, ${more} }]`;
  const monitor = await start(
    'mail',
    `
route: { receiver: starttls }
receivers:
  - { name: starttls, ${email('a', starttlsPort, `tls_config: { ca_file: ${cert} }`)} }
  - { name: tls, ${email('b', tlsPort, `force_implicit_tls: true, tls_config: { ca_file: ${cert} }`)} }
  - { name: stranger, ${email('c', starttlsPort, 'timeout: 5s')} }
  - { name: stranger-tls, ${email('d', tlsPort, 'force_implicit_tls: true, timeout: 5s')} }
`,
  );
  const tried = (name: string) => call(`${monitor.url}/alerts/receivers/${name}/test`, 'POST');
  for (const name of ['starttls', 'tls']) {
    const { json, status } = await tried(name);
    assert.equal(status, 200, JSON.stringify(json));
  }
  assert.deepEqual(mails, [
    { to: 'a@example.org', isTls: true, user: 'u' },
    { to: 'b@example.org', isTls: true, user: 'u' },
  ]);
  for (const name of ['stranger', 'stranger-tls']) {
    const { json, status } = await tried(name);
    assert.equal(status, 502);
    assert.match(json.integrations[0].error, /does not take the e-mail/);
    assert.doesNotMatch(JSON.stringify(json), /smtp-secret/);
  }
  assert.equal(mails.length, 2);
  await monitor.close();
  for (const server of [starttls, tls]) await new Promise<void>((resolve) => server.close(() => resolve()));
});

test('while Kafka is away silences and rules are taken, hold at once, and are written when it is back', {
  timeout: 90_000,
}, async () => {
  const dataDir = join(folder, 'kafka');
  let kafka = await startBroker({ dataDir, port: 0 });
  const port = Number(kafka.bootstrap.split(':').at(-1));
  const first = await start('away', toHook(), kafka.bootstrap);
  await kafka.close();
  const silence = {
    matchers: [{ name: 'service', value: 'orders', isRegex: false }],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    createdBy: 'ada',
    comment: 'Kafka is away',
  };
  const { json: made, status } = await call(`${first.url}/api/v2/silences`, 'POST', silence);
  assert.deepEqual([status, made.isKept], [200, false]);
  assert.equal((await call(`${first.url}/api/v2/silence/${made.silenceID}`)).json.status.state, 'active');
  const rule = { kind: 'rate', topic: 'causes', window: '5m', value: 3 };
  const put = await call(`${first.url}/alerts/rules/Often`, 'PUT', rule);
  const { isKept, name, rule: held } = put.json;
  assert.deepEqual([put.status, name, isKept, held.window], [200, 'Often', false, '5m']);
  assert.equal((await call(`${first.url}/alerts/rules/Often`)).status, 200);
  kafka = await startBroker({ dataDir, port });
  await eventually('it is kept again', async () => {
    const again = await call(`${first.url}/alerts/rules/Often`, 'PUT', rule);
    return again.json.isKept === undefined;
  });
  await first.close();
  const second = await start('away', toHook(), kafka.bootstrap);
  assert.equal((await call(`${second.url}/api/v2/silence/${made.silenceID}`)).json.status.state, 'active');
  assert.equal((await call(`${second.url}/alerts/rules/Often`)).json.isFromConfig, false);
  await second.close();
  await kafka.close();
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
