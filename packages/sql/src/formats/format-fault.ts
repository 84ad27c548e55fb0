import { SqlError } from '../sql-error.ts';

/** A value that is not what its column needs; the path grows while it goes up: `$.ITEMS[2].PRICE`. */
export class FormatFault extends Error {
  path = '';

  within(step: string): this {
    this.path = step + this.path;
    return this;
  }

  toSqlError(): SqlError {
    return new SqlError('HW_SQL_FORMAT', `${this.message}, path: $${this.path}`, { cause: this.cause });
  }
}

/** An error on its way up from a part of a value. */
export function within(error: unknown, step: string): unknown {
  if (error instanceof FormatFault) return error.within(step);
  if (error instanceof RangeError) return new FormatFault(error.message, { cause: error }).within(step);
  return error;
}

/** What users are told. */
export function formatError(error: unknown): unknown {
  const fault = within(error, '');
  return fault instanceof FormatFault ? fault.toSqlError() : error;
}
