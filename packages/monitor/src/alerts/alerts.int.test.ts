import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { SMTPServer } from 'smtp-server';
import { startMonitor } from '../monitor.ts';
import { eventually, webhookReceiver } from './testing/webhook-receiver.ts';

let broker: Broker;
let client: KafkaClient;
let folder: string;
let hook: Awaited<ReturnType<typeof webhookReceiver>>;
let smtp: SMTPServer;
let smtpPort: number;
const mails: string[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-alerts-'));
  broker = await startBroker({ port: 0 });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  hook = await webhookReceiver();
  smtp = new SMTPServer({
    authOptional: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ password, username }, _session, done) =>
      password === 'smtp-secret' ? done(null, { user: username }) : done(new Error('no')),
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()));
  smtpPort = (smtp.server.address() as { port: number }).port;
});

after(async () => {
  await client?.close();
  await hook?.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await broker?.close();
  rmSync(folder, { recursive: true, force: true });
});

const config = (): string => `
route:
  receiver: team
  group_by: [alertname, service]
  group_wait: 200ms
  group_interval: 300ms
  routes:
    - { receiver: mail, matchers: ['alertname="Mail"'] }
receivers:
  - name: team
    webhook_configs: [{ url: '${hook.url}' }]
  - name: mail
    email_configs:
      - { to: ops@example.org, from: headwater@example.org, smarthost: '127.0.0.1:${smtpPort}', require_tls: false, auth_username: u, auth_password: smtp-secret }
rules:
  - { name: Down, kind: threshold, topic: headwater-service-status, field: status, op: '==', value: DOWN, by: [service], severity: critical, annotations: { summary: '{{ $labels.service }} is down' } }
  - { name: Behind, kind: lag, value: 5, interval: 200ms, group: 'slow' }
`;

const call = async (url: string, method = 'GET', body?: unknown) => {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
};

const status = async (service: string, value: string): Promise<void> => {
  const nowMs = Date.now();
  const record = {
    timestampMs: nowMs,
    service,
    instance: `${service}-1`,
    status: value,
    previous: 'UP',
    reason: 'test',
    isFlapping: false,
    checkMs: 1,
    details: {},
  };
  await client.produce({
    topic: 'headwater-service-status',
    records: [{ key: service, value: JSON.stringify(record), timestamp: nowMs }],
  });
};

test('alerts from cause to receivers', async (t) => {
  await client.createTopics([{ name: 'headwater-service-status', partitions: 1 }]);
  const file = join(folder, 'alerts.yaml');
  writeFileSync(file, config());
  const options = { port: 0, bootstrap: broker.bootstrap, settings: { alerting: { file } } };
  let monitor = await startMonitor(options);
  t.after(() => monitor.close());
  const isReady = () =>
    eventually('alerts are ready', async () => (await call(`${monitor.url}/alerts`)).json.isReady === true);
  const messagesOf = (service: string) =>
    hook.received.filter(({ message }) => message.groupLabels['service'] === service);
  await isReady();

  await t.test('a record fires, the next resolves; the topic and the history have it', async () => {
    const atMs = Date.now();
    await status('orders', 'DOWN');
    const fired = await eventually('the alert is delivered', () => messagesOf('orders')[0]);
    t.diagnostic(`delivered ${fired.atMs - atMs} ms after its cause, of which 200 ms are group_wait`);
    assert.equal(fired.message.status, 'firing');
    assert.equal(fired.message.alerts[0]!.annotations['summary'], 'orders is down');
    await status('orders', 'UP');
    const over = await eventually('the end is delivered', () => messagesOf('orders')[1]);
    assert.equal(over.message.status, 'resolved');
    const history = await eventually('the history has both', async () => {
      const { json } = await call(`${monitor.url}/alerts/history?service=orders`);
      return json.alerts.length === 2 && json.alerts;
    });
    assert.deepEqual(
      history.map(({ state }: { state: string }) => state),
      ['resolved', 'firing'],
    );
  });

  await t.test('lag of a group, by Kafka itself', async () => {
    await client.createTopics([{ name: 'work', partitions: 1 }]);
    await client.produce({
      topic: 'work',
      records: Array.from({ length: 10 }, (_, index) => ({ key: null, value: `${index}` })),
    });
    await client.commitOffsets('slow', { work: { 0: 1 } });
    const found = await eventually('the lag is told', () =>
      hook.received.find(({ message }) => message.commonLabels['alertname'] === 'Behind'),
    );
    assert.equal(found.message.commonLabels['group'], 'slow');
    await client.commitOffsets('slow', { work: { 0: 10 } });
  });

  await t.test("Alertmanager's API: alerts, silences, groups, filters", async () => {
    const api = `${monitor.url}/api/v2`;
    const labels = { alertname: 'Foreign', service: 'api', severity: 'warning' };
    assert.equal((await call(`${api}/alerts`, 'POST', [{ labels, annotations: { summary: 'x' } }])).status, 200);
    await eventually('it is delivered', () => messagesOf('api')[0]);
    const silence = {
      matchers: [{ name: 'service', value: 'ap.', isRegex: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 60_000).toISOString(),
      createdBy: 'ada',
      comment: 'quiet',
    };
    const { json: made } = await call(`${api}/silences`, 'POST', silence);
    const shown = async (query: string) => (await call(`${api}/alerts?filter=alertname%3D%22Foreign%22&${query}`)).json;
    const [alert] = await shown('');
    assert.deepEqual(alert.status, { inhibitedBy: [], silencedBy: [made.silenceID], state: 'suppressed' });
    assert.deepEqual(alert.receivers, [{ name: 'team' }]);
    assert.equal((await shown('silenced=false')).length, 0);
    assert.equal(
      (await call(`${api}/alerts/groups`)).json.some(
        (group: { labels: object }) => JSON.stringify(group.labels) === '{"alertname":"Foreign","service":"api"}',
      ),
      true,
    );
    assert.equal((await call(`${api}/silence/${made.silenceID}`, 'DELETE')).status, 200);
    assert.equal((await call(`${api}/silence/${made.silenceID}`)).json.status.state, 'expired');
    assert.equal((await shown('silenced=false')).length, 1);
    assert.equal((await call(`${api}/alerts?filter=foo`)).status, 400);
    assert.equal((await call(`${api}/alerts`, 'POST', [{ labels: {} }])).json, 'at least one label pair required');
    assert.equal((await call(`${api}/silence/x`)).status, 422);
    assert.doesNotMatch(JSON.stringify((await call(`${api}/status`)).json), /smtp-secret/);
  });

  await t.test('an e-mail: one subject line, whatever labels hold', async () => {
    const labels = { alertname: 'Mail', service: 'x\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>' };
    await call(`${monitor.url}/api/v2/alerts`, 'POST', [{ labels, annotations: { summary: '<b>bold</b>' } }]);
    const mail = await eventually('the e-mail comes', () => mails[0]);
    const head = mail.slice(0, mail.indexOf('\r\n\r\n'));
    assert.doesNotMatch(head, /^Bcc:/im);
    assert.match(head, /^To: ops@example\.org$/m);
    assert.match(head, /^X-Headwater-Delivery-ID: [0-9a-f-]{36}$/im);
    assert.doesNotMatch(mail.slice(mail.indexOf('text/html')), /<script>|<b>/);
  });

  await t.test('a rule made at run time, tried on the past, seen after a restart', async () => {
    const rule = {
      kind: 'rate',
      topic: 'headwater-service-status',
      where: ['status="DOWN"'],
      by: ['service'],
      window: '1h',
      value: 2,
    };
    const tried = await call(`${monitor.url}/alerts/test`, 'POST', { rule: { ...rule, value: 1 }, fromMs: 0 });
    assert.equal(tried.json.alerts.length, 1);
    assert.deepEqual(tried.json.alerts[0].labels, { alertname: 'test', service: 'orders', severity: 'warning' });
    const wrong = await call(`${monitor.url}/alerts/rules/Often`, 'PUT', '{"kind":"rate",\n"topic":"t","window":"x"}');
    assert.equal(wrong.status, 400);
    const kept = await call(`${monitor.url}/alerts/rules/Often`, 'PUT', rule);
    assert.deepEqual([kept.status, kept.json.health, kept.json.missingTopics], [200, 'ok', []]);
    const yaml = 'kind: rate\ntopic: nowhere\n';
    const waiting = await call(`${monitor.url}/alerts/rules/Waits`, 'PUT', yaml);
    assert.deepEqual([waiting.json.name, waiting.json.missingTopics], ['Waits', ['nowhere']]);
    const nothing = await call(`${monitor.url}/alerts/test`, 'POST', { yaml, fromMs: 0 });
    assert.deepEqual([nothing.json.alerts, nothing.json.missingTopics], [[], ['nowhere']]);
    await call(`${monitor.url}/alerts/rules/Waits`, 'DELETE');
    assert.equal((await call(`${monitor.url}/alerts/rules/Down`, 'PUT', rule)).status, 400);
    await monitor.close();
    // While nothing runs.
    await status('orders', 'DOWN');
    monitor = await startMonitor(options);
    await isReady();
    const often = await eventually('it fires', () =>
      hook.received.find(({ message }) => message.commonLabels['alertname'] === 'Often'),
    );
    assert.equal(often.message.commonLabels['service'], 'orders');
    await eventually(
      'what happened meanwhile is told',
      () => messagesOf('orders').filter(({ message }) => message.commonLabels['alertname'] === 'Down').length === 3,
    );
    assert.equal((await call(`${monitor.url}/alerts/rules/Often`, 'DELETE')).status, 204);
    assert.equal((await call(`${monitor.url}/alerts/rules/Down`, 'DELETE')).status, 409);
  });

  await t.test('another configuration is taken live, a wrong one is not', async () => {
    writeFileSync(file, config().replace('name: Down', 'name: Renamed'));
    await eventually(
      'the rule has its new name',
      async () => (await call(`${monitor.url}/alerts/rules/Renamed`)).status === 200,
    );
    writeFileSync(file, config().replace('kind: threshold', 'kind: magic'));
    const error = await eventually(
      'the mistake is told',
      async () => (await call(`${monitor.url}/alerts/status`)).json.configError ?? undefined,
    );
    assert.match(error, /line \d+, column \d+: rules\[0\]\.kind/);
    assert.equal((await call(`${monitor.url}/alerts/rules/Renamed`)).status, 200);
  });

  await t.test('a notification goes to its receivers', async () => {
    const sent = await call(`${monitor.url}/notify`, 'POST', {
      service: 'shop',
      severity: 'warning',
      title: 'stock is low',
    });
    assert.equal(sent.status, 202);
    const found = await eventually('it is delivered', () =>
      hook.received.find(({ message }) => message.commonLabels['alertname'] === 'Notification'),
    );
    assert.equal(found.message.alerts[0]!.annotations['summary'], 'stock is low');
  });

  await t.test('receivers can be tried', async () => {
    assert.equal((await call(`${monitor.url}/alerts/receivers/team/test`, 'POST')).status, 200);
    assert.equal((await call(`${monitor.url}/alerts/receivers/nobody/test`, 'POST')).status, 404);
  });
});
