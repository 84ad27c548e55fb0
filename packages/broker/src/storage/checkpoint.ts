import { decodeLine, encodeLine } from './checked-lines.ts';
import type { Files } from './files/files.ts';
import type { ProducerSnapshot } from './producer-states.ts';

/**
 * How far a partition is known to be whole and on the disk, so that a start need not read what is before: one checked line in the
 * file `checkpoint` of the partition's directory. Losing it costs time at the next start, nothing else.
 */
export interface Checkpoint {
  /** Segment that was written to, and its size then: a batch border. */
  baseOffset: number;
  position: number;
  /** Start and CRC of the batch before `position` (-1 when the segment was empty): recognizes the file. */
  lastBatchPosition: number;
  lastBatchCrc: number;
  /** Offset of the next record then. */
  endOffset: number;
  maxTimestamp: number;
  offsetOfMaxTimestamp: number;
  firstAppendAtMs: number;
  bytesSinceIndexEntry: number;
  producers: ProducerSnapshot;
}

const kind = 'checkpoint';
const version = 1;

export function checkpointPath(directory: string): string {
  return `${directory}/checkpoint`;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  return Buffer.from(
    encodeLine([
      kind,
      version,
      checkpoint.baseOffset,
      checkpoint.position,
      checkpoint.lastBatchPosition,
      checkpoint.lastBatchCrc,
      checkpoint.endOffset,
      checkpoint.maxTimestamp,
      checkpoint.offsetOfMaxTimestamp,
      checkpoint.firstAppendAtMs,
      checkpoint.bytesSinceIndexEntry,
      checkpoint.producers,
    ]),
  );
}

/** Undefined when the file is absent, null when it is not readable as one. */
export function readCheckpoint(files: Files, directory: string): Checkpoint | null | undefined {
  let text: string;
  try {
    text = files.readFile(checkpointPath(directory)).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const fields = decodeLine(text.trimEnd());
  if (fields === undefined || fields[0] !== kind || fields[1] !== version) return null;
  const [baseOffset, position, lastBatchPosition, lastBatchCrc, endOffset, ...rest] = fields.slice(2) as number[];
  const [maxTimestamp, offsetOfMaxTimestamp, firstAppendAtMs, bytesSinceIndexEntry] = rest;
  return {
    baseOffset: baseOffset!,
    position: position!,
    lastBatchPosition: lastBatchPosition!,
    lastBatchCrc: lastBatchCrc!,
    endOffset: endOffset!,
    maxTimestamp: maxTimestamp!,
    offsetOfMaxTimestamp: offsetOfMaxTimestamp!,
    firstAppendAtMs: firstAppendAtMs!,
    bytesSinceIndexEntry: bytesSinceIndexEntry!,
    producers: fields[11] as ProducerSnapshot,
  };
}
