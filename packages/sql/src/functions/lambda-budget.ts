/** What the lambdas of one call may do, with those within them. */
const workMax = 5_000_000;
let depth = 0;
let left = 0;

/** One call of a lambda: counts more where what is given to it is large. @throws RangeError when the budget is spent */
export function spendOn(value: unknown): void {
  left -= 1;
  if (typeof value === 'string') left -= value.length >> 4;
  else if (Array.isArray(value)) left -= value.length >> 2;
  else if (value instanceof Map) left -= value.size;
  if (left < 0) throw new RangeError(`The lambdas of one call do at most ${workMax} steps`);
}

/** Elements that are made within a lambda count too. */
export function spendElements(count: number): void {
  if (depth === 0) return;
  left -= count;
  if (left < 0) throw new RangeError(`The lambdas of one call do at most ${workMax} steps`);
}

/**
 * A function with lambdas. Lambdas in lambdas multiply, so that a short statement could keep the process busy for years: all within the outermost
 * call have one budget together.
 */
export function budgeted<Given extends unknown[]>(run: (...given: Given) => unknown): (...given: Given) => unknown {
  return (...given) => {
    if (depth++ === 0) left = workMax;
    try {
      return run(...given);
    } finally {
      depth--;
    }
  };
}
