import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../test/random.ts';
import { crc32c, crc32cJs, hasNativeCrc32c } from './crc32c.ts';

test('has the check value of the catalogue and those of RFC 3720, B.4', () => {
  assert.equal(crc32cJs(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32cJs(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32cJs(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32cJs(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e);
});

test('goes on from a seed, for any range, and native code agrees with JavaScript', (t) => {
  const random = new Random();
  t.diagnostic(`SEED=${random.seed}, native ${hasNativeCrc32c()}`);
  const data = random.bytes(10_000);
  for (let n = 0; n < 200; n++) {
    const start = random.int(0, data.length);
    const end = random.int(start, data.length);
    const middle = random.int(start, end);
    const expected = crc32cJs(data, start, end);
    assert.equal(crc32c(data, start, end), expected);
    assert.equal(crc32c(data, middle, end, crc32c(data, start, middle)), expected);
  }
});
