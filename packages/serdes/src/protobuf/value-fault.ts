import { SerializationError } from '../serialization-error.ts';

/** What is wrong with a value or with bytes, and where: parts of the path are added on the way out. */
export class ValueFault extends Error {
  readonly path: (string | number)[] = [];
}

export function fail(reason: string): never {
  throw new ValueFault(reason);
}

/** Says in which field, and where in a list or map, it was; -1 is no list. */
export function inside(error: unknown, name: string | undefined, at: number | string): unknown {
  if (!(error instanceof ValueFault) || name === undefined) return error;
  if (at !== -1) error.path.unshift(at);
  // Lists and maps say the place, and their field says its name.
  if (name !== '') error.path.unshift(name);
  return error;
}

export function serializationError(error: unknown): unknown {
  return error instanceof ValueFault ? new SerializationError(error.message, error.path) : error;
}

/** How a value is named in messages: short, and never the whole of it. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'a list' : value instanceof Uint8Array ? 'bytes' : 'an object';
}
