import type { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';
import type { TopicConfig } from './topic-config.ts';

/** The oldest segments that retention lets go: those below the start of the log, and by `cleanup.policy=delete` the old and the excess. */
export function deletableSegments(
  segments: SegmentList,
  config: TopicConfig,
  logStartOffset: number,
  now: number,
): Segment[] {
  const { isDeleted, retentionMs, retentionBytes } = config;
  let deletable = segments.oldestWhile((_segment, endOffset) => endOffset <= logStartOffset);
  const consider = (isDeletable: (segment: Segment) => boolean) => {
    // An empty segment is the end of the log, and stays.
    const oldest = segments.oldestWhile((segment, endOffset) => {
      return (segment.sizeBytes > 0 || endOffset !== Number.POSITIVE_INFINITY) && isDeletable(segment);
    });
    if (oldest.length > deletable.length) deletable = oldest;
  };
  if (isDeleted && retentionMs !== Number.POSITIVE_INFINITY)
    consider((segment) => newestMs(segment) < now - retentionMs);
  if (isDeleted && retentionBytes !== Number.POSITIVE_INFINITY) {
    let excessBytes = segments.sizeBytes - retentionBytes;
    consider((segment) => {
      excessBytes -= segment.sizeBytes;
      return excessBytes >= 0;
    });
  }
  return deletable;
}

/** The greatest timestamp; where no record has one, the time of the last write. */
function newestMs(segment: Segment): number {
  segment.ensureIndexes();
  return segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.place.pool.files.modifiedAtMs(segment.log.path);
}
