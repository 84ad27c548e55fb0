import type { Expression } from '../../syntax/ast/index.ts';
import type { Step, StepSchema } from './step.ts';

/** Several rows of one: those of the table functions side by side, shorter ones filled up with nulls. */
export interface FlatMapStep {
  readonly kind: 'flatMap';
  readonly input: Step;
  readonly functions: readonly {
    readonly name: string;
    readonly call: Extract<Expression, { kind: 'call' }>;
  }[];
  readonly schema: StepSchema;
}
