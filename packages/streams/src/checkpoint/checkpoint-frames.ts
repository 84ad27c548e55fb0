import { crc32c } from '@headwater/protocol';

/**
 * What a checkpoint file consists of. A frame: length of its body (4), CRC-32C of the body (4), body. A body: kind (1), next offset (8, a
 * double), content. The first frame is a header. All numbers big-endian.
 */
export type FrameKind = 'header' | 'rows' | 'end-of-snapshot';

const kinds: readonly FrameKind[] = ['header', 'rows', 'end-of-snapshot'];
export const frameOverheadBytes = 17;
const lengthAndCrcBytes = 8;
/** More than a batch can have: a length beyond it is damage. */
const bodyBytesMax = 1 << 30;

/** What a file says of itself: one that says otherwise than expected belongs to somebody else. */
export interface CheckpointHeader {
  readonly format: 1;
  readonly applicationId: string;
  readonly task: string;
  readonly store: string;
  readonly topic: string;
}

export interface Frame {
  readonly kind: FrameKind;
  /** The changelog's offset that the state stands for once this frame is read; -1: not yet one of its own. */
  readonly nextOffset: number;
  readonly content: Buffer;
  /** In the file, with its length. */
  readonly sizeBytes: number;
}

/** The parts of a frame, for one vectored write: the content is not copied. */
export function encodeFrame(kind: FrameKind, nextOffset: number, content: Buffer): [start: Buffer, content: Buffer] {
  const start = Buffer.allocUnsafe(frameOverheadBytes);
  start.writeUInt32BE(9 + content.length, 0);
  start.writeUInt8(kinds.indexOf(kind), lengthAndCrcBytes);
  start.writeDoubleBE(nextOffset, lengthAndCrcBytes + 1);
  start.writeUInt32BE(crc32c(content, 0, content.length, crc32c(start, lengthAndCrcBytes, frameOverheadBytes)), 4);
  return [start, content];
}

/** How many bytes the frame that begins at `offset` has; 0 when its length is not there yet, -1 when it cannot be one. */
export function frameSizeAt(data: Buffer, offset: number): number {
  if (offset + 4 > data.length) return 0;
  const length = data.readUInt32BE(offset);
  return length < 9 || length > bodyBytesMax ? -1 : lengthAndCrcBytes + length;
}

/** The frame that fills data[offset, offset + sizeBytes); null when it is damaged. */
export function decodeFrame(data: Buffer, offset: number, sizeBytes: number): Frame | null {
  const start = offset + lengthAndCrcBytes;
  const end = offset + sizeBytes;
  if (crc32c(data, start, end) !== data.readUInt32BE(offset + 4)) return null;
  const kind = kinds[data.readUInt8(start)];
  if (kind === undefined) return null;
  return { kind, nextOffset: data.readDoubleBE(start + 1), content: data.subarray(start + 9, end), sizeBytes };
}
