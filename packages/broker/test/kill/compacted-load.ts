import assert from 'node:assert/strict';
import type { RecordInput } from '@headwater/protocol';
import { IdempotentProducer } from './idempotent-producer.ts';
import { type Actor, type Load, makeTopic } from './load.ts';
import { readPartition } from './partition-reader.ts';
import { pause } from './pause.ts';
import { Session } from './session.ts';
import type { World } from './world.ts';

const topic = 'kill-keys';
const partitions = 2;
const keys = 60;

/**
 * One producer into a compacted topic, so that record n stands at offset n for good: whatever compaction has taken, what is left is what
 * was written there, and the newest record of each key is left unless it is a tombstone.
 */
export class CompactedLoad implements Load {
  readonly name = 'compacted';
  readonly actors: Actor[];
  readonly #acknowledged = Array.from({ length: partitions }, () => 0);
  #compacted = 0;

  constructor(world: World) {
    const { random } = world;
    const producer = new IdempotentProducer(new Session(world), {
      topic,
      partitions,
      recordOf,
      onAcknowledged: ({ partition, first, count, baseOffset }) => {
        assert.equal(baseOffset, first, `record ${first} of ${topic}-${partition}`);
        assert.equal(first, this.#acknowledged[partition], 'acknowledged in order');
        this.#acknowledged[partition] = first + count;
      },
    });
    const step = async (isEnding: boolean) => {
      if (isEnding && !producer.hasUnanswered) return false;
      const some = () => [random.below(partitions)];
      await producer.step(isEnding ? 0 : 1 + random.below(3), some, () => 1 + random.below(40));
      await pause(random, 15);
      return true;
    };
    this.actors = [{ step }];
  }

  async prepare(session: Session): Promise<void> {
    await makeTopic(session, topic, partitions, {
      'cleanup.policy': 'compact',
      'segment.bytes': '8000',
      'min.cleanable.dirty.ratio': '0.01',
      'delete.retention.ms': '300',
      'segment.ms': '1000',
    });
  }

  async check(session: Session): Promise<void> {
    this.#compacted = 0;
    for (let partition = 0; partition < partitions; partition++) {
      const found = new Map<string, number>();
      let records = 0;
      const { endOffset } = await readPartition(session, topic, partition, 'earliest', 'read_uncommitted', (record) => {
        const { key, value } = recordOf(partition, record.offset);
        assert.deepEqual([record.key, record.value], [key, value], `${topic}-${partition} at ${record.offset}`);
        found.set(record.key!, record.offset);
        records++;
      });
      const acknowledged = this.#acknowledged[partition]!;
      assert.ok(endOffset >= acknowledged, `${topic}-${partition} ends at ${endOffset}, acknowledged ${acknowledged}`);
      this.#compacted += endOffset - records;
      for (const [key, offset] of newest(partition, endOffset)) {
        const isTombstone = recordOf(partition, offset).value === null;
        const at = found.get(key);
        if (isTombstone && at === undefined) continue;
        assert.equal(at, offset, `the newest record of ${key} in ${topic}-${partition}`);
      }
    }
  }

  summary(): string {
    const records = this.#acknowledged.reduce((sum, each) => sum + each, 0);
    return `${records} records, ${this.#compacted} of them compacted`;
  }
}

/** Seeded by its number alone: keys in no order, now and then a tombstone. */
function recordOf(partition: number, n: number): RecordInput {
  const mixed = Math.imul(n + partition * 7 + 1, 0x9e37_79b1) >>> 0;
  const key = `k${mixed % keys}`;
  return { key, value: (mixed >>> 8) % 9 === 0 ? null : `${key}=${n}:`.padEnd(20 + ((mixed >>> 12) % 200), '.') };
}

/** By key, the offset of its newest record below `endOffset`. */
function newest(partition: number, endOffset: number): Map<string, number> {
  const offsets = new Map<string, number>();
  for (let n = endOffset - 1; n >= 0 && offsets.size < keys; n--) {
    const key = recordOf(partition, n).key as string;
    if (!offsets.has(key)) offsets.set(key, n);
  }
  return offsets;
}
