import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { ValueMapper } from './stateless.ts';
import type { TableView } from './table-view.ts';

export type ValueJoiner<K, V1, V2, VOut> = (left: V1, right: V2, key: K) => VOut;

/** Each record of a stream with the row of a table. Records without key or value, and inner ones without a row, are left out. */
export class StreamTableJoin<K, V, KTable, VTable, VOut> extends Operator<K, V | null> {
  readonly #table: TableView<KTable, VTable>;
  readonly #joiner: ValueJoiner<K, V, VTable | null, VOut>;
  /** Null: the record's own key. */
  readonly #select: ValueMapper<K, V, KTable> | null;
  readonly #isLeft: boolean;

  constructor(
    table: TableView<KTable, VTable>,
    joiner: ValueJoiner<K, V, VTable | null, VOut>,
    select: ValueMapper<K, V, KTable> | null,
    isLeft: boolean,
  ) {
    super();
    this.#table = table;
    this.#joiner = joiner;
    this.#select = select;
    this.#isLeft = isLeft;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#table.init(context);
  }

  process(key: K, value: V | null, timestamp: number): void {
    if (value === null) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    const tableKey = this.#select === null ? (key as unknown as KTable | null) : this.#select(value, key);
    if (tableKey === null || tableKey === undefined) {
      // A left join has a result for every record.
      if (this.#isLeft) this.next.process(key, this.#joiner(value, null, key), timestamp);
      else this.context.metrics.recordsSkipped++;
      return;
    }
    const row = this.#table.get(tableKey);
    if (row !== null) this.next.process(key, this.#joiner(value, row.value, key), timestamp);
    else if (this.#isLeft) this.next.process(key, this.#joiner(value, null, key), timestamp);
  }
}
