import type { DataSource } from '../catalog/data-source.ts';
import type { Step } from './steps/step.ts';

/** A persistent query: steps, and the stream or table that results are written to. */
export interface QueryPlan {
  /** A projection whose key and values are the sink's columns, in their order. */
  readonly step: Extract<Step, { kind: 'project' }>;
  readonly sink: DataSource;
  /** False: rows are only kept to be looked up, and the sink is the source itself. Default true. */
  readonly isSinkWritten?: boolean;
  /** Where the sink's records go in place of its topic, until the query has caught up with the one that it is to replace. */
  readonly resultsTopic?: string;
  /** Where records go that cannot be read, worked on or written. Default: they are left out, and the query fails at a result that cannot be written. */
  readonly deadLetterTopic?: string;
}
