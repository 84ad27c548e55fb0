import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, decodeRequest, ProtocolError } from '../index.ts';
import { fuzzRound } from './fuzz.ts';
import { Random } from './random.ts';

test('hostile bytes end in a ProtocolError or an answer', (t) => {
  // The same each time; the soak takes new ones.
  const random = new Random(Number(process.env['SEED'] ?? 1));
  t.diagnostic(`SEED=${random.seed}`);
  for (let round = 0; round < 16_000; round++) {
    try {
      fuzzRound(random);
    } catch (cause) {
      throw new Error(`SEED=${random.seed}, round ${round}`, { cause });
    }
  }
});

test('a small frame cannot claim a large array, string or blob', () => {
  const before = process.memoryUsage();
  const claims = [
    // Metadata 1: an array of 2^31 - 1 topics, and one of as many as a greedy decoder might take.
    () => decodeRequest(ApiKey.Metadata, 1, Buffer.from('7fffffff', 'hex'), 0),
    () => decodeRequest(ApiKey.Metadata, 1, Buffer.from('00ffffff0000', 'hex'), 0),
    // Metadata 9, compact: 2^28 topics.
    () => decodeRequest(ApiKey.Metadata, 9, Buffer.from('8080808001', 'hex'), 0),
    // Produce 3: records of 2 GiB.
    () =>
      decodeRequest(
        ApiKey.Produce,
        3,
        Buffer.from('ffff000100000000000000010001740000000100000000 7fffffff'.replace(' ', ''), 'hex'),
        0,
      ),
    // ApiVersions 3: a name of 4 GiB, and a tagged section of 2^32 - 1 fields.
    () => decodeRequest(ApiKey.ApiVersions, 3, Buffer.from('ffffffff0f61', 'hex'), 0),
    () => decodeRequest(ApiKey.ApiVersions, 3, Buffer.from('0101ffffffff0f', 'hex'), 0),
    // A varint without an end.
    () => decodeRequest(ApiKey.ApiVersions, 3, Buffer.alloc(20, 0xff), 0),
  ];
  for (const claim of claims) assert.throws(claim, ProtocolError);
  const grownBytes = process.memoryUsage().rss - before.rss;
  assert.ok(grownBytes < 64 * 1024 * 1024, `${grownBytes} bytes more`);
});
