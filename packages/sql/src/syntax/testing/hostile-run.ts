import { SqlError } from '../../sql-error.ts';
import { checkScript, parseStatement } from '../parse.ts';
import { printStatement } from '../printer/print-statement.ts';
import { mutated } from './mutate.ts';
import { randomStatement } from './random-statement.ts';
import { SeededRandom } from './seeded-random.ts';

export interface HostileRun {
  readonly statements: number;
  readonly taken: number;
  readonly refused: number;
  readonly longestMs: number;
}

/**
 * Gives the parser so many statements that went wrong in some way.
 *
 * @throws what is thrown by the parser other than a `SqlError` with a message and a place in the text
 */
export function runHostile(seed: number, count: number): HostileRun {
  const random = new SeededRandom(seed);
  let taken = 0;
  let longestMs = 0;
  let original = '';
  for (let at = 0; at < count; at++) {
    if (at % 8 === 0) original = printStatement(randomStatement(random));
    const text = mutated(original, random);
    const started = performance.now();
    if (isTaken(text, seed)) taken++;
    longestMs = Math.max(longestMs, performance.now() - started);
  }
  return { statements: count, taken, refused: count - taken, longestMs };
}

function isTaken(text: string, seed: number): boolean {
  try {
    const { statements, errors } = checkScript(`${text};`);
    for (const error of errors) checkError(error, text);
    for (const statement of statements) parseStatement(statement, { variables: new Map([['x', 'y']]) });
    return errors.length === 0;
  } catch (error) {
    if (error instanceof SqlError) {
      checkError(error, text);
      return false;
    }
    throw new Error(`seed ${seed}: not a SqlError for ${JSON.stringify(text)}`, { cause: error });
  }
}

function checkError(error: SqlError, text: string): void {
  const index = error.position?.index ?? -1;
  if (index < 0 || index > text.length + 1 || error.message === '' || error.statementText === undefined)
    throw new Error(`an error without its place for ${JSON.stringify(text)}: ${error.message}`);
}
