import type { Expression, WindowClause } from '../../syntax/ast/index.ts';
import type { Step, StepSchema } from './step.ts';

/** One row for each group (and window). */
export interface AggregateStep {
  readonly kind: 'aggregate';
  readonly input: Step;
  readonly groupBy: readonly Expression[];
  readonly window: WindowClause | null;
  /** EMIT FINAL: a row only when its window has closed. */
  readonly isFinal: boolean;
  readonly functions: readonly {
    readonly name: string;
    readonly call: Extract<Expression, { kind: 'call' }>;
  }[];
  readonly having: Expression | null;
  /** Key: the groups; value: aggregates, the groups again, and the window's bounds. */
  readonly schema: StepSchema;
}
