import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { lz4Compress, lz4Decompress } from './lz4.ts';
import { xxhash32 } from './xxhash32.ts';

/**
 * 150,000 bytes as the reference library (lz4 1.9.4, by Python's lz4.frame) writes them with everything on: blocks of 64 KiB
 * that refer to each other, their checksums, the content's size and checksum.
 */
const LINKED = Buffer.from(
  `
  BCJNGFxA8EkCAAAAAADp/wMAAGJ7ImlkIjoGAPQFfSxnYW1tYSAwMTIzNDU2Nzg5fSwUAAIGACJ9LCoAdmRlbHRhIAopAAIRALRhbHBoYSBiZX
  RhIFIAAhMABlIAAR0ABg8AAh8ABFcAD40AAQNrAAIpAAINAAiSAAasAAYKABwKYAABdQABBQARCgYACE0ABIIABIQABiwAC6sAIgoKcgAH9gAH
  MgAAQQACUQAC+gACVwACpAAHEQEIPwEDTwANRgEKawEEDgEHvwAMPwENkgAISAEGHAADcAAofSyiACViZXIAB84AGQpwAQODAQIgAAoPAih9LC
  MACDkCCCgAAqsBCBMBHgosARMKFAADGwAINAAEpAEOuAEM3gAOpAAIYwAMagEPIgEDDsEBCuYABIgADD4ADY0BBD0ADIUCJmJl5wAqfSz1AQdw
  Ag09Ah4KTQMPWQICEwqSAg/cAQMIIwEILwEHGgMEdAIO0AEIFgEIHgAI+wINdwAE6gANmAMIVAAIxwAPFAMFD0kAAAiZAQh0AA8YBAEPIAADBF
  UACmMACN0ADMQEDToDD20AAQ8tBAkIdwEE3AIfCl0CAQBhAwyqAC9iZboCBg/WAg8HhQADrwIIYgMHHgALZQIDJwACWgIDmgIORgUIeAMDKwAM
  swIvfSyZAAkKaQMvYmXoAwAEigANcgYHCwAJ+wIOGwEeCpwEDQcFDhgBDVIBDBECBMMABCkGLn0saAEPXAEBDTwDBQsCD9QECw7pAg/zAgsLYQ
  UDBwAMTQYMsQIKUwQDSgAEpgIJCgIOEQMO8AcMdAAK7AcECQYPYAEDCMkBC5wHD4cDBwO4AB8KHAAGK2JlXwQI+QENGgUsfSwIAA6aCA8JAQgJ
  gAIKIwkvYmWNAQoHKgInfSwEAQQNAA/BCAEIJwIOZQUEYQktfSwJAw/WBwUfCioAAAQIAQ/aAQMKRgcIWwEMXAANSAcOZQQHXgENgQoDWgEO2w
  IJjwgD3QgCaQgH+gEIswQKswAHbgAPcggDDikGCdwIDwAGDg8CAQcP1AUJHwq4C///////////////////////////////////////////////
  //////////////////////////////////////////////////////////////////////////////////////////////////////////////
  //////////////////////////////////////////////////////////////////////////////////////////////////////////////
  ////////////////////////////////////////////////////////////JVAiaWQiOoEoQQ0KAQAAD7gL//////////////////////////
  //////////////////////////////////////////////////////////////////////////////////////////////////////////////
  //////////////////////////////////////////////////////////////////////////////////////////////////////////////
  ///////////////////////////////////////////////////////////////////////////////////////////////+hQMjM0NTYMfTYX
  VAAAAA+4C///////////////////////////////////////////////////////////////////////////////////////////////////Il
  A2Nzg5ChHv334AAAAA6VAunA==
`,
  'base64',
);
const LINKED_SHA256 = 'aec8ab0016da1f5c3a7eca550b0e7691daf45d4d0a896c575d1bc3691adab2bb';

test('reads linked blocks, and checks every checksum', () => {
  assert.equal(LINKED[4], 0x5c);
  const content = lz4Decompress(LINKED, 150_000);
  assert.equal(createHash('sha256').update(content).digest('hex'), LINKED_SHA256);
  assert.throws(() => lz4Decompress(LINKED, 149_999), { code: 'HW_PROTOCOL_TOO_LARGE' });
  // Wherever a byte is damaged, some check finds it.
  for (let i = 0; i < LINKED.length; i += 7) {
    const damaged = Buffer.from(LINKED);
    damaged[i]! ^= 0x04;
    assert.throws(() => lz4Decompress(damaged, 1 << 20), /lz4: /, `byte ${i}`);
  }
});

test('what does not compress is stored, and takes hardly more room', () => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (Math.imul(i, 0x9e3779b1) ^ (i * i)) >>> 13));
  const packed = lz4Compress(noise);
  assert.ok(packed.length <= noise.length + 7 + 8 + 4);
  assert.deepEqual(lz4Decompress(packed, noise.length), noise);
});

test('the checksum has the values of its specification', () => {
  assert.equal(xxhash32(Buffer.alloc(0)), 0x02cc5d05);
  assert.equal(xxhash32(Buffer.from('a')), 0x550d7456);
  assert.equal(xxhash32(Buffer.from('abc')), 0x32d153ff);
  assert.equal(xxhash32(Buffer.from('Nobody inspects the spammish repetition')), 0xe2293b2f);
});
