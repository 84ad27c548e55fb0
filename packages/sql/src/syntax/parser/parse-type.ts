import { SqlError, type SqlErrorCode } from '../../sql-error.ts';
import {
  arrayType,
  decimalDigitsMax,
  decimalType,
  mapType,
  type SqlType,
  type StructField,
  sqlTypes,
  structType,
} from '../../types/sql-type.ts';
import { typeWords } from '../lexer/keywords.ts';
import type { SourcePosition } from '../source-range.ts';
import { nearestWord } from './nearest-word.ts';
import { placeText } from './syntax-error.ts';
import type { TokenCursor } from './token-cursor.ts';

const simpleTypes = new Map<string, SqlType>([
  ['BOOLEAN', sqlTypes.boolean],
  ['INT', sqlTypes.integer],
  ['INTEGER', sqlTypes.integer],
  ['BIGINT', sqlTypes.bigint],
  ['DOUBLE', sqlTypes.double],
  ['VARCHAR', sqlTypes.string],
  ['STRING', sqlTypes.string],
  ['BYTES', sqlTypes.bytes],
  ['TIME', sqlTypes.time],
  ['DATE', sqlTypes.date],
  ['TIMESTAMP', sqlTypes.timestamp],
]);

/** `ARRAY<T>` or `T ARRAY`, `MAP<K, V>`, `STRUCT<f T, …>`, `DECIMAL(p, s)`, a simple type, or one that CREATE TYPE made. */
export function parseType(cursor: TokenCursor): SqlType {
  return cursor.nested(() => {
    let type = parseTypeBefore(cursor);
    let depth = cursor.treeDepth;
    while (cursor.isWord('ARRAY')) {
      cursor.next();
      type = arrayType(type);
      cursor.grow(++depth);
    }
    return type;
  });
}

function parseTypeBefore(cursor: TokenCursor): SqlType {
  const { start } = cursor.token;
  if (cursor.isWord('ARRAY') && cursor.isSymbol('<', 1)) {
    openBracket(cursor);
    const element = parseType(cursor);
    const depth = cursor.treeDepth;
    cursor.expectSymbol('>');
    cursor.grow(depth + 1);
    return arrayType(element);
  }
  if (cursor.isWord('MAP') && cursor.isSymbol('<', 1)) {
    openBracket(cursor);
    const key = parseType(cursor);
    const keyDepth = cursor.treeDepth;
    cursor.expectSymbol(',');
    const value = parseType(cursor);
    const depth = Math.max(keyDepth, cursor.treeDepth);
    cursor.expectSymbol('>');
    cursor.grow(depth + 1);
    return mapType(key, value);
  }
  if (cursor.isWord('STRUCT') && cursor.isSymbol('<', 1)) return parseStruct(cursor);
  if (cursor.isWord('STRUCT') && cursor.isSymbol('<>', 1)) {
    openBracket(cursor);
    cursor.grow(1);
    return structType([]);
  }
  if (cursor.acceptWord('DECIMAL')) return parseDecimal(cursor, start);
  return parseNamedType(cursor, start);
}

/** Takes the type's word and the bracket behind it. */
function openBracket(cursor: TokenCursor): void {
  cursor.next();
  cursor.next();
}

function parseStruct(cursor: TokenCursor): SqlType {
  const { start } = cursor.token;
  openBracket(cursor);
  const fields: StructField[] = [];
  const names = new Set<string>();
  let depth = 0;
  if (!cursor.acceptSymbol('>')) {
    do {
      const name = cursor.expectIdentifier();
      const type = parseType(cursor);
      depth = Math.max(depth, cursor.treeDepth);
      if (names.has(name)) throw typeError(start, `Duplicate field names found in STRUCT: \`${name}\``);
      names.add(name);
      fields.push({ name, type });
    } while (cursor.acceptSymbol(','));
    cursor.expectSymbol('>');
  }
  cursor.grow(depth + 1);
  return structType(fields);
}

function parseDecimal(cursor: TokenCursor, start: SourcePosition): SqlType {
  cursor.expectSymbol('(');
  const precision = cursor.expectSignedInteger();
  cursor.expectSymbol(',');
  const scale = cursor.expectSignedInteger();
  cursor.expectSymbol(')');
  cursor.grow(1);
  if (precision < 1) throw typeError(start, `DECIMAL precision must be >= 1: DECIMAL(${precision},${scale})`);
  if (scale < 0) throw typeError(start, `DECIMAL scale must be >= 0: DECIMAL(${precision},${scale})`);
  if (precision > decimalDigitsMax)
    throw typeError(start, `DECIMAL precision must be <= ${decimalDigitsMax}: DECIMAL(${precision},${scale})`);
  if (precision < scale) throw typeError(start, `DECIMAL precision must be >= scale: DECIMAL(${precision},${scale})`);
  return decimalType(precision, scale);
}

function parseNamedType(cursor: TokenCursor, start: SourcePosition): SqlType {
  const isPlain = cursor.token.kind === 'word';
  const name = cursor.expectIdentifier();
  if (cursor.isSymbol('(')) parseParameters(cursor);
  cursor.grow(1);
  const type = simpleTypes.get(isPlain ? name : name.toUpperCase());
  if (type !== undefined) return type;
  const resolved = cursor.options.resolveType?.(name);
  if (resolved) return resolved;
  const nearest = nearestWord(name, typeWords);
  throw typeError(
    start,
    `Cannot resolve unknown type: ${name}`,
    nearest === null ? undefined : `Did you mean ${nearest}?`,
  );
}

/** `VARCHAR(255)`: lengths are read, and mean nothing. */
function parseParameters(cursor: TokenCursor): void {
  cursor.expectSymbol('(');
  do {
    if (!cursor.acceptWord('STRING')) cursor.expectInteger();
  } while (cursor.acceptSymbol(','));
  cursor.expectSymbol(')');
}

function typeError(position: SourcePosition, detail: string, hint?: string): SqlError {
  const code: SqlErrorCode = 'HW_SQL_STATEMENT';
  return new SqlError(code, `${placeText(position)}: ${detail}`, { position, hint });
}
