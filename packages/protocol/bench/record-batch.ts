/** A batch of 64 KiB put together, checked as a broker does, and read; and what compression costs. */
import {
  type CompressionName,
  compress,
  decodeRecords,
  decompress,
  encodeBatch,
  openRecords,
  validateBatch,
} from '../index.ts';
import { measure } from './support/measure.ts';

for (const [count, size] of [
  [560, 100],
  [60, 1024],
] as const) {
  const records = Array.from({ length: count }, (_, i) => ({
    key: `key-${i}`,
    value: Buffer.alloc(size, 'x'),
    timestamp: 1e12 + i,
  }));
  const batch = encodeBatch({ records });
  const per = { bytes: batch.length, records: count };
  measure(`batch encode ${count} x ${size} B`, () => encodeBatch({ records }), per);
  measure(`batch validate ${count} x ${size} B`, () => validateBatch(batch), per);
  measure(`batch walk ${count} x ${size} B, no CRC`, () => validateBatch(batch, 0, { checkCrc: false }), per);
  measure(
    `batch read by cursor ${count} x ${size} B`,
    () => {
      const cursor = openRecords(batch);
      while (cursor.next());
    },
    per,
  );
  measure(`batch read as views ${count} x ${size} B`, () => decodeRecords(batch), per);
}

const text = Buffer.from(
  Array.from(
    { length: 600 },
    (_, i) => `{"userId":${i * 7919},"text":"word${i % 50} and word${i % 13}","createdAt":${1.7e12 + i * 31}}`,
  ).join('\n'),
).subarray(0, 65_536 - 16_384);
for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as CompressionName[]) {
  const packed = compress(name, text);
  measure(`${name} compress ${text.length} B of JSON to ${packed.length}`, () => compress(name, text), {
    bytes: text.length,
  });
  measure(`${name} decompress ${text.length} B of JSON`, () => decompress(name, packed, 1 << 20), {
    bytes: text.length,
  });
}
