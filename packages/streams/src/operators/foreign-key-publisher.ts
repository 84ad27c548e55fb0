import type { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import { instructions, type Subscription, type SubscriptionResponse } from '../serdes/subscription-serdes.ts';
import type { SubscriptionStore } from '../stores/subscription-store.ts';
import type { TableView } from './table-view.ts';

/** Keeps who wants to hear of which foreign key, and hands the subscription on to be answered. */
export class ForeignKeySubscriptions<K, KForeign> extends Operator<KForeign | null, Subscription<K>> {
  readonly #storeName: string;
  #store!: SubscriptionStore<KForeign, K>;

  constructor(storeName: string) {
    super();
    this.#storeName = storeName;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#store = context.store<SubscriptionStore<KForeign, K>>(this.#storeName);
  }

  process(foreignKey: KForeign | null, subscription: Subscription<K>, timestamp: number): void {
    const { instruction, primaryKey } = subscription;
    if (foreignKey === null) {
      if (instruction !== instructions.answer) {
        this.context.metrics.recordsSkipped++;
        return;
      }
    } else if (instruction === instructions.delete || instruction === instructions.deleteAndAnswer) {
      this.#store.delete(foreignKey, primaryKey, timestamp);
    } else {
      this.#store.put(foreignKey, subscription, timestamp);
    }
    this.next.process(foreignKey, subscription, timestamp);
  }
}

/** Answers a subscription with the row of the foreign key as it is now. */
export class ForeignKeyAnswer<K, KForeign, VForeign> extends Operator<KForeign | null, Subscription<K>> {
  readonly #table: TableView<KForeign, VForeign>;

  constructor(table: TableView<KForeign, VForeign>) {
    super();
    this.#table = table;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#table.init(context);
  }

  process(foreignKey: KForeign | null, subscription: Subscription<K>, timestamp: number): void {
    const { hash, instruction, primaryKey, primaryPartition } = subscription;
    if (instruction === instructions.delete) return;
    const row = foreignKey === null ? null : this.#table.get(foreignKey);
    if (row === null && instruction === instructions.answerIfThere) return;
    const value = row === null || instruction === instructions.deleteAndAnswer ? null : row.value;
    const response: SubscriptionResponse<VForeign> = { hash, value, primaryPartition };
    this.next.process(primaryKey, response, row === null ? timestamp : Math.max(timestamp, row.timestamp));
  }
}

/** Tells the subscribers of a row that it has changed. */
export class ForeignKeyPublisher<K, KForeign, VForeign> extends Operator<KForeign, Change<VForeign>> {
  readonly #storeName: string;
  #store!: SubscriptionStore<KForeign, K>;

  constructor(storeName: string) {
    super();
    this.#storeName = storeName;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#store = context.store<SubscriptionStore<KForeign, K>>(this.#storeName);
  }

  process(foreignKey: KForeign, { newValue }: Change<VForeign>, timestamp: number): void {
    if (foreignKey === null) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    for (const { hash, primaryKey, primaryPartition } of this.#store.subscribersOf(foreignKey)) {
      const response: SubscriptionResponse<VForeign> = { hash, value: newValue, primaryPartition };
      this.next.process(primaryKey, response, timestamp);
    }
  }
}
