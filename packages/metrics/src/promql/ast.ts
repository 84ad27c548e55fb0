import type { Matcher } from '../labels/matcher.ts';

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

interface Node {
  /** Where it stands in the query. */
  from: number;
  to: number;
}

/** When a selector looks: `offset`, `@`. Seconds are milliseconds here. */
export interface TimeShift {
  offsetMs: number;
  at: number | 'start' | 'end' | null;
}

export interface NumberLiteral extends Node {
  kind: 'number';
  value: number;
}
export interface TextLiteral extends Node {
  kind: 'string';
  value: string;
}
export interface VectorSelector extends Node, TimeShift {
  kind: 'selector';
  matchers: readonly Matcher[];
}
export interface MatrixSelector extends Node {
  kind: 'matrix';
  selector: VectorSelector;
  rangeMs: number;
}
export interface Subquery extends Node, TimeShift {
  kind: 'subquery';
  expression: Expression;
  rangeMs: number;
  /** 0: the evaluation interval of the server. */
  stepMs: number;
}
export interface Call extends Node {
  kind: 'call';
  name: string;
  args: readonly Expression[];
}
export interface Aggregate extends Node {
  kind: 'aggregate';
  operator: string;
  expression: Expression;
  parameter: Expression | null;
  isWithout: boolean;
  labels: readonly string[];
}
export interface VectorMatching {
  isOn: boolean;
  labels: readonly string[];
  group: 'left' | 'right' | null;
  include: readonly string[];
}
export interface Binary extends Node {
  kind: 'binary';
  operator: string;
  left: Expression;
  right: Expression;
  isBool: boolean;
  matching: VectorMatching;
}
export interface Unary extends Node {
  kind: 'unary';
  operator: '+' | '-';
  expression: Expression;
}
export interface Paren extends Node {
  kind: 'paren';
  expression: Expression;
}

export type Expression =
  | NumberLiteral
  | TextLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;

export const comparisons: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);
export const setOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** The expression without the parentheses around it. */
export function bare(expression: Expression): Expression {
  return expression.kind === 'paren' ? bare(expression.expression) : expression;
}
