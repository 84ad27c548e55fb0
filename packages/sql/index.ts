export { SqlError, type SqlErrorCode } from './src/sql-error.ts';
export type * from './src/syntax/ast/index.ts';
export {
  checkScript,
  type ParserOptions,
  parseExpression,
  parseScript,
  parseStatement,
  parseType,
  readStatement,
  type ScriptCheck,
  type ScriptStatement,
  splitStatements,
  type Variables,
} from './src/syntax/parse.ts';
export { printExpression } from './src/syntax/printer/print-expression.ts';
export { neverQuoted, quotedWhereNeeded } from './src/syntax/printer/print-name.ts';
export { printStatement } from './src/syntax/printer/print-statement.ts';
export type { SourcePosition, SourceRange } from './src/syntax/source-range.ts';
export {
  arrayType,
  decimalType,
  isSameType,
  mapType,
  quotedName,
  type SimpleKind,
  type SqlType,
  type StructField,
  sqlTypes,
  structType,
  typeText,
} from './src/types/sql-type.ts';
