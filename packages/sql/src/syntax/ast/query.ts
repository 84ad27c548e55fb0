import type { SourceRange } from '../source-range.ts';
import type { Expression, TimeUnit } from './expression.ts';

export interface TimeSpan {
  readonly amount: number;
  readonly unit: TimeUnit;
  readonly durationMs: number;
}

/** `SELECT … FROM …`, as a statement or below CREATE AS and INSERT INTO. */
export interface Query {
  readonly kind: 'query';
  readonly range: SourceRange | null;
  readonly select: readonly SelectItem[];
  readonly from: Relation;
  readonly window: WindowClause | null;
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[] | null;
  readonly partitionBy: readonly Expression[] | null;
  readonly having: Expression | null;
  /** Null without EMIT: a pull query when it stands alone. */
  readonly emit: 'CHANGES' | 'FINAL' | null;
  /** As written: the analyzer rejects what is negative. */
  readonly limit: number | null;
  /** Beyond the dialect, for pull queries. */
  readonly orderBy: readonly OrderItem[] | null;
}

export interface OrderItem {
  readonly expression: Expression;
  readonly isDescending: boolean;
  readonly nulls: 'FIRST' | 'LAST' | null;
}

export type SelectItem =
  | {
      readonly kind: 'column';
      readonly range: SourceRange | null;
      readonly expression: Expression;
      readonly alias: string | null;
      /** `AS name HEADER('key')`, beyond the dialect: written into a header of the record. */
      readonly headerKey: string | null;
    }
  /** `*` or `SOURCE.*`. */
  | { readonly kind: 'all'; readonly range: SourceRange | null; readonly source: string | null }
  /** `struct->*`. */
  | { readonly kind: 'allFields'; readonly range: SourceRange | null; readonly struct: Expression };

export interface AliasedSource {
  readonly kind: 'source';
  readonly range: SourceRange | null;
  readonly name: string;
  /** The name itself where none was given. */
  readonly alias: string;
}

/** Left-deep: `left` is a join where several follow each other. */
export interface Join {
  readonly kind: 'join';
  readonly range: SourceRange | null;
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL';
  readonly left: Relation;
  readonly right: AliasedSource;
  readonly on: Expression;
  readonly within: WithinClause | null;
  /** `LEFT GLOBAL JOIN`, beyond the dialect: with a table that every instance has whole. */
  readonly isGlobal: boolean;
}

export type Relation = AliasedSource | Join;

export interface WithinClause {
  readonly before: TimeSpan;
  readonly after: TimeSpan;
  readonly grace: TimeSpan | null;
}

export type WindowClause =
  | {
      readonly kind: 'TUMBLING';
      readonly size: TimeSpan;
      readonly retention: TimeSpan | null;
      readonly grace: TimeSpan | null;
    }
  | {
      readonly kind: 'HOPPING';
      readonly size: TimeSpan;
      readonly advance: TimeSpan;
      readonly retention: TimeSpan | null;
      readonly grace: TimeSpan | null;
    }
  | {
      readonly kind: 'SESSION';
      readonly gap: TimeSpan;
      readonly retention: TimeSpan | null;
      readonly grace: TimeSpan | null;
    };
