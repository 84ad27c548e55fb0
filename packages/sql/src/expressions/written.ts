import type { SqlType } from '../types/sql-type.ts';

/** An expression as JavaScript. */
export interface Written {
  /** Null for the untyped NULL, units of time and lambdas. */
  readonly type: SqlType | null;
  /** A JavaScript expression whose value is never undefined. */
  readonly code: string;
  readonly isNullable: boolean;
  /** Whether evaluating it may throw. */
  readonly isThrowing: boolean;
}

/** Where names get their values from: the row's columns, and around them the parameters of lambdas. */
export interface ExpressionScope {
  column(name: string): Written | undefined;
}

/** Thrown where an operator that needs a value got NULL, as a NullPointerException is in ksqlDB; made once, for it is no rare event. */
export const nullOperand = new Error('an operand is null');

export function throwNullOperand(): never {
  throw nullOperand;
}

/** Places for values that are read twice. */
export class Frame {
  readonly temps: string[] = [];

  /** To stand before the code that uses them. */
  get declaration(): string {
    return this.temps.length === 0 ? '' : `let ${this.temps.join(', ')};`;
  }
}
