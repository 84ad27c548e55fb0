import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ShippedLogs } from './shipped-logs.ts';

interface Received {
  service: string;
  level: string;
  text: string;
}

test('lines are shown, and sent: also those from before there was a receiver', { timeout: 30_000 }, async () => {
  const received: Received[] = [];
  const receiver = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    for (const { resource, scopeLogs } of JSON.parse(text).resourceLogs)
      for (const { body, severityText } of scopeLogs[0].logRecords)
        received.push({
          service: resource.attributes[0].value.stringValue,
          level: severityText,
          text: body.stringValue,
        });
    res.end('{}');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const shown: string[] = [];
  const show = (_: object, message: string) => void shown.push(message);
  const logs = new ShippedLogs();
  const kafka = logs.logger('kafka', { debug: show, info: show, warn: show, error: show });
  kafka.info({ topic: 'a' }, 'early');
  kafka.debug({}, 'not sent');
  await logs.open(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);
  logs
    .logger('orders', { debug: show, info: show, warn: show, error: show })
    .info({}, '{"level":"error","msg":"of a child"}');
  kafka.warn({}, 'late');
  await logs.close();
  await logs.close();
  kafka.error({}, 'after');
  receiver.close();
  receiver.closeAllConnections();
  assert.deepEqual(shown, ['early', 'not sent', '{"level":"error","msg":"of a child"}', 'late', 'after']);
  const byText = (a: Received, b: Received) => (a.text < b.text ? -1 : 1);
  assert.deepEqual(received.sort(byText), [
    { service: 'kafka', level: 'INFO', text: 'early' },
    { service: 'kafka', level: 'WARN', text: 'late' },
    { service: 'orders', level: 'ERROR', text: 'of a child' },
  ]);
});

test('without a receiver lines are only shown', async () => {
  const shown: string[] = [];
  const show = (_: object, message: string) => void shown.push(message);
  const logs = new ShippedLogs();
  const logger = logs.logger('kafka', { debug: show, info: show, warn: show, error: show });
  for (let i = 0; i < 1_500; i += 1) logger.info({}, String(i));
  await logs.open(undefined);
  logger.info({}, 'last');
  await logs.close();
  assert.equal(shown.length, 1_501);
});
