import type { BatchHeader } from '@headwater/protocol';
import type { ProducerStates } from './producer-states.ts';
import type { Segment } from './segment.ts';
import { decodeMarker } from './transaction-marker.ts';

/** Takes a batch that is in the log into account: its producer's sequence, and the transaction that it begins or ends. */
export function noteProducer(producers: ProducerStates, segment: Segment, header: BatchHeader, batch: Buffer): void {
  if (!header.isIdempotent) return;
  if (!header.isControl) {
    producers.note(header, header.lastOffset);
    return;
  }
  const marker = decodeMarker(batch);
  if (marker === null) return;
  const ended = producers.noteMarker(marker, header.lastOffset, header.maxTimestamp);
  if (ended === null || ended.isCommit) return;
  const { producerId, firstOffset, lastOffset } = ended;
  // How far everything is decided now that this one is: a reader below it need not look at later segments.
  const lastStableOffset = Math.min(producers.firstUndecidedOffset, header.nextOffset);
  segment.transactionIndex.add({ producerId, firstOffset, lastOffset, lastStableOffset });
}
