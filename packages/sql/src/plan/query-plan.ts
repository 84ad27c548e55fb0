import type { DataSource } from '../catalog/data-source.ts';
import type { Step } from './steps/step.ts';

/** A persistent query: steps, and the stream or table that results are written to. */
export interface QueryPlan {
  /** A projection whose key and values are the sink's columns, in their order. */
  readonly step: Extract<Step, { kind: 'project' }>;
  readonly sink: DataSource;
}
