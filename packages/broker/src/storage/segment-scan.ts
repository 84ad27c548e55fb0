import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  ProtocolError,
  readBatchHeader,
  validateBatch,
} from '@headwater/protocol';
import type { PooledFile } from './files/file-pool.ts';

const blockBytes = 1024 * 1024;
const headerBlockBytes = 16 * 1024;

export interface ScanResult {
  /** Up to here the batches are whole. */
  end: number;
  scannedBytes: number;
  /** Why the scan ended before the end of the range, in words; null when it did not. */
  problem: string | null;
}

export interface ScanOptions {
  file: PooledFile;
  /** A batch border. */
  start: number;
  end: number;
  /** Offsets must not go below it, and go up. */
  firstOffset: number;
  /** Read all bytes and check CRC and records, as after a crash; else headers only. */
  isThorough: boolean;
  /** Returning false ends the scan. */
  visit: (header: BatchHeader, position: number, batch: Buffer) => unknown;
}

/** Goes over the batches of a segment file from one position on. Without `isThorough`, `visit` gets no batch bytes but the header's. */
export function scanSegment(options: ScanOptions): ScanResult {
  const { file, end, isThorough, visit } = options;
  const wantBytes = isThorough ? blockBytes : headerBlockBytes;
  let block: Buffer = Buffer.alloc(0);
  let blockStart = options.start;
  let position = options.start;
  let nextOffset = options.firstOffset;
  let scannedBytes = 0;

  /** Makes `bytes` from `position` on available in the block. */
  const need = (bytes: number): boolean => {
    if (position + bytes > end) return false;
    if (position + bytes <= blockStart + block.length) return true;
    // A new buffer each time: visitors may keep views.
    block = Buffer.allocUnsafeSlow(Math.min(end - position, Math.max(bytes, wantBytes)));
    blockStart = position;
    const count = file.readSync(block, position);
    scannedBytes += count;
    block = block.subarray(0, count);
    return count >= bytes;
  };
  const stop = (problem: string | null): ScanResult => ({ end: position, scannedBytes, problem });

  while (position < end) {
    if (!need(BATCH_HEADER_BYTES)) return stop('a batch header is cut off');
    let header = readBatchHeader(block, position - blockStart);
    if (header.magic !== 2 || header.sizeBytes < BATCH_HEADER_BYTES) return stop('these bytes are no record batch');
    if (position + header.sizeBytes > end) return stop('the last batch is cut off');
    if (header.baseOffset < nextOffset || header.lastOffsetDelta < 0) {
      return stop(`offset ${header.baseOffset} follows where ${nextOffset} or more is due`);
    }
    if (isThorough) {
      if (!need(header.sizeBytes)) return stop('the last batch is cut off');
      try {
        header = validateBatch(block, position - blockStart, { isFromLog: true });
      } catch (error) {
        if (error instanceof ProtocolError) return stop(error.message);
        throw error;
      }
    }
    const at = position - blockStart;
    const goesOn = visit(header, position, block.subarray(at, Math.min(block.length, at + header.sizeBytes)));
    nextOffset = header.nextOffset;
    position += header.sizeBytes;
    if (goesOn === false) return stop(null);
  }
  return stop(null);
}
