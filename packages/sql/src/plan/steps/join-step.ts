import type { Expression, WithinClause } from '../../syntax/ast/index.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Step, StepSchema } from './step.ts';

/** Rows of two steps that belong together. Keys of both sides are what they are joined by, but for foreign keys and global tables. */
export interface JoinStep {
  readonly kind: 'join';
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL';
  readonly left: Step;
  readonly right: Step;
  /** Of two streams. */
  readonly within: WithinClause | null;
  /** Of two tables, by an expression of the left one's rows that is no key of it. */
  readonly foreignKey: Expression | null;
  /** Of a stream with a table that every instance has whole: the expression of the stream's rows that its key is. */
  readonly globalKey: Expression | null;
  /** Of a query that looks at what is there now: what is equal in rows that belong together, whatever their keys are. */
  readonly equal?: readonly EqualPair[];
  /** True: the key is a column of its own, equal to none of the sources'. */
  readonly isKeySynthetic: boolean;
  readonly schema: StepSchema;
}

/** Expressions of the rows of both sides, of one type. */
export interface EqualPair {
  readonly left: Expression;
  readonly right: Expression;
  readonly type: SqlType;
}
