import type { Expression } from '../../syntax/ast/index.ts';
import type { Step, StepSchema } from './step.ts';

export interface FilterStep {
  readonly kind: 'filter';
  readonly input: Step;
  readonly predicate: Expression;
  readonly schema: StepSchema;
}
