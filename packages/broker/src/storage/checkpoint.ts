import { decodeLine, encodeLine } from './checked-lines.ts';
import type { CleaningState } from './cleaning-history.ts';
import type { Files } from './files/files.ts';
import type { ProducerSnapshot } from './producer-states.ts';

/**
 * How far a partition is known to be whole and on the disk, so that a start need not read what is before: one checked line in the
 * file `checkpoint` of the partition's directory. Losing it costs time at the next start, nothing else.
 */
export interface Checkpoint {
  topicId: string;
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
  cleaning: CleaningState;
  producers: ProducerSnapshot;
}

const kind = 'checkpoint';
const version = 1;
export const checkpointFileName = 'checkpoint';

export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  return Buffer.from(
    encodeLine([
      kind,
      version,
      checkpoint.topicId,
      checkpoint.baseOffset,
      checkpoint.position,
      checkpoint.lastBatchPosition,
      checkpoint.lastBatchCrc,
      checkpoint.endOffset,
      checkpoint.maxTimestamp,
      checkpoint.offsetOfMaxTimestamp,
      checkpoint.firstAppendAtMs,
      checkpoint.bytesSinceIndexEntry,
      checkpoint.cleaning,
      checkpoint.producers,
    ]),
  );
}

/**
 * Replaces the checkpoint. Its bytes are on the disk before it gets its name, so that a power cut leaves this one or the one before:
 * what compaction and retention did is only told from a crash's work by a checkpoint that is at least as new.
 */
export async function writeCheckpoint(files: Files, directory: string, bytes: Buffer): Promise<void> {
  const path = `${directory}/${checkpointFileName}`;
  const draft = files.open(`${path}.tmp`, 'create');
  try {
    draft.truncate(0);
    draft.writeSync(bytes, 0);
    await draft.sync();
  } finally {
    draft.close();
  }
  files.rename(`${path}.tmp`, path);
}

/** Null when there is none that can be read. */
export function readCheckpoint(files: Files, directory: string): Checkpoint | null {
  return decodeCheckpoint(files.readFile(`${directory}/${checkpointFileName}`));
}

function decodeCheckpoint(bytes: Buffer): Checkpoint | null {
  const fields = decodeLine(bytes.toString().trimEnd());
  if (fields === undefined || fields[0] !== kind || fields[1] !== version) return null;
  const [baseOffset, position, lastBatchPosition, lastBatchCrc, endOffset, ...rest] = fields.slice(3) as number[];
  const [maxTimestamp, offsetOfMaxTimestamp, firstAppendAtMs, bytesSinceIndexEntry] = rest;
  return {
    topicId: fields[2] as string,
    baseOffset: baseOffset!,
    position: position!,
    lastBatchPosition: lastBatchPosition!,
    lastBatchCrc: lastBatchCrc!,
    endOffset: endOffset!,
    maxTimestamp: maxTimestamp!,
    offsetOfMaxTimestamp: offsetOfMaxTimestamp!,
    firstAppendAtMs: firstAppendAtMs!,
    bytesSinceIndexEntry: bytesSinceIndexEntry!,
    cleaning: fields[12] as CleaningState,
    producers: fields[13] as ProducerSnapshot,
  };
}
