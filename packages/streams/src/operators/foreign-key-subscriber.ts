import type { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import { murmur3 } from '../serdes/murmur3.ts';
import type { Serde } from '../serdes/serde.ts';
import { type Instruction, instructions, type Subscription } from '../serdes/subscription-serdes.ts';
import { bufferOf } from '../stores/bytes.ts';
import { stateKey } from '../stores/state-key.ts';

/** The key of the other table's row; null: there is none. */
export type ForeignKeyOf<K, V, KForeign> = (value: V, key: K) => KForeign | null;

/** What serdes of a foreign-key join are told that they write to, by the name of its registration topic; as in Kafka Streams. */
export function pseudoTopicsOf(applicationId: string, registrationTopic: string) {
  const topic = `${applicationId}-${registrationTopic}`;
  return { foreignKey: `${topic}-fk`, primaryKey: `${topic}-pk`, valueHash: `${topic}-vh` };
}

export interface SubscriberOptions<K, V, KForeign> {
  /** Only for what is counted: an inner join has no result for a row without a foreign key. */
  readonly isLeft: boolean;
  /** False: rows that cannot have had a result are answered only where there is one. */
  readonly isEachRowAnswered: boolean;
  readonly foreignKeyOf: ForeignKeyOf<K, V, KForeign>;
  readonly foreignKeySerde: Serde<KForeign>;
  readonly valueSerde: Serde<V>;
  /** Without the application's prefix. */
  readonly registrationTopic: string;
}

/**
 * Tells the side of the foreign key of each row of the left table, with a hash of its value that comes back with the answer: an answer to a
 * row that has changed since is known by it, and left out. So each change of a row needs an answer of its own. Kafka Streams' left join has
 * that; its inner join does without where the row before had no result either, and keeps a result for ever when the answer that was to take
 * it away is one of those that are left out (4.3.1: two changes of a row within the time that an answer takes). Here both ask the same.
 */
export class ForeignKeySubscriber<K, V, KForeign> extends Operator<K, Change<V>> {
  readonly #options: SubscriberOptions<K, V, KForeign>;
  #topics!: ReturnType<typeof pseudoTopicsOf>;

  constructor(options: SubscriberOptions<K, V, KForeign>) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#topics = pseudoTopicsOf(context.applicationId, this.#options.registrationTopic);
  }

  process(key: K, { newValue, oldValue }: Change<V>, timestamp: number): void {
    if (newValue === null && oldValue === null) return;
    const { foreignKeyOf, isLeft } = this.#options;
    const before = oldValue === null ? null : (foreignKeyOf(oldValue, key) ?? null);
    const after = newValue === null ? null : (foreignKeyOf(newValue, key) ?? null);
    if (!isLeft && newValue !== null && after === null) this.context.metrics.recordsSkipped++;
    const hash = newValue === null ? null : this.#hashOf(newValue);
    if (before !== null && (after === null || !this.#isSame(before, after))) {
      this.#send(before, instructions.delete, key, hash, timestamp);
    }
    const isResultPossible = before !== null && (after === null || !this.#isSame(before, after));
    const isAnswered = this.#options.isEachRowAnswered || newValue === null || isResultPossible;
    // Also where there is no foreign key: the answer makes the result, or takes it away.
    this.#send(after, isAnswered ? instructions.answer : instructions.answerIfThere, key, hash, timestamp);
  }

  #send(
    foreignKey: KForeign | null,
    instruction: Instruction,
    primaryKey: K,
    hash: string | null,
    timestamp: number,
  ): void {
    const primaryPartition = this.context.partition;
    const subscription: Subscription<K> = { hash, instruction, primaryKey, primaryPartition };
    this.next.process(foreignKey, subscription, timestamp);
  }

  #hashOf(value: V): string {
    return murmur3(bufferOf(this.#options.valueSerde.encode(value, this.#topics.valueHash)));
  }

  #isSame(one: KForeign, other: KForeign): boolean {
    const { foreignKeySerde } = this.#options;
    const { foreignKey } = this.#topics;
    return stateKey(one, foreignKeySerde, foreignKey) === stateKey(other, foreignKeySerde, foreignKey);
  }
}
