export type { InsertRows } from './src/client/insert-rows.ts';
export type { QueryColumn, QueryRows } from './src/client/query-rows.ts';
export { type InsertRow, rowJson, rowValueJson } from './src/client/row-json.ts';
export type { SqlClientAuth } from './src/client/server-address.ts';
export {
  createSqlClient,
  type ExecuteOptions,
  type SqlClient,
  type SqlClientOptions,
  type SqlServerInfo,
  type StatementOptions,
} from './src/client/sql-client.ts';
export { SqlClientError, type SqlClientErrorCode } from './src/client/sql-client-error.ts';
export type * from './src/engine/engine-services.ts';
export { newSession, type Session } from './src/engine/session.ts';
export { checkProperty as checkSqlProperty } from './src/engine/settings/check-property.ts';
export { SqlEngine, type SqlEngineOptions, type StatementResult } from './src/engine/sql-engine.ts';
export { builtInFunctions } from './src/functions/built-in.ts';
export type * from './src/functions/function.ts';
export { FunctionRegistry } from './src/functions/function-registry.ts';
export {
  defineAggregate,
  defineFunction,
  defineTableFunction,
  type UserAggregate,
  type UserFunction,
  type UserTableFunction,
} from './src/functions/user/define-function.ts';
export { loadUserFunctions } from './src/functions/user/load-functions.ts';
export type { UserParameter, ValueOf } from './src/functions/user/value-of-type.ts';
export { ApiError, errorCodes } from './src/rest/api-error.ts';
export { EngineService, type EngineSurroundings } from './src/rest/engine-service.ts';
export type * from './src/rest/entities/index.ts';
export { type RestServer, type RestServerOptions, startRestServer } from './src/rest/rest-server.ts';
export type {
  Health,
  RequestSession,
  ResultColumn,
  ResultRow,
  RowInserter,
  RunningQuery,
  ServerInfo,
  SqlService,
} from './src/rest/sql-service.ts';
export type { SqlServerOptions } from './src/server/sql-server-options.ts';
export { type SqlServer, startSql } from './src/server/start-sql.ts';
export { startSqlOnDemand } from './src/server/start-sql-on-demand.ts';
export { SqlError, type SqlErrorCode } from './src/sql-error.ts';
export type * from './src/syntax/ast/index.ts';
export { type CompletionNames, type Completions, complete } from './src/syntax/editing/complete.ts';
export { describePosition } from './src/syntax/editing/describe-position.ts';
export { expectedWords } from './src/syntax/editing/expected-words.ts';
export { type Highlight, type HighlightKind, highlight } from './src/syntax/editing/highlight.ts';
export { keywords } from './src/syntax/lexer/keywords.ts';
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
export { type PipelineTest, readTestFolder, type TestSource } from './src/testing/read-test-folder.ts';
export { type CaseResult, type RunOptions, runCase } from './src/testing/run-case.ts';
export { type RestRunOptions, runRestCase } from './src/testing/run-rest-case.ts';
export { type RunScriptOptions, runScriptTest } from './src/testing/run-script.ts';
export { readScriptFile, type ScriptTest } from './src/testing/script-file.ts';
export { readTestFile, type TestCase, type TestFile } from './src/testing/test-case.ts';
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
