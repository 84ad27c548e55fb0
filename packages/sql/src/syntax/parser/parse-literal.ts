import { Decimal } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import { decimalDigitsMax } from '../../types/sql-type.ts';
import { type Long, longOf } from '../../values/long.ts';
import type { Expression } from '../ast/index.ts';
import { tokenize } from '../lexer/lexer.ts';
import type { Token } from '../lexer/token.ts';
import type { SourcePosition, SourceRange } from '../source-range.ts';
import { placeText } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';
import { replacedInString, variableAsLiteral } from './variables.ts';

const numberKinds = new Set(['integer', 'decimal', 'float']);

/** Whether a literal begins here; a sign belongs to the number behind it. */
export function isLiteral(cursor: TokenCursor): boolean {
  if (cursor.isAtEnd) return false;
  const { kind, value } = cursor.token;
  if (kind === 'string' || numberKinds.has(kind)) return true;
  if (kind === 'word') return value === 'NULL' || value === 'TRUE' || value === 'FALSE';
  return cursor.isSymbol('-') && numberKinds.has(cursor.ahead(1).kind);
}

/** NULL, a boolean, a string, a number with or without a minus, or a variable in place of one of these. */
export function parseLiteral(cursor: TokenCursor): Expression {
  if (cursor.token.kind === 'variable' && !cursor.isAtEnd) return parseVariableLiteral(cursor);
  if (!isLiteral(cursor)) {
    for (const what of ['NULL', 'TRUE', 'FALSE']) cursor.expecting(`'${what}'`);
    for (const what of ['STRING', 'INTEGER_VALUE', 'DECIMAL_VALUE', 'FLOATING_POINT_VALUE']) cursor.expecting(what);
    throw cursor.unexpected();
  }
  const { start } = cursor.token;
  cursor.grow(1);
  if (cursor.token.kind === 'string') {
    const value = takeString(cursor);
    return { kind: 'string', range: cursor.rangeFrom(start), value };
  }
  if (cursor.acceptWord('NULL')) return { kind: 'null', range: cursor.rangeFrom(start) };
  if (cursor.acceptWord('TRUE')) return { kind: 'boolean', range: cursor.rangeFrom(start), value: true };
  if (cursor.acceptWord('FALSE')) return { kind: 'boolean', range: cursor.rangeFrom(start), value: false };
  const isNegative = cursor.acceptSymbol('-');
  const token = cursor.next();
  return numberLiteral(token, isNegative, cursor.rangeFrom(start));
}

/** The value of the string that stands here, its variables replaced. */
export function takeString(cursor: TokenCursor): string {
  const token = cursor.expectString();
  const value = replacedInString(token.value, cursor.options.variables);
  if (value !== token.value) cursor.replacements.push({ token, text: `'${value.replaceAll("'", "''")}'` });
  return value;
}

function parseVariableLiteral(cursor: TokenCursor): Expression {
  const token = cursor.next();
  const text = variableAsLiteral(token, cursor.options.variables);
  if (cursor.options.variables !== null) cursor.replacements.push({ token, text });
  cursor.grow(1);
  const range = { start: token.start, end: token.end };
  const [first, second] = tokenize(text, token.start);
  if (first!.kind === 'string') return { kind: 'string', range, value: first!.value };
  if (first!.kind === 'word') return { kind: 'boolean', range, value: first!.value === 'TRUE' };
  const isSigned = first!.kind === 'symbol';
  return numberLiteral(isSigned ? second! : first!, isSigned && first!.text === '-', range);
}

function numberLiteral(token: Token, isNegative: boolean, range: SourceRange): Expression {
  const text = (isNegative ? '-' : '') + token.text;
  switch (token.kind) {
    case 'integer':
      return integerLiteral(text, range);
    case 'float': {
      const value = Number(text);
      if (!Number.isFinite(value)) throw literalError(range.start, `Number overflows DOUBLE: ${text}`);
      return { kind: 'double', range, value, text };
    }
    default:
      if (text.length > decimalDigitsMax) {
        throw literalError(range.start, `A DECIMAL has at most ${decimalDigitsMax} digits, not ${text.length}`);
      }
      return { kind: 'decimal', range, value: Decimal.parse(text) };
  }
}

function integerLiteral(text: string, range: SourceRange): Expression {
  const value = longOfText(text);
  if (value === null) throw literalError(range.start, `Invalid numeric literal: ${text}`);
  return typeof value === 'number' && value >= -2147483648 && value <= 2147483647
    ? { kind: 'integer', range, value: value + 0 }
    : { kind: 'long', range, value };
}

/** Null beyond 64 bits. */
function longOfText(text: string): Long | null {
  // Twenty digits are out of range whatever they are, but for zeros in front.
  const digits = text.replace(/^(-?)0+(?=\d)/, '$1');
  if (digits.length > 20) return null;
  const value = BigInt(digits);
  return BigInt.asIntN(64, value) === value ? longOf(value) : null;
}

function literalError(position: SourcePosition, detail: string): SqlError {
  return new SqlError('HW_SQL_SYNTAX', `Failed to prepare statement: ${placeText(position)}: ${detail}`, { position });
}
