import { statementError } from '../analyzer/statement-error.ts';
import { isWindowBound } from '../schema/system-columns.ts';
import type { Comparison, Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';

interface Bounds {
  isEqual: boolean;
  isUpper: boolean;
  isLower: boolean;
}

/** That a bound of windows is given once, as one value or as a range: what ksqlDB asks of a look-up. @throws SqlError in its words */
export function checkWindowBounds(parts: readonly Expression[]): void {
  const seen = new Map<string, Bounds>();
  for (const part of parts) {
    if (part.kind !== 'comparison') continue;
    const column = columnOf(part);
    if (column === null || !isWindowBound(column)) continue;
    const bounds = seen.get(column) ?? { isEqual: false, isUpper: false, isLower: false };
    seen.set(column, bounds);
    const side = sideOf(part);
    if (side === null) continue;
    const isDuplicate = bounds[side];
    bounds[side] = true;
    if (bounds.isEqual && (bounds.isUpper || bounds.isLower)) {
      throw statementError(
        `\`${printExpression(part)}\` cannot be combined with other \`${column}\` bounds. Pull queries take one value, or a range`,
      );
    }
    if (isDuplicate) throw statementError(`Duplicate \`${column}\` bounds on: ${sideNames[side]}. Give one of them`);
  }
}

const sideNames = { isEqual: 'EQUAL', isUpper: 'LESS_THAN', isLower: 'GREATER_THAN' } as const;

/** The column that is compared: the right one where both are. */
export function columnOf({ left, right }: Comparison): string | null {
  if (right.kind === 'column') return right.name;
  return left.kind === 'column' ? left.name : null;
}

function sideOf({ operator, right }: Comparison): keyof Bounds | null {
  if (operator === '=') return 'isEqual';
  if (!/^[<>]=?$/.test(operator)) return null;
  return operator.startsWith('<') === (right.kind === 'column') ? 'isLower' : 'isUpper';
}
