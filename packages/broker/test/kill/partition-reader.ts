import assert from 'node:assert/strict';
import { ApiKey, ErrorCode, iterateBatches, openRecords } from '@headwater/protocol';
import { isPassing, nameOf, settled } from './load.ts';
import type { Session } from './session.ts';

export interface ReadRecord {
  offset: number;
  key: string | null;
  value: string | null;
}

export type Isolation = 'read_uncommitted' | 'read_committed';

export interface PartitionView {
  logStartOffset: number;
  /** The high watermark, or for read_committed the last stable offset: where the reading ended. */
  endOffset: number;
}

/**
 * Reads a partition from an offset (or the start of the log) to its end as a consumer does, aborted transactions left out, and
 * checks that offsets rise and every answer holds whole batches with right checksums.
 */
export async function readPartition(
  session: Session,
  topic: string,
  partition: number,
  from: number | 'earliest',
  isolation: Isolation,
  visit: (record: ReadRecord) => void,
  /** The start of the log moved past the reader, who goes on there. */
  onJump: () => void = () => {},
): Promise<PartitionView> {
  let next = from === 'earliest' ? await listOffset(session, topic, partition, -2) : from;
  let lastSeen = next - 1;
  for (;;) {
    const answer = await fetch(session, topic, partition, next, isolation);
    // Retention or a deletion of records went on meanwhile.
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && from === 'earliest') {
      next = await listOffset(session, topic, partition, -2);
      onJump();
      continue;
    }
    assert.equal(nameOf(answer.errorCode), 'NONE', `fetch of ${topic}-${partition} at ${next}`);
    const { logStartOffset } = answer;
    const endOffset = isolation === 'read_committed' ? answer.lastStableOffset : answer.highWatermark;
    const before = next;
    const aborted = new AbortedProducers(answer.abortedTransactions ?? []);
    for (const { header, offset } of iterateBatches(answer.records ?? Buffer.alloc(0))) {
      if (header.nextOffset <= next) continue;
      const isHidden = isolation === 'read_committed' && aborted.hides(header, answer.records!, offset);
      if (!header.isControl && !isHidden) {
        const cursor = openRecords(answer.records!, offset);
        while (cursor.next()) {
          if (cursor.offset < next) continue;
          assert.ok(cursor.offset > lastSeen, `offset ${cursor.offset} of ${topic}-${partition} after ${lastSeen}`);
          lastSeen = cursor.offset;
          visit({ offset: cursor.offset, key: text(cursor.key()), value: text(cursor.value()) });
        }
      }
      next = header.nextOffset;
    }
    if (next >= endOffset) return { logStartOffset, endOffset };
    // Only a gap that compaction left at the end, which the active segment never has, could end here.
    assert.ok(next > before, `${topic}-${partition} ends at ${endOffset}, but nothing comes from ${next} on`);
  }
}

export async function listOffset(
  session: Session,
  topic: string,
  partition: number,
  timestamp: number,
): Promise<number> {
  const body = { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }] };
  const found = await settled(
    async () => (await session.call(ApiKey.ListOffsets, 7, body)).topics[0]!.partitions[0]!,
    ({ errorCode }) => errorCode,
  );
  assert.equal(nameOf(found.errorCode), 'NONE', `ListOffsets of ${topic}-${partition}`);
  return found.offset;
}

function fetch(session: Session, topic: string, partition: number, fetchOffset: number, isolation: Isolation) {
  const body = {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 8 * 1024 * 1024,
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 4 * 1024 * 1024 }] }],
  };
  return settled(
    async () => {
      const answer = await session.call(ApiKey.Fetch, 12, body);
      assert.equal(answer.errorCode, 0);
      return answer.responses[0]!.partitions[0]!;
    },
    ({ errorCode }) => (isPassing(errorCode) ? errorCode : 0),
  );
}

/** Which batches of a fetch belong to aborted transactions, as consumers find out. */
class AbortedProducers {
  readonly #coming: { producerId: number; firstOffset: number }[];
  readonly #active = new Set<number>();

  constructor(aborted: readonly { producerId: number; firstOffset: number }[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  hides(
    header: { isControl: boolean; isTransactional: boolean; producerId: number; lastOffset: number },
    records: Buffer,
    offset: number,
  ): boolean {
    while (this.#coming.length > 0 && this.#coming[0]!.firstOffset <= header.lastOffset) {
      this.#active.add(this.#coming.shift()!.producerId);
    }
    if (header.isControl) {
      const cursor = openRecords(records, offset);
      const isAbort = cursor.next() && cursor.key()?.readInt16BE(2) === 0;
      if (isAbort) this.#active.delete(header.producerId);
      return true;
    }
    return header.isTransactional && this.#active.has(header.producerId);
  }
}

function text(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('latin1');
}
