import { BATCH_HEADER_BYTES, crc32c } from '@headwater/protocol';
import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';

/** What lengths and counts should not be. */
const nasty = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** Flips bits, sets bytes, lies about lengths, cuts off, and splices with `other`; the first `kept` bytes stay in most cases. */
export function mutate(original: Buffer, other: Buffer, random: SeededRandom, kept = 0): Buffer {
  let bytes = Buffer.from(original);
  // Key and version mostly stay, or all would end at the door.
  const first = random.chance(0.9) ? Math.min(kept, bytes.length) : 0;
  for (let changes = 1 + random.below(4); changes > 0 && bytes.length > first; changes--) {
    const at = first + random.below(bytes.length - first);
    const dice = random.below(100);
    if (dice < 30) bytes[at] = random.below(256);
    else if (dice < 50) bytes[at]! ^= 1 << random.below(8);
    else if (dice < 75 && at + 4 <= bytes.length) bytes.writeUInt32BE(random.pick(nasty), at);
    else if (dice < 80) bytes = bytes.subarray(0, at);
    else if (dice < 90) bytes.copy(bytes, at, first, first + random.below(16));
    else bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length))]);
  }
  return bytes;
}

const lengthOffset = 8;
const crcOffset = 17;
const attributesOffset = 21;
const lastOffsetDeltaOffset = 23;
const recordsCountOffset = 57;

/** A batch that is damaged below its checksum, which is right: a client that lies, not a cable that does. */
export function lyingBatch(original: Buffer, other: Buffer, random: SeededRandom): Buffer {
  let bytes = Buffer.from(original);
  const dice = random.below(10);
  if (dice < 5)
    bytes = Buffer.concat([
      bytes.subarray(0, BATCH_HEADER_BYTES),
      mutate(bytes.subarray(BATCH_HEADER_BYTES), other, random),
    ]);
  else if (dice < 7) bytes.writeInt32BE(random.pick([-1, 0, 1, 1000, 0x7fff_ffff, -0x8000_0000]), recordsCountOffset);
  else if (dice < 8) bytes.writeInt32BE(random.pick([-1, 0, 5, 0x7fff_ffff]), lastOffsetDeltaOffset);
  else bytes.writeInt16BE(random.below(0x80), attributesOffset);
  bytes.writeInt32BE(random.chance(0.9) ? bytes.length - 12 : random.pick([-1, 0, 49, 0x7fff_ffff]), lengthOffset);
  if (random.chance(0.95)) bytes.writeUInt32BE(crc32c(bytes, attributesOffset), crcOffset);
  return bytes;
}
