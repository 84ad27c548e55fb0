import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startPrometheus } from '@headwater/metrics';
import { startMonitor } from '../monitor.ts';
import { eventually, webhookReceiver } from './testing/webhook-receiver.ts';

test("an alert of Prometheus' rules comes to /api/v2/alerts and to the webhook, and ends; its file is read again live", {
  timeout: 90_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-prometheus-rules-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let queue = 50;
  const metrics = createServer((_req, res) => {
    res.setHeader('content-type', 'text/plain; version=0.0.4');
    res.end(`queue_length ${queue}\n`);
  }).listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  const hook = await webhookReceiver();
  const config = join(folder, 'alerts.yaml');
  writeFileSync(
    config,
    `route: { receiver: team, group_by: [alertname], group_wait: 50ms, group_interval: 100ms }
receivers: [{ name: team, webhook_configs: [{ url: '${hook.url}' }] }]
`,
  );
  const rules = join(folder, 'rules.yaml');
  const write = (name: string, over: number): void =>
    writeFileSync(
      rules,
      `groups:
  - name: queues
    interval: 200ms
    rules:
      - { alert: ${name}, expr: 'queue_length > ${over}', labels: { severity: critical }, annotations: { summary: '{{ $value }} wait' } }
`,
    );
  write('LongQueue', 10);
  await using broker = await startBroker({ port: 0 });
  await using monitor = await startMonitor({
    port: 0,
    bootstrap: broker.bootstrap,
    settings: { alerting: { file: config } },
  });
  await using prometheus = await startPrometheus({
    port: 0,
    monitorUrl: () => monitor.url,
    settings: {
      shipped_rules: false,
      scrape_interval: '1s',
      rules: [rules],
      scrape_configs: [
        { job_name: 'q', static_configs: [{ targets: [`127.0.0.1:${(metrics.address() as AddressInfo).port}`] }] },
      ],
    },
  });
  const told = (name: string, status: string) =>
    eventually(`${name} is told as ${status}`, () =>
      hook.received.find(
        ({ message }) => message.groupLabels['alertname'] === name && message.alerts[0]!.status === status,
      ),
    );
  const { message } = await told('LongQueue', 'firing');
  assert.equal(message.alerts[0]!.annotations['summary'], '50 wait');
  assert.equal(message.commonLabels['severity'], 'critical');
  await eventually("Alertmanager's API shows it", async () => {
    const shown = (await (await fetch(`${monitor.url}/api/v2/alerts`)).json()) as { labels: { alertname: string } }[];
    return shown.some(({ labels }) => labels.alertname === 'LongQueue');
  });
  queue = 5;
  await told('LongQueue', 'resolved');
  write('ShortQueue', 1);
  await told('ShortQueue', 'firing');
  assert.match(await (await fetch(`${prometheus.url}/api/v1/rules`)).text(), /ShortQueue/);
  // A file with a mistake changes nothing.
  writeFileSync(rules, 'groups: [{ name: x, rules: [{ alert: Y, expr: "((" }] }]');
  const wrong = await fetch(`${prometheus.url}/-/reload`, { method: 'POST' });
  assert.ok(wrong.status >= 400);
  assert.match(await (await fetch(`${prometheus.url}/api/v1/rules`)).text(), /ShortQueue/);
  await hook.close();
  metrics.closeAllConnections();
  metrics.close();
});
