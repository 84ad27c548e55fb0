/** An update of a table: null for a row that was not, or is no longer, there. */
export class Change<V> {
  readonly newValue: V | null;
  /** Only where someone downstream asked for it; null otherwise. */
  readonly oldValue: V | null;

  constructor(newValue: V | null, oldValue: V | null) {
    this.newValue = newValue;
    this.oldValue = oldValue;
  }
}
