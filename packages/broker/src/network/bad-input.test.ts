import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, encodeRequest } from '@headwater/protocol';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';

/** What each bad client must not disturb. */
async function bystander(start: Awaited<ReturnType<typeof testBroker>>) {
  const client = await start.client();
  await createTopic(client, 'bystander');
  return async () => {
    const { errorCode } = await produce(client, 'bystander', batch(['x']));
    assert.equal(errorCode, 0, 'others go on');
  };
}

const unframed = (frame: Buffer) => frame.subarray(4);

function header(sizeBytes: number, ...rest: number[]): Buffer {
  const bytes = Buffer.alloc(4 + rest.length);
  bytes.writeInt32BE(sizeBytes);
  Buffer.from(rest).copy(bytes, 4);
  return bytes;
}

const cases: { name: string; bytes: () => Buffer; reason: RegExp }[] = [
  { name: 'an oversized frame', bytes: () => header(2 ** 31 - 1), reason: /above socket\.request\.max\.bytes/ },
  { name: 'a negative size', bytes: () => header(-5), reason: /is negative/ },
  { name: 'HTTP', bytes: () => Buffer.from('GET /metrics HTTP/1.1\r\n\r\n'), reason: /looks like HTTP/ },
  { name: 'TLS', bytes: () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 252]), reason: /looks like TLS/ },
  { name: 'an empty frame', bytes: () => header(0), reason: /needed, 0 left/ },
  { name: 'a frame without a whole header', bytes: () => header(3, 0, 18, 0), reason: /needed/ },
  {
    name: 'an unknown API key',
    bytes: () => header(10, 0x7f, 0x00, 0, 0, 0, 0, 0, 1, 0xff, 0xff),
    reason: /API with key 32512 is not served/,
  },
  {
    name: 'an API that is known and not served',
    bytes: () => encodeRequest(ApiKey.StreamsGroupDescribe, 0, 1, 'x', streamsGroupDescribe),
    reason: /StreamsGroupDescribe \(89\) is not served/,
  },
  {
    name: 'a version that is not served',
    bytes: () => header(11, 0, 3, 0, 99, 0, 0, 0, 1, 0xff, 0xff, 0),
    reason: /Metadata \(3\) is served in versions 0 to 13, not in 99/,
  },
  {
    name: 'a body that is cut off',
    bytes: () => {
      const frame = unframed(encodeRequest(ApiKey.Metadata, 1, 1, 'x', { topics: [{ name: 'orders' }] }));
      return Buffer.concat([header(frame.length - 3), frame.subarray(0, -3)]);
    },
    reason: /MetadataRequest/,
  },
  {
    name: 'an administrative request of megabytes',
    bytes: () => encodeRequest(ApiKey.DeleteGroups, 2, 1, 'x', { groupsNames: Array(1_000_000).fill('group') }),
    reason: /DeleteGroups \(42\) request of \d+ bytes is above headwater\.admin\.request\.max\.bytes/,
  },
  {
    name: 'an array that claims more elements than there are bytes',
    bytes: () => {
      const frame = unframed(encodeRequest(ApiKey.Metadata, 1, 1, 'x', { topics: [] }));
      frame.writeInt32BE(2 ** 30, frame.length - 4);
      return Buffer.concat([header(frame.length), frame]);
    },
    reason: /MetadataRequest/,
  },
];

const streamsGroupDescribe = { groupIds: ['g'], includeAuthorizedOperations: false };

for (const { name, bytes, reason } of cases) {
  test(`${name}: this connection is closed with a clear line, nobody else notices`, async (t) => {
    const start = await testBroker(t);
    const check = await bystander(start);
    const bad = await start.client();
    bad.write(bytes());
    await bad.closed();
    await check();
    const line = start.lines.find(({ level }) => level === 'warn');
    assert.match(String(line?.fields['reason']), reason);
    assert.equal(line?.fields['remoteAddress'], '127.0.0.1');
  });
}

test('answers before a bad frame are still sent', async (t) => {
  const { client } = await testBroker(t);
  const bad = await client();
  const good = encodeRequest(ApiKey.ApiVersions, 0, 1, 'x', {});
  bad.write(Buffer.concat([good, header(-1)]));
  await bad.closed();
  assert.equal(bad.frames.length, 1);
});

test('ApiVersions of a version to come is answered in version 0 with error 35', async (t) => {
  const { client } = await testBroker(t);
  const future = await client();
  future.write(header(12, 0, 18, 0, 77, 0, 0, 0, 5, 0xff, 0xff, 0, 0));
  const frame = await future.nextFrame();
  assert.equal(frame.readInt32BE(0), 5);
  assert.equal(frame.readInt16BE(4), 35);
  assert.ok(frame.readInt32BE(6) > 20, 'and says what is served');
  const { errorCode } = await future.call(ApiKey.ApiVersions, 3, {
    clientSoftwareName: 'x',
    clientSoftwareVersion: '1',
  });
  assert.equal(errorCode, 0, 'and the connection goes on');
});

test('half-open: a client that stops in the middle of a frame is closed when it has been idle', async (t) => {
  const start = await testBroker(t, { config: { 'connections.max.idle.ms': 300 } });
  const stuck = await start.client();
  stuck.write(header(1_000, 0, 3, 0));
  await stuck.closed();
  const line = start.lines.find(({ level }) => level === 'warn');
  assert.match(String(line?.fields['reason']), /stopped in the middle of a request/);
});

test('an idle client is closed without a word', async (t) => {
  const start = await testBroker(t, { config: { 'connections.max.idle.ms': 200 } });
  const idle = await start.client();
  await idle.closed();
  assert.deepEqual(
    start.lines.filter(({ level }) => level === 'warn'),
    [],
  );
});

test('connections beyond the limits are closed at once', async (t) => {
  for (const limit of ['max.connections', 'max.connections.per.ip']) {
    const start = await testBroker(t, { config: { [limit]: 2 } });
    const check = await bystander(start);
    await start.client();
    const third = await start.client();
    await third.closed();
    await check();
    assert.ok(start.lines.some(({ message }) => /refused: too many/.test(message)));
  }
});

test('a slow reader costs what fits its socket, not all that it asks for, and others go on', async (t) => {
  const start = await testBroker(t, { adminPort: 0 });
  const check = await bystander(start);
  const writer = await start.client();
  await createTopic(writer, 'big');
  await produce(writer, 'big', batch(['x'.repeat(900_000)]));
  const slow = await start.client();
  slow.socket.pause();
  const requests = 60;
  for (let index = 0; index < requests; index++) slow.send(ApiKey.Fetch, 11, fetchBody('big', 0));
  for (let round = 0; round < 20; round++) await check();
  const metrics = await (await fetch(`${start.broker.adminUrl}/metrics`)).text();
  const answered = Number(/requests_total\{request="Fetch",version="\d+"\} (\d+)/.exec(metrics)?.[1]);
  assert.ok(answered > 0 && answered < requests / 2, `${answered} of ${requests} answers were made ready`);
  slow.socket.resume();
  for (let answers = 0; answers < requests; answers++) await slow.nextFrame();
});

test('requests in flight on one connection are bounded, and all are answered in order', async (t) => {
  const { client } = await testBroker(t, { config: { 'headwater.max.pipelined.requests': 4 } });
  const busy = await client();
  await createTopic(busy, 'quiet');
  const ids = Array.from({ length: 50 }, (_, index) =>
    index % 10 === 0
      ? busy.send(ApiKey.Fetch, 11, fetchBody('quiet', 0, { maxWaitMs: 20 }))
      : busy.send(ApiKey.ApiVersions, 0, {}),
  );
  for (const id of ids) assert.equal((await busy.nextFrame()).readInt32BE(0), id);
});

test('the log is not filled by clients that do not stop', async (t) => {
  const start = await testBroker(t);
  for (let index = 0; index < 40; index++) {
    const bad = await start.client();
    bad.write(header(-1));
    await bad.closed();
  }
  assert.equal(start.lines.filter(({ level }) => level === 'warn').length, 10);
});
