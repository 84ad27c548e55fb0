/** What this package throws: always a mistake of the program that uses it, or of its configuration. */
export type ResilienceErrorCode =
  /** A setting is out of its range; the message names it and the range. */
  | 'HW_RESILIENCE_CONFIG'
  /** A state of a circuit breaker cannot follow the present one. */
  | 'HW_RESILIENCE_TRANSITION';

/**
 * @example
 * try {
 *   new CircuitBreaker('orders', { failureRateThreshold: 150 });
 * } catch (error) {
 *   if (error instanceof ResilienceError) console.error(error.code, error.message);
 * }
 */
export class ResilienceError extends Error {
  readonly code: ResilienceErrorCode;

  constructor(code: ResilienceErrorCode, message: string) {
    super(message);
    this.name = 'ResilienceError';
    this.code = code;
  }
}

/** Throws unless `value` is a number in the range. */
export function checkRange(
  what: string,
  value: number,
  range: { min: number; max?: number; isWhole?: boolean; isMinExcluded?: boolean },
): void {
  const { min, max = Number.MAX_SAFE_INTEGER, isWhole = false, isMinExcluded = false } = range;
  const isInRange = (isMinExcluded ? value > min : value >= min) && value <= max;
  if (typeof value === 'number' && isInRange && (!isWhole || Number.isInteger(value))) return;
  const bounds = `${isMinExcluded ? 'above' : 'at least'} ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`}`;
  throw new ResilienceError(
    'HW_RESILIENCE_CONFIG',
    `${what} must be a ${isWhole ? 'whole ' : ''}number, ${bounds}, not ${JSON.stringify(value)}`,
  );
}
