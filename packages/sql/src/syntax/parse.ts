import { SqlError } from '../sql-error.ts';
import type { SqlType } from '../types/sql-type.ts';
import { sqlTypes } from '../types/sql-type.ts';
import type { Expression, Statement } from './ast/index.ts';
import { tokenize } from './lexer/lexer.ts';
import type { Token } from './lexer/token.ts';
import { parseExpression as parseExpressionAt } from './parser/parse-expression.ts';
import { parseStatementAt } from './parser/parse-statement.ts';
import { parseType as parseTypeAt } from './parser/parse-type.ts';
import { statementWords, syntaxError } from './parser/syntax-error.ts';
import { type ParserOptions, TokenCursor } from './parser/token-cursor.ts';
import type { SourcePosition, SourceRange } from './source-range.ts';

export type { ParserOptions } from './parser/token-cursor.ts';
export type { Variables } from './parser/variables.ts';

/** Of a script, in UTF-16 code units. */
export const scriptLengthMax = 8 * 1024 * 1024;

/** One statement of a script: its text from the first word to the semicolon, and where it stands. */
export interface ScriptStatement {
  readonly text: string;
  readonly range: SourceRange;
}

/** What was found in a script: its statements, and the errors of those that are none. */
export interface ScriptCheck {
  readonly statements: readonly ScriptStatement[];
  readonly errors: readonly SqlError[];
}

type ScriptOptions = Pick<ParserOptions, 'isTestScript'>;

/**
 * Splits a script into its statements, and looks at the syntax of each; types and variables are left to `parseStatement`.
 *
 * @throws SqlError HW_SQL_SYNTAX the first error, with its place in the script
 * @example
 * parseScript("SET 'auto.offset.reset' = 'earliest'; SHOW STREAMS;").map(({ text }) => text);
 */
export function parseScript(text: string, options: ScriptOptions = {}): ScriptStatement[] {
  const { statements, errors } = checkScript(text, { ...options, errorsMax: 1 });
  if (errors.length > 0) throw errors[0]!;
  return [...statements];
}

/**
 * As `parseScript`, but goes on behind a statement that is wrong.
 *
 * @param options.errorsMax how many errors are looked for. Default 100
 */
export function checkScript(text: string, options: ScriptOptions & { errorsMax?: number } = {}): ScriptCheck {
  const { errorsMax = 100, ...parserOptions } = options;
  const statements: ScriptStatement[] = [];
  const errors: SqlError[] = [];
  if (text.length > scriptLengthMax) return { statements, errors: [tooLong(text.length)] };
  const tokens = tokenize(text);
  const syntaxOnly: ParserOptions = { ...parserOptions, variables: null, resolveType: () => sqlTypes.string };
  let from = 0;
  while (from < tokens.length - 1 && errors.length < errorsMax) {
    if (tokens[from]!.text === ';') {
      from++;
      continue;
    }
    const cursor = new TokenCursor(tokens, syntaxOnly, from);
    try {
      parseStatementAt(cursor);
      cursor.expectSymbol(';');
      statements.push(statementOf(text, tokens[from]!, tokens[cursor.index - 1]!));
      from = cursor.index;
    } catch (error) {
      const end = nextStatement(tokens, Math.max(cursor.index, from + 1));
      errors.push(withText(error, statementOf(text, tokens[from]!, tokens[Math.max(end - 1, from)]!).text));
      from = end;
    }
  }
  return { statements, errors };
}

/** Where to go on after an error: behind the next semicolon, or at a line that begins as a statement does. */
function nextStatement(tokens: readonly Token[], from: number): number {
  for (let at = from; at < tokens.length - 1; at++) {
    const token = tokens[at]!;
    if (token.kind === 'symbol' && token.text === ';') return at + 1;
    const isLineStart = at > 0 && tokens[at - 1]!.end.line < token.start.line;
    if (isLineStart && token.kind === 'word' && token.value !== 'SELECT' && statementWords.has(token.value)) return at;
  }
  return tokens.length - 1;
}

function statementOf(text: string, first: Token, last: Token): ScriptStatement {
  return { text: text.slice(first.start.index, last.end.index), range: { start: first.start, end: last.end } };
}

/**
 * The statements' texts by their semicolons alone, for who sends them one by one; strings, quoted names and comments are kept whole. What
 * stands behind the last semicolon is `rest`.
 */
export function splitStatements(text: string): { statements: ScriptStatement[]; rest: string } {
  const statements: ScriptStatement[] = [];
  const tokens = tokenize(text);
  let first: Token | null = null;
  for (const token of tokens) {
    if (token.kind === 'end') break;
    if (token.kind === 'symbol' && token.text === ';') {
      if (first !== null) statements.push(statementOf(text, first, token));
      first = null;
    } else {
      first ??= token;
    }
  }
  return { statements, rest: first === null ? '' : text.slice(first.start.index) };
}

/**
 * The tree of one statement; a semicolon behind it may be left out.
 *
 * @param statement a text, or a statement of `parseScript`: then places are those in the script
 * @throws SqlError HW_SQL_SYNTAX, or HW_SQL_STATEMENT for types that are not known
 */
export function parseStatement(statement: string | ScriptStatement, options: ParserOptions = {}): Statement {
  return readStatement(statement, options).statement;
}

/**
 * The statement with the values of variables in place of `${name}`, as ksqlDB keeps and shows it, and its tree.
 *
 * @throws SqlError as `parseStatement`; HW_SQL_SYNTAX for variables that are unknown, or whose value does not fit its place
 */
export function readStatement(
  statement: string | ScriptStatement,
  options: ParserOptions = {},
): { text: string; statement: Statement } {
  const { text, origin } = typeof statement === 'string' ? { text: statement, origin: undefined } : placed(statement);
  return guarded(text, () => {
    const cursor = TokenCursor.of(text, options, origin);
    const tree = parseStatementAt(cursor);
    cursor.acceptSymbol(';');
    expectEnd(cursor);
    return { text: replaced(text, cursor, origin?.index ?? 0), statement: tree };
  });
}

function placed({ text, range }: ScriptStatement): { text: string; origin: SourcePosition } {
  return { text, origin: range.start };
}

function replaced(text: string, { replacements }: TokenCursor, originIndex: number): string {
  let result = '';
  let from = 0;
  for (const { token, text: value } of replacements) {
    result += text.slice(from, token.start.index - originIndex) + value;
    from = token.end.index - originIndex;
  }
  return result + text.slice(from);
}

/** The tree of an expression that stands alone. @throws SqlError HW_SQL_SYNTAX */
export function parseExpression(text: string, options: ParserOptions = {}): Expression {
  return alone(text, options, parseExpressionAt);
}

/** A type as columns have it: `STRUCT<A INT, B ARRAY<STRING>>`. @throws SqlError HW_SQL_SYNTAX, HW_SQL_STATEMENT */
export function parseType(text: string, options: ParserOptions = {}): SqlType {
  return alone(text, options, parseTypeAt);
}

function alone<Result>(text: string, options: ParserOptions, parse: (cursor: TokenCursor) => Result): Result {
  return guarded(text, () => {
    const cursor = TokenCursor.of(text, options);
    const result = parse(cursor);
    expectEnd(cursor);
    return result;
  });
}

function expectEnd(cursor: TokenCursor): void {
  if (!cursor.isAtEnd) throw cursor.unexpected();
}

function guarded<Result>(text: string, parse: () => Result): Result {
  if (text.length > scriptLengthMax) throw tooLong(text.length);
  try {
    return parse();
  } catch (error) {
    throw withText(error, text);
  }
}

function tooLong(length: number): SqlError {
  return syntaxError(
    { line: 1, column: 0, index: 0 },
    `The text has ${length} characters, at most ${scriptLengthMax} are read`,
    { hint: 'Send it in parts' },
  );
}

/** The same error, with the statement's text. */
function withText(error: unknown, statementText: string): SqlError {
  if (!(error instanceof SqlError)) throw error;
  if (error.statementText !== undefined) return error;
  const { code, message, position, hint, expected, cause } = error;
  return new SqlError(code, message, { position, hint, expected, cause, statementText });
}
