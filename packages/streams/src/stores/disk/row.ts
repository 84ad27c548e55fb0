/** A row that was written since the last run. */
export class Row<V> {
  /** A character a byte. */
  readonly key: string;
  /** Null: taken away. */
  value: V | null = null;
  timestamp = 0;
  /** What downstream knows of it, while it is unsent. */
  sentValue: V | null = null;
  isUnlogged = false;
  isUnsent = false;

  constructor(key: string) {
    this.key = key;
  }
}
