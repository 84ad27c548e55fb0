import type { Expression } from '../../syntax/ast/index.ts';
import type { Step, StepSchema } from './step.ts';

/** What was selected. */
export interface ProjectStep {
  readonly kind: 'project';
  readonly input: Step;
  /** The value's columns, in the order of the schema's. The key is the input's. */
  readonly items: readonly { readonly name: string; readonly expression: Expression }[];
  readonly schema: StepSchema;
}
