/** Bytes from outside: frames of the protocol guide read by hand, and what another implementation reads and writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressionsAlgorithms, protocolErrors, Reader, readRecordsBatch } from '@platformatic/kafka';
import {
  ApiKey,
  type CompressionName,
  compress,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  decompress,
  encodeBatch,
  encodeRequest,
  encodeResponse,
  errors,
} from '../index.ts';
import { Random } from '../test/random.ts';

const bytes = (text: string) => Buffer.from(text.replace(/\/\/.*$/gm, '').replace(/\s+/g, ''), 'hex');

test('an ApiVersions request of version 3, byte by byte', () => {
  const frame = bytes(`
    00000021              // size
    0012 0003 00000001    // ApiVersions, version 3, correlation id 1
    0004 74657374         // client id 'test', never compact
    00                    // no tags in the header
    09 6c696272646b6166   // compact string of 8: 'librdkaf'
    06 312e392e30         // compact string of 5: '1.9.0'
    00                    // no tags
  `);
  const body = { clientSoftwareName: 'librdkaf', clientSoftwareVersion: '1.9.0' };
  frame.writeInt32BE(frame.length - 4, 0);
  assert.deepEqual(encodeRequest(ApiKey.ApiVersions, 3, 1, 'test', body), frame);
  const head = decodeRequestHeader(frame.subarray(4));
  assert.deepEqual(head, { apiKey: 18, apiVersion: 3, correlationId: 1, clientId: 'test', bodyOffset: 15 });
  assert.deepEqual(decodeRequest(ApiKey.ApiVersions, 3, frame.subarray(4), 15), body);
});

test('its answer has header version 0, also when the body is flexible', () => {
  const frame = bytes(`
    00000013 00000001     // size, correlation id, and no tags in this header
    0000                  // no error
    02                    // compact array of one
    0003 0000 000d 00     // Metadata 0 to 13, no tags
    00000000              // not throttled
    00                    // no tags
  `);
  frame.writeInt32BE(frame.length - 4, 0);
  const answer = encodeResponse(ApiKey.ApiVersions, 3, 1, {
    errorCode: 0,
    apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 13 }],
  });
  assert.deepEqual(answer, frame);
});

test('a Metadata answer of version 1, byte by byte', () => {
  const frame = bytes(`
    00000007                                          // correlation id
    00000001 00000005 0001 68 00002384 ffff           // one broker: 5, 'h', 9092, null rack
    00000005                                          // controller
    00000001 0000 0001 74 00                          // one topic: no error, 't', not internal
    00000001 0000 00000000 00000005                   // one partition: no error, 0, leader 5
    00000001 00000005 00000001 00000005               // replicas, in sync
  `);
  const { correlationId, body } = decodeResponse(ApiKey.Metadata, 1, frame);
  assert.equal(correlationId, 7);
  assert.deepEqual(body.brokers, [{ nodeId: 5, host: 'h', port: 9092, rack: null }]);
  assert.equal(body.controllerId, 5);
  assert.deepEqual(body.topics[0]!.partitions[0]!.isrNodes, [5]);
});

test('unknown tagged fields are skipped', () => {
  const frame = bytes(`
    00000001 00               // correlation id, no tags
    00000000 0000             // not throttled, no error
    02 07 03 aabbcc 08 00     // two tags that Heartbeat does not have: 7 with three bytes, 8 with none
  `);
  assert.deepEqual(decodeResponse(ApiKey.Heartbeat, 4, frame).body, { throttleTimeMs: 0, errorCode: 0 });
});

const contents = (random: Random) => [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.from('abcd'.repeat(50_000)),
  Buffer.alloc(200_000, 7),
  random.bytes(100_000),
  Buffer.concat([random.bytes(70_000), Buffer.from('{"id":1,"text":"to be or not to be"}'.repeat(4000))]),
];

test('what we compress others decompress, and the other way round', (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}`);
  for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as CompressionName[]) {
    const theirs = compressionsAlgorithms[name];
    for (const content of contents(random)) {
      const label = `${name} ${content.length}`;
      const packed = compress(name, content);
      assert.ok(packed.length <= content.length + content.length / 100 + 64, label);
      assert.deepEqual(decompress(name, packed, content.length), content, label);
      assert.deepEqual(Buffer.from(theirs.decompressSync(packed)), content, `${label}, by them`);
      assert.deepEqual(
        decompress(name, Buffer.from(theirs.compressSync(content)), content.length),
        content,
        `${label}, from them`,
      );
      if (content.length > 1) {
        assert.throws(() => decompress(name, packed, content.length - 1), { code: 'HW_PROTOCOL_TOO_LARGE' }, label);
      }
    }
  }
});

test('another implementation reads our record batches', () => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as CompressionName[]) {
    const batch = encodeBatch({
      compression,
      baseOffset: 9,
      records: [
        { key: 'k', value: 'v', timestamp: 1000, headers: [{ key: 'h', value: 'x' }] },
        { key: null, value: 'w'.repeat(5000), timestamp: 400 },
      ],
    });
    const read = readRecordsBatch(Reader.from(batch));
    assert.equal(read.firstOffset, 9n);
    assert.equal(read.maxTimestamp, 1000n);
    assert.deepEqual(
      read.records.map((record) => [String(record.value).length, Number(record.timestampDelta), record.offsetDelta]),
      [
        [1, 0, 0],
        [5000, -600, 1],
      ],
    );
  }
});

test('another table of error codes agrees with ours', () => {
  for (const [name, info] of Object.entries(protocolErrors)) {
    const ours = errors.get(info.code)!;
    assert.equal(ours.name, name);
    assert.equal(ours.retriable, info.canRetry, name);
  }
});
