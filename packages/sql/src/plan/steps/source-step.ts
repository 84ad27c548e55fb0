import type { DataSource } from '../../catalog/data-source.ts';
import type { StepSchema } from './step.ts';

/** Rows of a source. In a join its columns are called `ALIAS_COLUMN`. */
export interface SourceStep {
  readonly kind: 'source';
  readonly source: DataSource;
  readonly alias: string;
  /** Before each column's name; empty where there is no join. */
  readonly prefix: string;
  readonly schema: StepSchema;
}
