import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createService } from '@headwater/service';

interface OtlpLogs {
  resourceLogs: {
    resource: { attributes: { key: string; value: { stringValue: string } }[] };
    scopeLogs: {
      logRecords: {
        body: { stringValue: string };
        attributes: { key: string; value: { stringValue: string } }[];
        traceId?: string;
      }[];
    }[];
  }[];
}

test('a service that runs alone sends its lines by OTLP, without secrets, with the ids of the request', {
  timeout: 30_000,
}, async () => {
  const requests: OtlpLogs[] = [];
  const receiver = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    if (req.url === '/v1/logs') requests.push(JSON.parse(text) as OtlpLogs);
    res.end('{}');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const written: string[] = [];
  const service = await createService({
    name: 'orders',
    version: '1.2.3',
    env: { HEADWATER_OTLP_URL: url },
    logStream: { write: (line: string) => void written.push(line) },
  });
  service.route('GET /hello', {}, ({ log }) => {
    log.warn({ password: 'pw', id: 7 }, 'asked');
    return {};
  });
  await service.start();
  await (await fetch(`${service.url}/hello`)).arrayBuffer();
  await service.close();
  receiver.close();
  receiver.closeAllConnections();

  const lines = requests.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) => scopeLogs[0]!.logRecords),
  );
  const asked = lines.find(({ body }) => body.stringValue === 'asked')!;
  const fields = Object.fromEntries(asked.attributes.map(({ key, value }) => [key, value.stringValue]));
  assert.deepEqual([fields['id'], fields['password']], ['7', '[redacted]']);
  assert.match(asked.traceId!, /^[0-9a-f]{32}$/);
  assert.equal(fields['correlationId'] !== undefined, true);
  const resource = Object.fromEntries(
    requests.at(-1)!.resourceLogs[0]!.resource.attributes.map(({ key, value }) => [key, value.stringValue]),
  );
  assert.equal(resource['service.name'], 'orders');
  assert.equal(resource['service.version'], '1.2.3');
  assert.match(resource['service.instance.id']!, /:orders:\d+$/);
  assert.ok(
    written.some((line) => line.includes('"asked"')),
    'the lines are on the standard output too',
  );
});
