import type { Comparison, Expression } from '../syntax/ast/index.ts';

/** Beyond it a condition is not taken apart. */
const alternativesMax = 1_000;

/**
 * A condition as alternatives, each of which is a list of parts that all hold: IN is many equalities, BETWEEN two bounds. Null where there would
 * be too many.
 */
export function alternativesOf(condition: Expression): readonly (readonly Expression[])[] | null {
  switch (condition.kind) {
    case 'logical': {
      const left = alternativesOf(condition.left);
      const right = left && alternativesOf(condition.right);
      if (left === null || right === null) return null;
      const isOr = condition.operator === 'OR';
      const count = isOr ? left.length + right.length : left.length * right.length;
      if (count > alternativesMax) return null;
      return isOr ? [...left, ...right] : left.flatMap((one) => right.map((other) => [...one, ...other]));
    }
    case 'in':
      if (condition.list.length > alternativesMax) return null;
      return condition.list.map((item) => [comparison('=', condition.value, item)]);
    case 'between': {
      const { high, low, value } = condition;
      return [[comparison('>=', value, low), comparison('<=', value, high)]];
    }
    default:
      return [[condition]];
  }
}

/** The parts as one condition. */
export function allOf(parts: readonly Expression[]): Expression {
  return parts.reduce((left, right) => ({ kind: 'logical', range: null, operator: 'AND', left, right }));
}

function comparison(operator: Comparison['operator'], left: Expression, right: Expression): Comparison {
  return { kind: 'comparison', range: null, operator, left, right };
}
