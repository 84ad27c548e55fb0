import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import type { LogRecord } from './log-record.ts';
import { type Logs, type LogsOptions, startLogs } from './logs.ts';

let broker: Broker;

before(async () => {
  broker = await startBroker({ port: 0 });
});
after(() => broker.close());

function start(options: Partial<LogsOptions> = {}): Promise<Logs> {
  return startLogs({ bootstrap: broker.bootstrap, port: 0, ...options });
}

/** The records of a topic that fulfil a condition, when there are so many of them. */
async function records(topic: string, count: number, of = broker): Promise<LogRecord[]> {
  await using client = createClient({ bootstrap: of.bootstrap, clientId: 'reader' });
  const found: LogRecord[] = [];
  while (!(await client.metadata()).topics.some(({ name }) => name === topic)) await new Promise(setImmediate);
  for await (const batch of client.tail({ topics: [topic], from: 'earliest' })) {
    for (const { key, value } of batch.records()) {
      const record = JSON.parse(String(value)) as LogRecord;
      assert.equal(String(key), record.service);
      found.push(record);
    }
    if (found.length >= count) break;
  }
  return found;
}

async function dial({ host, port }: Logs): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, 'connect');
  return socket;
}

async function metric(logs: Logs, name: string): Promise<number> {
  const text = await (await fetch(`${logs.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.split(' ').at(-1));
}

const frame = (version: string, type: string, ...parts: (number | Buffer)[]): Buffer =>
  Buffer.concat([
    Buffer.from(version + type),
    ...parts.map((part) => {
      if (typeof part !== 'number') return part;
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(part);
      return bytes;
    }),
  ]);
const json = (sequence: number, value: object): Buffer => {
  const data = Buffer.from(JSON.stringify(value));
  return frame('2', 'J', sequence, data.length, data);
};

async function acknowledged(socket: Socket, version: string, sequence: number): Promise<void> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    for (let at = 0; at + 6 <= bytes.length; at += 6) {
      assert.equal(bytes.toString('latin1', at, at + 2), `${version}A`);
      if (bytes.readUInt32BE(at + 2) === sequence) return;
    }
  }
  assert.fail('closed without an acknowledgement');
}

test('one port: JSON lines and text over TCP, Lumberjack 1 and 2, HTTP', async () => {
  const topic = 'all';
  await using logs = await start({ topic });
  const lines = await dial(logs);
  lines.write('{"service":"a","level":"info","mess');
  lines.write('age":"one"}\nplain text\r\n{"broken":\n');
  lines.end('2026 is no frame');
  await once(lines.resume(), 'close');

  const beats = await dial(logs);
  beats.write(frame('2', 'W', 2));
  const second = json(2, { message: 'three', service: { name: 'b' }, '@timestamp': '2026-11-22T10:00:00.000Z' });
  const packed = deflateSync(Buffer.concat([json(1, { message: 'two', fields: { service: 'b' } }), second]));
  beats.write(frame('2', 'C', packed.length, packed));
  await acknowledged(beats, '2', 2);
  beats.write(Buffer.concat([frame('2', 'W', 1), json(3, { message: 'four', service: 'b' })]));
  await acknowledged(beats, '2', 3);
  beats.destroy();

  const old = await dial(logs);
  const texts = ['line', 'five', 'host', 'box'].flatMap((text) => [text.length, Buffer.from(text)]);
  old.write(Buffer.concat([frame('1', 'W', 1), frame('1', 'D', 1, 2, ...texts)]));
  await acknowledged(old, '1', 1);
  old.destroy();

  for (const [body, accepted] of [
    ['[{"service":"c","msg":"six","level":30},"seven"]', 2],
    ['{"service":"c","message":"eight"}\n{"service":"c","message":"nine"}', 2],
    [' {\n "service": "c",\n "message": "ten"}', 1],
    ['', 0],
  ] as const) {
    const answer = await fetch(`${logs.url}/?service=d`, { method: 'POST', body });
    assert.deepEqual([answer.status, await answer.json()], [200, { accepted }]);
  }

  const found = await records(topic, 13);
  assert.deepEqual(
    found.map(({ message, service, source }) => `${source} ${service} ${message}`).sort(),
    [
      'beats b four',
      'beats b three',
      'beats b two',
      'beats unknown five',
      'http c eight',
      'http c nine',
      'http c six',
      'http c ten',
      'http d seven',
      'tcp a one',
      'tcp unknown 2026 is no frame',
      'tcp unknown plain text',
      'tcp unknown {"broken":',
    ].sort(),
  );
  assert.equal(await metric(logs, 'headwater_logs_received_total{source="tcp"}'), 4);
  assert.equal(await metric(logs, 'headwater_logs_written_total{source="tcp"}'), 4);
  assert.equal(await metric(logs, 'headwater_logs_malformed_total{source="tcp"}'), 1);
  const health = await fetch(`${logs.url}/health`);
  assert.equal(((await health.json()) as { status: string }).status, 'UP');
});

test('while the log is away senders wait, and nothing that was taken or is sent again is lost', async () => {
  const topic = 'away';
  const own = await startBroker({ port: 0 });
  await using logs = await start({ topic, bootstrap: own.bootstrap, queueBytesMax: 64 * 1024 });
  const lines = await dial(logs);
  lines.write('{"service":"a","message":"first"}\n');
  await records(topic, 1, own);
  await own.stop();
  const count = 60_000;
  const text = Array.from({ length: count }, (_, i) => `{"service":"a","message":"${i} ${'x'.repeat(200)}"}`).join(
    '\n',
  );
  lines.end(`${text}\n`);
  const beats = await dial(logs);
  beats.write(Buffer.concat([frame('2', 'W', 1), json(1, { message: 'kept', service: 'b' })]));
  while ((await metric(logs, 'headwater_logs_queued_bytes')) < 64 * 1024) await new Promise(setImmediate);
  const received = await metric(logs, 'headwater_logs_received_total{source="tcp"}');
  assert.ok(received < count / 2, `the connection is not read on: ${received} lines of ${count}`);
  const refused = await fetch(logs.url, { method: 'POST', body: 'no room' });
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  await own.restart();
  await acknowledged(beats, '2', 1);
  beats.destroy();
  const found = await records(topic, count + 2, own);
  const numbers = found.filter(({ source }) => source === 'tcp').map(({ message }) => Number.parseInt(message, 10));
  assert.deepEqual(
    numbers.slice(1).sort((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i),
  );
  assert.equal(await metric(logs, 'headwater_logs_dropped_total{source="http",reason="sent-back"}'), 1);
  lines.destroy();
  await logs.close();
  await own.close();
});

test('bounds: long lines, wrong frames, many connections, times that cannot be', async () => {
  const topic = 'bounds';
  await using logs = await start({ topic, lineBytesMax: 1_000, connectionsMax: 20 });
  const lines = await dial(logs);
  lines.write(`${'x'.repeat(5_000_000)}\n{"message":"far","timestamp":"2999-01-01T00:00:00Z"}\n`);
  const found = await records(topic, 2);
  assert.equal(found[0]!.message.length, 1_000);
  assert.equal(found[1]!.timestampMs, Date.UTC(2999, 0, 1));
  assert.ok(found[1]!.receivedMs < found[1]!.timestampMs);
  assert.equal(await metric(logs, 'headwater_logs_truncated_total{source="tcp"}'), 1);
  assert.equal(await metric(logs, 'headwater_logs_skewed_total{source="tcp"}'), 1);

  const wrong = await dial(logs);
  wrong.write(Buffer.concat([frame('2', 'W', 5), Buffer.from('9Zgarbage')]));
  await once(wrong.resume(), 'close');
  assert.equal(await metric(logs, 'headwater_logs_malformed_total{source="beats"}'), 1);

  const secret = await dial(logs);
  secret.write(Buffer.from('160301', 'hex'));
  await once(secret.resume(), 'close');
  const many = await Promise.all(Array.from({ length: 21 }, () => dial(logs)));
  await Promise.race(many.map((socket) => once(socket.resume(), 'close')));
  for (const socket of [lines, ...many]) socket.destroy();
  await logs.close();
  await logs.close();
});
