import { SchemaError } from '../schema-error.ts';

/**
 * Refuses what is no regular expression. The reference takes Java's syntax, schemas are written in ECMAScript's: what either engine
 * understands passes.
 */
export function checkPattern(pattern: string, where: string): void {
  for (const flags of ['u', '']) {
    try {
      new RegExp(pattern, flags);
      return;
    } catch {
      // The next way to read it.
    }
  }
  throw new SchemaError(`"${pattern}" is no regular expression`, where);
}
