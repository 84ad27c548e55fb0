import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApiKey,
  apis,
  decodeData,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeData,
  encodeRequest,
  encodeRequestChunks,
  encodeResponse,
  encodeResponseChunks,
  ProtocolError,
} from '../index.ts';
import { Random } from '../test/random.ts';
import { randomMessage } from '../test/random-message.ts';
import { interpretRead, interpretWrite } from './codec/interpret.ts';
import { planMessage } from './codec/plan.ts';
import { Reader } from './codec/reader.ts';
import { Writer } from './codec/writer.ts';
import * as messages from './messages/index.ts';
import { type MessageSchema, parseVersions } from './schema.ts';

const keys = Object.keys(apis).map(Number) as ApiKey[];

test('every API in every version comes back as it was, and the compiled codec agrees with the interpreter', (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  let frames = 0;
  for (const key of keys) {
    const api = apis[key];
    for (let version = api.minVersion; version <= api.newestVersion; version++) {
      for (let n = 0; n < 6; n++) {
        const request = randomMessage(api.request, version, random) as never;
        const frame = encodeRequest(key, version, 42, 'cliënt', request);
        assert.equal(frame.readInt32BE(0), frame.length - 4);
        const head = decodeRequestHeader(frame.subarray(4));
        assert.deepEqual(
          { ...head, bodyOffset: 0 },
          { apiKey: key, apiVersion: version, correlationId: 42, clientId: 'cliënt', bodyOffset: 0 },
        );
        assert.deepEqual(
          decodeRequest(key, version, frame.subarray(4), head.bodyOffset),
          request,
          `${api.name} v${version}`,
        );
        assert.deepEqual(Buffer.concat(encodeRequestChunks(key, version, 42, 'cliënt', request)), frame);
        checkInterpreter(api.request, version, frame.subarray(4 + head.bodyOffset), request);

        const response = randomMessage(api.response, version, random) as never;
        const answer = encodeResponse(key, version, -7, response);
        assert.deepEqual(decodeResponse(key, version, answer.subarray(4)), { correlationId: -7, body: response });
        assert.deepEqual(Buffer.concat(encodeResponseChunks(key, version, -7, response)), answer);
        frames += 2;
      }
    }
  }
  t.diagnostic(`${frames} messages`);
});

test('headers and data structures come back as they were', () => {
  const random = new Random();
  const { requestHeader, responseHeader, endTxnMarker, controlRecordTypeSchema } = messages;
  const { consumerProtocolAssignment, consumerProtocolSubscription } = messages;
  const schemas = [requestHeader, responseHeader, endTxnMarker, controlRecordTypeSchema, consumerProtocolAssignment];
  for (const schema of [...schemas, consumerProtocolSubscription]) {
    const { min, max } = parseVersions(schema.versions);
    for (let version = min; version <= max; version++) {
      const value = randomMessage(schema, version, random);
      const bytes = encodeData(schema, version, value);
      assert.deepEqual(decodeData(schema, version, bytes), value, `SEED=${random.seed} ${schema.name} v${version}`);
      checkInterpreter(schema, version, bytes, value);
    }
  }
});

function checkInterpreter(schema: MessageSchema, version: number, body: Buffer, value: unknown): void {
  const plan = planMessage(schema, version);
  assert.deepEqual(interpretRead(plan, new Reader(body), []), value);
  const writer = new Writer();
  interpretWrite(plan, writer, value, []);
  assert.deepEqual(writer.buffer(false), body);
  writer.release();
}

test('big records are passed on by reference, in place', () => {
  const records = [Buffer.alloc(5000, 1), Buffer.alloc(10, 2), Buffer.alloc(3000, 3)];
  const body = {
    responses: [
      {
        topic: 't',
        partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 9, abortedTransactions: null, records }],
      },
    ],
  };
  const chunks = encodeResponseChunks(ApiKey.Fetch, 12, 1, body);
  assert.equal(chunks.filter((chunk) => chunk === records[0] || chunk === records[2]).length, 2);
  const decoded = decodeResponse(ApiKey.Fetch, 12, Buffer.concat(chunks).subarray(4));
  assert.deepEqual(decoded.body.responses[0]!.partitions[0]!.records, Buffer.concat(records));
});

test('a request of an unknown version or API has a header that can be answered', () => {
  const frame = Buffer.from('0012006300000005000261620000', 'hex');
  assert.deepEqual(decodeRequestHeader(frame), {
    apiKey: 18,
    apiVersion: 99,
    correlationId: 5,
    clientId: 'ab',
    bodyOffset: 13,
  });
  assert.throws(() => decodeRequest(ApiKey.ApiVersions, 99, frame, 13), { code: 'HW_PROTOCOL_UNSUPPORTED_VERSION' });
  assert.equal(decodeRequestHeader(Buffer.from('03e7000000000005ffff', 'hex')).clientId, null);
  assert.throws(() => decodeRequest(999 as ApiKey, 0, frame, 0), { code: 'HW_PROTOCOL_UNKNOWN_API' });
});

test('errors name the message, the field and the byte', () => {
  const frame = encodeRequest(ApiKey.ListOffsets, 7, 1, null, {
    replicaId: -1,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 3, timestamp: -1 }] }],
  }).subarray(4);
  const { bodyOffset } = decodeRequestHeader(frame);
  assert.throws(
    () => decodeRequest(ApiKey.ListOffsets, 7, frame.subarray(0, frame.length - 8), bodyOffset),
    (error) =>
      error instanceof ProtocolError &&
      error.code === 'HW_PROTOCOL_TRUNCATED' &&
      error.api === 'ListOffsetsRequest' &&
      error.version === 7 &&
      error.field === 'topics[0].partitions' &&
      error.offset === 25,
  );
  assert.throws(
    () => encodeRequest(ApiKey.Metadata, 0, 1, null, { topics: null }),
    /not an array \(MetadataRequest v0, field topics\)/,
  );
  assert.throws(
    () =>
      encodeRequest(ApiKey.Heartbeat, 1, 1, null, {
        groupId: 'g',
        generationId: 1,
        memberId: 'm',
        groupInstanceId: 'i',
      }),
    /not in this version: use a newer one \(HeartbeatRequest v1, field groupInstanceId\)/,
  );
  assert.throws(
    () => encodeRequest(ApiKey.Heartbeat, 4, 1, null, { groupId: 'g', memberId: 'm' } as never),
    /undefined is not an int32 \(HeartbeatRequest v4, field generationId\)/,
  );
});
