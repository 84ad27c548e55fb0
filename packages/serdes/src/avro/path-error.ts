import { SerializationError, type ValuePath } from '../serialization-error.ts';

/**
 * What goes wrong inside of generated code. The path grows from the inside out while the error passes the functions of the records; only
 * the outermost makes a `SerializationError` of it, so that nothing is paid where nothing is wrong.
 */
export class Misfit {
  readonly reason: string;
  readonly path: (string | number)[] = [];
  readonly cause: unknown;

  constructor(reason: string, cause?: unknown) {
    this.reason = reason;
    this.cause = cause;
  }
}

/** One place of a generated function: names as they are, and `[index of a loop's variable]`. */
export type Site = readonly (string | readonly [number])[];

/** Puts the place in a function before the path of the error. */
export function within(error: unknown, site: Site, variables: ValuePath): Misfit {
  const misfit = error instanceof Misfit ? error : misfitOf(error);
  misfit.path.unshift(...site.map((part) => (typeof part === 'string' ? part : variables[part[0]]!)));
  return misfit;
}

/** Runs what reads or writes one part of a value; not for hot paths. */
export function inside<T>(part: string | number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw within(error, [[0]], [part]);
  }
}

/** Of a value's own accessor, or of the stack that was too small. */
function misfitOf(error: unknown): Misfit {
  const isDeep = error instanceof RangeError && /call stack/i.test(error.message);
  return new Misfit(isDeep ? 'nested too deep' : error instanceof Error ? error.message : String(error), error);
}

export function dataError(error: unknown): SerializationError {
  const { reason, path, cause } = error instanceof Misfit ? error : misfitOf(error);
  return new SerializationError(reason, path, cause === undefined ? {} : { cause });
}

/** A short text of any value, for messages. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value).slice(0, 3).join(', ');
    return names === '' ? 'an object without members' : `an object with ${names}`;
  }
  return typeof value === 'symbol' || typeof value === 'function' ? `a ${typeof value}` : String(value);
}
