import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import { type Processor, type ProcessorContext, ProcessorOperator } from '../processor/processor.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import type { TableTraits } from './table-source.ts';
import type { TableView } from './table-view.ts';

/** What a `ValueTransformer` sees of the task: all but a way to send records. */
export type TransformerContext = Omit<ProcessorContext<never, never>, 'forward'>;

/** Makes the rows of a table of another's, with stores and punctuation. */
export interface ValueTransformer<K, V, VOut> {
  init?(context: TransformerContext): void;
  /** `value` null: the row was taken away. What is null is none of the new table. */
  transform(value: V | null, key: K): VOut | null;
  close?(): void;
}

export interface TransformValuesOptions<K, V, VOut> {
  create(): ValueTransformer<K, V, VOut>;
  /** Null: rows are worked out again when they are asked for. */
  readonly storeName: string | null;
  readonly traits: TableTraits;
}

export class TransformValues<K, V, VOut> extends Operator<K, Change<V>> {
  readonly #options: TransformValuesOptions<K, V, VOut>;
  readonly #transformer: ValueTransformer<K, V, VOut>;
  #store: KeyValueStore<K, VOut> | null = null;

  constructor(options: TransformValuesOptions<K, V, VOut>) {
    super();
    this.#options = options;
    this.#transformer = options.create();
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { storeName } = this.#options;
    if (storeName !== null) this.#store = context.store<KeyValueStore<K, VOut>>(storeName);
    this.#transformer.init?.(contextFor(context));
  }

  process(key: K, { newValue, oldValue }: Change<V>, timestamp: number): void {
    const { isOldValueSent } = this.#options.traits;
    const after = this.#transformer.transform(newValue, key);
    let before: VOut | null = null;
    if (this.#store !== null) {
      if (isOldValueSent) before = this.#store.get(key);
      this.#store.put(key, after, timestamp);
    } else if (isOldValueSent) before = this.#transformer.transform(oldValue, key);
    this.next.process(key, new Change(after, before), timestamp);
  }

  override close(): void {
    this.#transformer.close?.();
  }
}

/** What a transformer of its own makes of the rows of another table. */
export function transformedView<K, V, VOut>(
  before: TableView<K, V>,
  transformer: ValueTransformer<K, V, VOut>,
): TableView<K, VOut> {
  let task: TaskContext;
  return {
    init(context) {
      task = context;
      before.init(context);
      transformer.init?.(contextFor(context));
    },
    get(key) {
      const row = before.get(key);
      // Nobody knows which record the row is from.
      const current = task.record.copy();
      task.record.none();
      try {
        const value = transformer.transform(row === null ? null : row.value, key);
        return value === null ? null : { key, value, timestamp: row === null ? -1 : row.timestamp };
      } finally {
        task.record.restore(current);
      }
    },
  };
}

/** Nothing follows it: there is nowhere to send records to. */
function contextFor(context: TaskContext): TransformerContext {
  const idle: Processor<never, never, never, never> = { process() {} };
  const operator = new ProcessorOperator(idle);
  operator.init(context);
  return operator;
}
