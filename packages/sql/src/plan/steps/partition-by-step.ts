import type { Expression } from '../../syntax/ast/index.ts';
import type { Step, StepSchema } from './step.ts';

/** Gives rows another key. */
export interface PartitionByStep {
  readonly kind: 'partitionBy';
  readonly input: Step;
  /** One for each column of the new key; none: rows have no key any more. */
  readonly expressions: readonly Expression[];
  readonly schema: StepSchema;
}
