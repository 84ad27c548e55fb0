import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CheckpointHeader, decodeFrame, type Frame, frameSizeAt } from './checkpoint-frames.ts';

const readBytes = 1024 * 1024;

/**
 * The frames of a file one after the other, up to the first that is damaged or not whole. A frame is a view that is valid until the next
 * one is asked for. Others get their turn after every megabyte.
 */
export async function* readFrames(path: string, endBytes = Number.MAX_SAFE_INTEGER): AsyncGenerator<Frame> {
  const file = await open(path, 'r');
  try {
    let data = Buffer.allocUnsafe(readBytes);
    let start = 0;
    let end = 0;
    let position = 0;
    for (;;) {
      const sizeBytes = frameSizeAt(data.subarray(0, end), start);
      if (sizeBytes === -1) return;
      if (sizeBytes > 0 && start + sizeBytes <= end) {
        const frame = decodeFrame(data, start, sizeBytes);
        if (frame === null) return;
        yield frame;
        start += sizeBytes;
        continue;
      }
      // What is left moves to the front, of a greater buffer when the frame is greater.
      const rest = data.subarray(start, end);
      const next = sizeBytes > data.length ? Buffer.allocUnsafe(sizeBytes) : data;
      rest.copy(next);
      data = next;
      end = rest.length;
      start = 0;
      const count = await fill(file, data, end, Math.min(position, endBytes), endBytes);
      if (count === 0) return;
      end += count;
      position += count;
      await nextTurn();
    }
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, data: Buffer, at: number, position: number, endBytes: number): Promise<number> {
  const wanted = Math.min(data.length - at, endBytes - position);
  if (wanted <= 0) return 0;
  const { bytesRead } = await file.read(data, at, wanted, position);
  return bytesRead;
}

/** What a file holds, as far as it is whole. */
export interface CheckpointSummary {
  readonly header: CheckpointHeader;
  /** Up to here it is whole; what comes after it is a commit that was being written when the process was killed, or damage. */
  readonly validBytes: number;
  /** -1: it was begun, and has nothing yet. */
  readonly nextOffset: number;
  readonly recordsCount: number;
}

/** Checks a file from its beginning to its end; null when nothing of it can be used. */
export async function checkCheckpoint(path: string): Promise<CheckpointSummary | null> {
  let header: CheckpointHeader | null = null;
  let recordsCount = 0;
  let validBytes = 0;
  let nextOffset = -1;
  for await (const frame of readFrames(path)) {
    if (header === null) {
      if (frame.kind !== 'header') return null;
      header = JSON.parse(String(frame.content)) as CheckpointHeader;
      if (header.format !== 1) return null;
    }
    validBytes += frame.sizeBytes;
    if (frame.kind === 'rows') recordsCount += frame.content.readInt32BE(recordsCountAt);
    if (frame.nextOffset >= 0) nextOffset = frame.nextOffset;
  }
  // A snapshot that is not whole stands for nothing.
  if (header === null || (nextOffset < 0 && recordsCount > 0)) return null;
  return { header, validBytes, nextOffset, recordsCount };
}

/** In the header of a record batch of format 2. */
const recordsCountAt = 57;
