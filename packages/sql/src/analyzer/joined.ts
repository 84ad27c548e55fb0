import type { Step } from '../plan/steps/step.ts';
import type { ColumnReference, Expression } from '../syntax/ast/index.ts';
import type { QuerySource } from './query-sources.ts';

/** What has been joined so far. */
export interface Joined {
  readonly step: Step;
  readonly aliases: ReadonlySet<string>;
  /** Expressions that are equal to the key. */
  readonly equal: readonly Expression[];
  readonly viable: readonly ColumnReference[];
  readonly isSynthetic: boolean;
  /** The source whose own key, of one column or several, is the result's: it was only joined by foreign keys, or with global tables. */
  readonly ownKeyOf: QuerySource | null;
}
