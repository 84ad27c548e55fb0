import type { Decimal } from '@headwater/serdes';
import type { SqlType } from '../../types/sql-type.ts';
import type { Long } from '../../values/long.ts';
import type { SourceRange } from '../source-range.ts';

/** Nodes are plain, immutable data; `range` is where they stand in the script (null: made by a rewrite). */
interface Node {
  readonly range: SourceRange | null;
}

export type Expression =
  | NullLiteral
  | BooleanLiteral
  | IntegerLiteral
  | LongLiteral
  | DoubleLiteral
  | DecimalLiteral
  | StringLiteral
  | ColumnReference
  | Dereference
  | Subscript
  | Arithmetic
  | Unary
  | Not
  | Logical
  | Comparison
  | IsNull
  | Between
  | InList
  | Like
  | SearchedCase
  | SimpleCase
  | Cast
  | FunctionCall
  | Lambda
  | ArrayConstructor
  | MapConstructor
  | StructConstructor
  | IntervalUnitLiteral
  | AtTimeZone;

export interface NullLiteral extends Node {
  readonly kind: 'null';
}
export interface BooleanLiteral extends Node {
  readonly kind: 'boolean';
  readonly value: boolean;
}
export interface IntegerLiteral extends Node {
  readonly kind: 'integer';
  readonly value: number;
}
export interface LongLiteral extends Node {
  readonly kind: 'long';
  readonly value: Long;
}
export interface DoubleLiteral extends Node {
  readonly kind: 'double';
  readonly value: number;
  /** As it was written: `1.0E2`. */
  readonly text: string;
}
export interface DecimalLiteral extends Node {
  readonly kind: 'decimal';
  readonly value: Decimal;
}
export interface StringLiteral extends Node {
  readonly kind: 'string';
  readonly value: string;
}

/** `NAME` or `SOURCE.NAME`; inside a lambda a name may be one of its parameters (resolved by the analyzer). */
export interface ColumnReference extends Node {
  readonly kind: 'column';
  readonly source: string | null;
  readonly name: string;
}
/** `base->field`. */
export interface Dereference extends Node {
  readonly kind: 'dereference';
  readonly base: Expression;
  readonly field: string;
}
/** `base[index]`. */
export interface Subscript extends Node {
  readonly kind: 'subscript';
  readonly base: Expression;
  readonly index: Expression;
}
/** `||` becomes a call of CONCAT. */
export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly operator: '+' | '-' | '*' | '/' | '%';
  readonly left: Expression;
  readonly right: Expression;
}
export interface Unary extends Node {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly operand: Expression;
}
export interface Not extends Node {
  readonly kind: 'not';
  readonly operand: Expression;
}
export interface Logical extends Node {
  readonly kind: 'logical';
  readonly operator: 'AND' | 'OR';
  readonly left: Expression;
  readonly right: Expression;
}
export interface Comparison extends Node {
  readonly kind: 'comparison';
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'IS DISTINCT FROM' | 'IS NOT DISTINCT FROM';
  readonly left: Expression;
  readonly right: Expression;
}
export interface IsNull extends Node {
  readonly kind: 'isNull';
  readonly isNegated: boolean;
  readonly operand: Expression;
}
/** NOT BETWEEN, NOT IN and NOT LIKE are a `Not` around these. */
export interface Between extends Node {
  readonly kind: 'between';
  readonly value: Expression;
  readonly low: Expression;
  readonly high: Expression;
}
export interface InList extends Node {
  readonly kind: 'in';
  readonly value: Expression;
  readonly list: readonly Expression[];
}
export interface Like extends Node {
  readonly kind: 'like';
  readonly value: Expression;
  readonly pattern: Expression;
  /** One character. */
  readonly escape: string | null;
}
export interface WhenClause {
  readonly condition: Expression;
  readonly result: Expression;
}
export interface SearchedCase extends Node {
  readonly kind: 'case';
  readonly whens: readonly WhenClause[];
  readonly otherwise: Expression | null;
}
/** Parsed, and rejected by the analyzer as ksqlDB does. */
export interface SimpleCase extends Node {
  readonly kind: 'simpleCase';
  readonly operand: Expression;
  readonly whens: readonly WhenClause[];
  readonly otherwise: Expression | null;
}
export interface Cast extends Node {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: SqlType;
}
export interface FunctionCall extends Node {
  readonly kind: 'call';
  /** Upper case unless it was quoted. */
  readonly name: string;
  /** Empty for `COUNT(*)` as well; then `isStar`. */
  readonly arguments: readonly Expression[];
  readonly isStar: boolean;
}
export interface Lambda extends Node {
  readonly kind: 'lambda';
  readonly parameters: readonly string[];
  readonly body: Expression;
}
export interface ArrayConstructor extends Node {
  readonly kind: 'array';
  readonly elements: readonly Expression[];
}
export interface MapConstructor extends Node {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}
export interface StructConstructor extends Node {
  readonly kind: 'struct';
  readonly fields: readonly { readonly name: string; readonly value: Expression }[];
}
/** A bare unit as an argument: `DATEADD(DAYS, 1, D)`. */
export interface IntervalUnitLiteral extends Node {
  readonly kind: 'unit';
  readonly unit: TimeUnit;
}
export interface AtTimeZone extends Node {
  readonly kind: 'atTimeZone';
  readonly value: Expression;
  readonly zone: Expression;
}

export type TimeUnit = 'YEARS' | 'MONTHS' | 'DAYS' | 'HOURS' | 'MINUTES' | 'SECONDS' | 'MILLISECONDS';
