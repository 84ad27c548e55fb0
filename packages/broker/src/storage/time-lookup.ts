import { type BatchHeader, openRecords, ProtocolError } from '@headwater/protocol';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { TimestampOffset } from './types.ts';

/** Offsets that a reader may see: from `start` up to, not including, `end`. */
export interface ReadableRange {
  start: number;
  end: number;
}

/** The first readable record whose timestamp is `timestamp` or later. */
export function findTimestamp(segments: SegmentList, range: ReadableRange, timestamp: number): TimestampOffset | null {
  for (const segment of segments) {
    segment.ensureIndexes();
    if (segment.maxTimestamp < timestamp) continue;
    const near = segment.timeIndex.floor(timestamp);
    const found = firstRecord(segment, near === null ? 0 : segment.baseOffset + near.value, timestamp, range);
    if (found !== null) return found;
  }
  return null;
}

/** The first of the readable records with the greatest timestamp. */
export function findMaxTimestamp(segments: SegmentList, range: ReadableRange): TimestampOffset | null {
  let latest: Segment | null = null;
  for (const segment of segments) {
    segment.ensureIndexes();
    if (segment.maxTimestamp > (latest?.maxTimestamp ?? -1)) latest = segment;
  }
  return latest === null ? null : firstRecord(latest, latest.offsetOfMaxTimestamp, latest.maxTimestamp, range);
}

/** From about `offset` on; the record must be found in the batch, which an index does not tell apart. */
function firstRecord(
  segment: Segment,
  offset: number,
  timestamp: number,
  range: ReadableRange,
): TimestampOffset | null {
  let found: TimestampOffset | null = null;
  segment.walk(segment.positionNear(offset), segment.sizeBytes, (header, position) => {
    if (header.baseOffset >= range.end) return false;
    if (header.maxTimestamp < timestamp || header.lastOffset < range.start) return true;
    found = firstInBatch(segment.readBatch(position, header.sizeBytes), header, timestamp, range.start);
    return found === null;
  });
  return found;
}

function firstInBatch(
  batch: Buffer,
  header: BatchHeader,
  timestamp: number,
  startOffset: number,
): TimestampOffset | null {
  try {
    const cursor = openRecords(batch);
    while (cursor.next()) {
      if (cursor.timestamp < timestamp || cursor.offset < startOffset) continue;
      return { offset: cursor.offset, timestamp: cursor.timestamp };
    }
    return null;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // A producer compressed what does not unpack: consumers will see, but may still find the place.
    return { offset: Math.max(header.baseOffset, startOffset), timestamp: header.maxTimestamp };
  }
}
