import assert from 'node:assert/strict';
import { ApiKey, type RecordInput } from '@headwater/protocol';
import { IdempotentProducer } from './idempotent-producer.ts';
import { type Actor, type Load, makeTopic, nameOf, settled } from './load.ts';
import { type ReadRecord, readPartition } from './partition-reader.ts';
import { pause } from './pause.ts';
import { Session } from './session.ts';
import type { World } from './world.ts';

const topic = 'kill-short-lived';

/**
 * One producer into a log that retention and DeleteRecords shorten: from its start on, wherever that is, every record is there; the
 * start does not go back, and the producer goes on although its own records may be gone.
 */
export class RetentionLoad implements Load {
  readonly name = 'retention';
  readonly actors: Actor[];
  readonly #session: Session;
  #acknowledged = 0;
  /** Records below it were said to be deleted. */
  #deletedBelow = 0;
  #logStartOffset = 0;

  constructor(world: World) {
    const { random } = world;
    this.#session = new Session(world);
    const producer = new IdempotentProducer(this.#session, {
      topic,
      partitions: 1,
      recordOf: (_partition, n) => recordOf(n),
      onAcknowledged: ({ first, count, baseOffset }) => {
        assert.equal(baseOffset, first, `record ${first} of ${topic}`);
        this.#acknowledged = first + count;
      },
    });
    const step = async (isEnding: boolean) => {
      if (isEnding && !producer.hasUnanswered) return false;
      if (random.chance(0.03) && !producer.hasUnanswered && this.#acknowledged > 0) await this.#deleteSome();
      await producer.step(
        isEnding ? 0 : 1 + random.below(2),
        () => [0],
        () => 1 + random.below(30),
      );
      await pause(random, 15);
      return true;
    };
    this.actors = [{ step }];
  }

  async prepare(session: Session): Promise<void> {
    await makeTopic(session, topic, 1, {
      'segment.bytes': '20000',
      'retention.bytes': '100000',
      'retention.ms': '3000',
    });
  }

  async check(session: Session): Promise<void> {
    let next = -1;
    const visit = ({ offset, value }: ReadRecord) => {
      assert.ok(next < 0 || offset === next, `${topic}: ${offset} follows ${next - 1}`);
      assert.equal(value, recordOf(offset).value, `${topic} at ${offset}`);
      next = offset + 1;
    };
    // Retention goes on while it is read.
    const onJump = () => {
      next = -1;
    };
    const view = await readPartition(session, topic, 0, 'earliest', 'read_uncommitted', visit, onJump);
    assert.ok(
      view.endOffset >= this.#acknowledged,
      `${topic} ends at ${view.endOffset}, acknowledged ${this.#acknowledged}`,
    );
    assert.ok(next < 0 || next === view.endOffset, `${topic}: read up to ${next} of ${view.endOffset}`);
    const least = this.#session.world.keepsDeletions ? Math.max(this.#deletedBelow, this.#logStartOffset) : 0;
    assert.ok(view.logStartOffset >= least, `${topic} starts at ${view.logStartOffset}, was at ${least}`);
    this.#logStartOffset = view.logStartOffset;
  }

  summary(): string {
    return `${this.#acknowledged} records, ${this.#logStartOffset} let go`;
  }

  async #deleteSome(): Promise<void> {
    const { random } = this.#session.world;
    const offset = Math.max(0, this.#acknowledged - random.below(200));
    const body = { topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 30_000 };
    const answer = await settled(
      async () => (await this.#session.call(ApiKey.DeleteRecords, 2, body)).topics[0]!.partitions[0]!,
      ({ errorCode }) => errorCode,
    );
    // Retention may have gone beyond it.
    if (nameOf(answer.errorCode) === 'OFFSET_OUT_OF_RANGE') return;
    assert.equal(nameOf(answer.errorCode), 'NONE', 'DeleteRecords');
    this.#deletedBelow = Math.max(this.#deletedBelow, offset);
  }
}

function recordOf(n: number): RecordInput & { value: string } {
  return { key: `k${n % 10}`, value: `${n}:`.padEnd(30 + ((n * 31) % 300), '.') };
}
