import assert from 'node:assert/strict';
import type { Acknowledged } from './idempotent-producer.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { type Actor, type Load, makeTopic } from './load.ts';
import { readPartition } from './partition-reader.ts';
import { pause } from './pause.ts';
import { Session } from './session.ts';
import type { World } from './world.ts';

const topic = 'kill-numbers';
const partitions = 3;
const producers = 2;
/** Read again at each check, beside what is new. */
const overlapOffsets = 3_000;

/** What is known of the records of one producer in one partition. */
class Ledger {
  /** By number: where it was found, or was said to be. */
  readonly offsets: (number | undefined)[] = [];
  /** Below it all are acknowledged. */
  acknowledged = 0;
  /** The next number that a reader must find; the overlap begins before it. */
  next = 0;
}

/** Several idempotent producers into the same partitions: each record once, in order, where it was said to be. */
export class IdempotentLoad implements Load {
  readonly name = 'idempotent';
  readonly actors: Actor[];
  readonly #world: World;
  readonly #ledgers = Array.from({ length: producers }, () => Array.from({ length: partitions }, () => new Ledger()));
  readonly #readTo = Array.from({ length: partitions }, () => 0);
  #records = 0;

  constructor(world: World) {
    this.#world = world;
    this.actors = this.#ledgers.map((ledgers, index) => this.#actor(ledgers, index));
  }

  async prepare(session: Session): Promise<void> {
    await makeTopic(session, topic, partitions, { 'segment.bytes': '200000' });
  }

  async check(session: Session, isFinal: boolean): Promise<void> {
    for (let partition = 0; partition < partitions; partition++) {
      const readTo = this.#readTo[partition]!;
      const from = isFinal ? 0 : Math.max(0, readTo - overlapOffsets);
      const { endOffset } = await readPartition(session, topic, partition, from, 'read_uncommitted', (record) => {
        this.#found(partition, record.offset, record.value!, record.offset < readTo, isFinal);
      });
      this.#readTo[partition] = endOffset;
      for (const [producer, ledgers] of this.#ledgers.entries()) {
        const { acknowledged, next } = ledgers[partition]!;
        const where = `producer ${producer}, partition ${partition}`;
        assert.ok(next >= acknowledged, `${where}: acknowledged up to ${acknowledged}, found up to ${next}`);
        if (isFinal) assert.equal(next, acknowledged, `${where}: nothing but what was acknowledged in the end`);
      }
    }
  }

  summary(): string {
    return `${this.#records} records`;
  }

  #actor(ledgers: Ledger[], index: number): Actor {
    const { random } = this.#world;
    const producer = new IdempotentProducer(new Session(this.#world), {
      topic,
      partitions,
      recordOf: (_partition, n) => ({ key: `p${index}`, value: `${index}:${n}:`.padEnd(20 + ((n * 7919) % 300), '.') }),
      onAcknowledged: (batch) => this.#acknowledged(ledgers[batch.partition]!, batch),
    });
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    return {
      step: async (isEnding) => {
        if (isEnding && !producer.hasUnanswered) return false;
        const some = () => {
          const chosen = all.filter(() => random.chance(0.5));
          return chosen.length > 0 ? chosen : [random.pick(all)];
        };
        await producer.step(isEnding ? 0 : 1 + random.below(5), some, () => 1 + random.below(12));
        await pause(random, 12);
        return true;
      },
    };
  }

  #acknowledged(ledger: Ledger, { first, count, baseOffset }: Acknowledged): void {
    assert.equal(first, ledger.acknowledged, 'acknowledged in order');
    ledger.acknowledged = first + count;
    this.#records += count;
    for (let at = 0; at < count; at++) {
      // A check may have found what nobody had been told of.
      assert.equal(ledger.offsets[first + at] ?? baseOffset + at, baseOffset + at, 'found elsewhere before');
      ledger.offsets[first + at] = baseOffset + at;
    }
  }

  #found(partition: number, offset: number, value: string, isAgain: boolean, isFinal: boolean): void {
    const [producer, n] = value.split(':', 2).map(Number) as [number, number];
    const ledger = this.#ledgers[producer]![partition]!;
    const where = `record ${n} of producer ${producer} in partition ${partition}`;
    assert.equal(ledger.offsets[n] ?? offset, offset, `${where} is at ${offset}`);
    ledger.offsets[n] = offset;
    if (isAgain && !isFinal) return;
    // In the end everything is read from the start.
    if (isFinal && n === 0) ledger.next = 0;
    assert.equal(
      n,
      ledger.next,
      `${where} at ${offset}: ${n < ledger.next ? 'twice or out of order' : 'one before it is lost'}`,
    );
    ledger.next = n + 1;
  }
}
