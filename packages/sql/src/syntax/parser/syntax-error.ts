import { SqlError } from '../../sql-error.ts';
import { reservedWords } from '../lexer/keywords.ts';
import type { Token } from '../lexer/token.ts';
import type { SourcePosition } from '../source-range.ts';
import { nearestWord } from './nearest-word.ts';

/** `line 2:14: `, columns from 1, as ksqlDB's messages begin. */
export function placeText(position: SourcePosition): string {
  return `line ${position.line}:${position.column + 1}`;
}

/** A syntax error in ksqlDB's form: the place, `Syntax Error`, and on the next line what is the matter. */
export function syntaxError(
  position: SourcePosition,
  detail: string,
  options: { hint?: string; expected?: readonly string[] } = {},
): SqlError {
  return new SqlError('HW_SQL_SYNTAX', `${placeText(position)}: Syntax Error\n${detail}`, { position, ...options });
}

const shownAtMost = 60;

/** A token as messages show it. */
export function shown(token: Token): string {
  if (token.kind === 'end') return "'<EOF>'";
  const text = token.text.length > shownAtMost ? `${token.text.slice(0, shownAtMost)}…` : token.text;
  return `'${text}'`;
}

/**
 * What is wrong at a token where something else was expected.
 *
 * @param expected keywords and symbols in quotes, other kinds by their names (IDENTIFIER)
 * @param previous the token before, if any
 */
export function unexpectedToken(token: Token, expected: readonly string[], previous: Token | undefined): SqlError {
  const options = { expected, hint: hintFor(token, expected, previous) ?? undefined };
  const { start } = token;
  if (token.kind === 'unclosed') {
    const what = token.text.startsWith('/*') ? 'A comment' : token.text.startsWith("'") ? 'A string' : 'A quoted name';
    const close = token.text.startsWith('/*') ? '*/' : token.text[0];
    return syntaxError(start, `${what} that begins here has no end`, { ...options, hint: `Close it with ${close}` });
  }
  if (token.kind === 'unknown')
    return syntaxError(start, `token recognition error at: ${shown(token)}`, {
      ...options,
      hint: `Names with other characters than letters, digits and _ are quoted: \`${token.text}\`; strings stand in '…'`,
    });
  const isClause = expected.includes('expression') && clauseWords.has(token.value);
  if (token.kind === 'word' && reservedWords.has(token.value) && expected.includes('IDENTIFIER') && !isClause)
    return syntaxError(
      start,
      `"${token.text}" is a reserved keyword and it can't be used as an identifier. You can use it as an identifier by escaping it as \`${token.text}\``,
      options,
    );
  if (expected.length === 0) return syntaxError(start, `extraneous input ${shown(token)}`, options);
  if (expected.length === 1) return syntaxError(start, `missing ${expected[0]} at ${shown(token)}`, options);
  return syntaxError(start, `Expecting {${expected.join(', ')}}`, options);
}

/** Words that begin a statement. */
export const statementWords: ReadonlySet<string> = new Set(
  `ALTER ASSERT CREATE DEFINE DELETE DESCRIBE DROP EXPLAIN INSERT LIST PAUSE PRINT RESUME REWIND SELECT SET SHOW TERMINATE UNDEFINE
  UNSET`.split(/\s+/),
);

function hintFor(token: Token, expected: readonly string[], previous: Token | undefined): string | null {
  const isAfterComma = previous?.text === ',';
  if (isAfterComma && (token.text === ')' || token.text === ']' || clauseWords.has(token.value)))
    return `Remove the comma before ${shown(token)}, or write what is missing behind it`;
  if (expected.includes("';'") && token.kind === 'word' && statementWords.has(token.value))
    return "End the statement before with ';'";
  if (token.kind === 'end' && expected.includes("';'")) return "End the statement with ';'";
  const notServed = foreignClauses.get(token.value);
  if (token.kind === 'word' && notServed !== undefined) return notServed;
  if (token.kind !== 'word') return null;
  const words = expected.filter((item) => /^'[A-Z]+'$/.test(item)).map((item) => item.slice(1, -1));
  const nearest = nearestWord(token.value, words);
  if (nearest !== null && nearest !== token.value) return `Did you mean ${nearest}?`;
  return clauseOrder.has(token.value)
    ? 'The clauses of a query stand in this order: FROM, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, ORDER BY, EMIT, LIMIT'
    : null;
}

const clauseWords = new Set(['FROM', 'WHERE', 'GROUP', 'HAVING', 'EMIT', 'LIMIT', 'WINDOW', 'WITH', 'AS', 'VALUES']);
const clauseOrder = new Set(['WINDOW', 'WHERE', 'GROUP', 'PARTITION', 'HAVING', 'ORDER', 'EMIT', 'LIMIT']);

const foreignClauses = new Map([
  ['UNION', 'Write a stream with CREATE STREAM … AS SELECT, and add to it with INSERT INTO … SELECT'],
  ['DISTINCT', 'Use GROUP BY, or COUNT_DISTINCT(…)'],
  ['OVER', 'Use WINDOW TUMBLING, HOPPING or SESSION with GROUP BY'],
  ['OFFSET', 'Rows are not skipped: use WHERE, or LIMIT'],
  ['UPDATE', 'Write the row anew with INSERT INTO … VALUES'],
]);
