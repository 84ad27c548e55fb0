import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { FakeBroker } from '../test/fake-broker.ts';
import { type ClientOptions, createClient } from './client.ts';

const client = (options: Partial<ClientOptions> & { bootstrap: string }) =>
  createClient({ clientId: 'test', connectTimeoutMs: 1000, requestTimeoutMs: 2000, ...options });

test('each leader gets its own partitions, and a moved one is found again', async () => {
  const one = await FakeBroker.start();
  const two = await FakeBroker.start();
  let leaderOfPartition1 = 1;
  for (const broker of [one, two]) {
    broker.handlers[ApiKey.Metadata] = (request) => ({
      brokers: [one, two].map(({ port }, i) => ({ nodeId: i + 1, host: '127.0.0.1', port })),
      topics: (request.topics ?? []).map(({ name }) => ({
        errorCode: 0,
        name,
        partitions: [1, leaderOfPartition1].map((leaderId, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId,
          replicaNodes: [1, 2],
          isrNodes: [1, 2],
        })),
      })),
    });
    broker.handlers[ApiKey.ListOffsets] = (request) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: partitionIndex === 1 && broker === one ? ErrorCode.NOT_LEADER_OR_FOLLOWER : 0,
          offset: broker === one ? 100 : 200,
          timestamp: -1,
          leaderEpoch: 0,
        })),
      })),
    });
  }
  const kafka = client({ bootstrap: one.bootstrap });
  await kafka.cluster.topic('t');
  leaderOfPartition1 = 2;
  const found = await kafka.listOffsets('t', { 0: -1, 1: -1 });
  assert.deepEqual([found[0]!.offset, found[1]!.offset], [100, 200]);
  assert.equal(two.requests(ApiKey.ListOffsets).length, 1);
  await kafka.close();
  await Promise.all([one.close(), two.close()]);
});

test('goes to the next bootstrap address when one is dead, and comes back after a restart', async () => {
  const dead = await FakeBroker.start();
  const deadBootstrap = dead.bootstrap;
  await dead.close();
  const broker = await FakeBroker.start();
  const { port } = broker;
  const kafka = client({ bootstrap: `${deadBootstrap},${broker.bootstrap}` });
  assert.equal((await kafka.metadata(['t'])).topics[0]!.name, 't');
  await broker.close();
  const waiting = kafka.metadata(['u']);
  const again = await FakeBroker.start({}, port);
  assert.equal((await waiting).topics[0]!.name, 'u');
  await kafka.close();
  await again.close();
});

test('a broker that is not there is said so in time; closing ends the wait', async () => {
  const dead = await FakeBroker.start();
  const { bootstrap } = dead;
  await dead.close();
  const kafka = client({ bootstrap, retryTimeoutMs: 200 });
  await assert.rejects(kafka.metadata(), { code: 'HW_CLIENT_CONNECT_FAILED' });
  await kafka.close();
  const patient = client({ bootstrap, retryTimeoutMs: 60_000 });
  const waiting = patient.metadata();
  setTimeout(() => void patient.close(), 20);
  await assert.rejects(waiting, { code: 'HW_CLIENT_CLOSED' });
});

test('an old broker is asked in its versions; one too old or too new is named', async () => {
  const broker = await FakeBroker.start();
  const offer = (versions: Record<number, [number, number]>) => {
    broker.handlers[ApiKey.ApiVersions] = (_request, head) => ({
      // A broker that does not know version 3 answers in version 0.
      errorCode: head.apiVersion === 3 ? ErrorCode.UNSUPPORTED_VERSION : 0,
      apiKeys: Object.entries(versions).map(([key, [minVersion, maxVersion]]) => ({
        apiKey: Number(key),
        minVersion,
        maxVersion,
      })),
    });
  };
  offer({ 3: [0, 1], 10: [0, 0], 9: [1, 1] });
  broker.handlers[ApiKey.FindCoordinator] = () => ({ errorCode: 0, nodeId: 1, host: '127.0.0.1', port: broker.port });
  broker.handlers[ApiKey.OffsetFetch] = () => ({ topics: [] });
  const kafka = client({ bootstrap: broker.bootstrap });
  // Version 3 in its own layout: the answer above would be misread, so it is written by hand.
  const refusal = (correlationId: number) => {
    const frame = Buffer.from('0000000a000000000023 00000000'.replaceAll(' ', ''), 'hex');
    frame.writeInt32BE(correlationId, 4);
    return frame;
  };
  const answered = broker.handlers[ApiKey.ApiVersions]!;
  broker.handlers[ApiKey.ApiVersions] = (request, head, socket) =>
    head.apiVersion === 3 ? refusal(head.correlationId) : answered(request, head, socket);
  await kafka.metadata(['t']);
  assert.deepEqual(await kafka.committedOffsets('g'), []);
  const used = broker.seen.map(({ head }) => [head.apiKey, head.apiVersion]);
  assert.deepEqual(used, [
    [18, 3],
    [18, 0],
    [3, 1],
    [10, 0],
    [18, 3],
    [18, 0],
    [9, 1],
  ]);
  await assert.rejects(
    kafka.createTopics([{ name: 't' }]),
    /serves CreateTopics not at all; this client needs one of 2 to 7/,
  );
  await kafka.close();
  await broker.close();
});

test('the same question asked at once is asked once', async () => {
  const broker = await FakeBroker.start();
  const kafka = client({ bootstrap: broker.bootstrap });
  await Promise.all(Array.from({ length: 20 }, () => kafka.cluster.topic('t')));
  assert.equal(broker.requests(ApiKey.Metadata).length, 1);
  await kafka.close();
  await kafka.close();
  await broker.close();
});

test('a wrong address is refused when the client is made', () => {
  for (const bootstrap of ['', 'localhost', 'localhost:x', 'http://localhost:9092']) {
    assert.throws(() => createClient({ bootstrap, clientId: 'test' }), { code: 'HW_CLIENT_BAD_OPTION' }, bootstrap);
  }
  assert.doesNotThrow(() => createClient({ bootstrap: ' a:1 , [::1]:2', clientId: 'test' }));
});
