import { LinearRegex } from '@headwater/regex';
import { SchemaError } from '../schema-error.ts';
import type { WorkBudget } from './work-budget.ts';

/** What validation needs of a pattern. */
export interface PatternTest {
  test(text: string): boolean;
  /** Tells patterns apart. */
  toString(): string;
}

/**
 * Patterns that take time linear in the text: schemas come from anyone, and JavaScript's own engine can be kept busy for years by
 * twenty characters. They are read as Java reads them, as in Confluent's serializers.
 *
 * @param canBacktrack runs what only a backtracking engine can (look-around, back-references) by JavaScript's own
 * @throws SchemaError for what needs backtracking
 */
export function patternTest(pattern: string, budget: WorkBudget, canBacktrack: boolean): PatternTest {
  const regex = linear(pattern) ?? backtracking(pattern, canBacktrack);
  const size = pattern.length + 1;
  return {
    test(text) {
      budget.spend((text.length * size) / 8);
      return regex(text);
    },
    toString: () => pattern,
  };
}

function linear(pattern: string): ((text: string) => boolean) | null {
  try {
    const regex = new LinearRegex(pattern);
    return (text) => regex.find(text) !== null;
  } catch {
    return null;
  }
}

function backtracking(pattern: string, isAllowed: boolean): (text: string) => boolean {
  if (!isAllowed) {
    throw new SchemaError(
      `The pattern "${pattern}" needs an engine that backtracks, which a text can keep busy without end. ` +
        'Write it without look-around and back-references; or, where all schemas are your own, allow it (backtrackingPatterns)',
    );
  }
  const regex = new RegExp(pattern, 'u');
  return (text) => regex.test(text);
}
