import type { Column } from '../../schema/column.ts';
import { findColumn } from '../../schema/find-column.ts';
import type { AggregateStep } from './aggregate-step.ts';
import type { FilterStep } from './filter-step.ts';
import type { FlatMapStep } from './flat-map-step.ts';
import type { JoinStep } from './join-step.ts';
import type { PartitionByStep } from './partition-by-step.ts';
import type { ProjectStep } from './project-step.ts';
import type { SourceStep } from './source-step.ts';

/** What a query does, step by step: immutable, and without a word about what runs it. */
export type Step = SourceStep | FilterStep | PartitionByStep | FlatMapStep | AggregateStep | JoinStep | ProjectStep;

/** `value` are all columns that expressions may name: those of the key and the pseudo columns too. */
export interface StepSchema {
  readonly key: readonly Column[];
  readonly value: readonly Column[];
}

export function columnOf(schema: StepSchema, name: string): Column | undefined {
  return findColumn(schema.value, name) ?? findColumn(schema.key, name);
}

/** Whether its rows are updates of a table. */
export function isTableStep(step: Step): boolean {
  switch (step.kind) {
    case 'source':
      return step.source.kind === 'TABLE';
    case 'aggregate':
      return true;
    case 'join':
      return isTableStep(step.left) && isTableStep(step.right);
    default:
      return isTableStep(step.input);
  }
}

/** The sources below, from left to right. */
export function sourcesOf(step: Step): readonly SourceStep[] {
  switch (step.kind) {
    case 'source':
      return [step];
    case 'join':
      return [...sourcesOf(step.left), ...sourcesOf(step.right)];
    default:
      return sourcesOf(step.input);
  }
}
