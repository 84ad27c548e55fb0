import type { Expression } from '../../syntax/ast/index.ts';
import type { Step, StepSchema } from './step.ts';

/** A header of results. */
export interface HeaderItem {
  /** Of the column that shows it. */
  readonly name: string;
  readonly key: string;
  readonly expression: Expression;
}

/** What was selected. */
export interface ProjectStep {
  readonly kind: 'project';
  readonly input: Step;
  /** The value's columns, in the order of the schema's. The key is the input's. */
  readonly items: readonly { readonly name: string; readonly expression: Expression }[];
  /** What is written into headers of the record, as BYTES or STRING. */
  readonly headers?: readonly HeaderItem[];
  readonly schema: StepSchema;
}
