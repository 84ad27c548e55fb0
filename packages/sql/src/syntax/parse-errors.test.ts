import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { SqlError } from '../sql-error.ts';
import { checkScript, parseScript, splitStatements } from './parse.ts';

function errorOf(text: string): SqlError {
  const [error] = checkScript(text).errors;
  if (error === undefined) throw new Error(`This was taken: ${text}`);
  return error;
}

const cases: readonly [text: string, message: string, hint?: string][] = [
  ['SELEC a FROM b;', "line 1:1: Syntax Error\nUnknown statement 'SELEC'\nDid you mean 'SELECT'?"],
  ['SELECT a FORM b;', "line 1:15: Syntax Error\nExpecting {',', 'FROM'}"],
  [
    'SELECT a, FROM b;',
    'line 1:11: Syntax Error\nExpecting {expression, IDENTIFIER}',
    "Remove the comma before 'FROM', or write what is missing behind it",
  ],
  ['SELECT a FROM b', 'line 1:16: Syntax Error\nExpecting', "End the statement with ';'"],
  [
    'CREATE STREAM s (a INT,);',
    'line 1:24: Syntax Error\nmissing IDENTIFIER',
    "Remove the comma before ')', or write what is missing behind it",
  ],
  [
    'CREATE STREAM s (from INT);',
    'line 1:18: Syntax Error\n"from" is a reserved keyword and it can\'t be used as an identifier. You can use it as an identifier by escaping it as `from`',
  ],
  ['SHOW STREMS;', 'line 1:6: Syntax Error\nExpecting', 'Did you mean STREAMS?'],
  ["SELECT 'abc FROM b;", 'line 1:8: Syntax Error\nA string that begins here has no end', "Close it with '"],
  ['SELECT a FROM b LIMIT x;', "line 1:23: Syntax Error\nmissing INTEGER_VALUE at 'x'"],
  [
    'SELECT a FROM b EMIT CHANGES WHERE c = 1;',
    'line 1:30: Syntax Error\nExpecting',
    'The clauses of a query stand in this order: FROM, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, ORDER BY, EMIT, LIMIT',
  ],
  ['SELECT a FROM b UNION SELECT a FROM c;', 'line 1:23: Syntax Error'],
  ['CREATE STREAM s (a VARCHAR(x));', "line 1:28: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}"],
  [
    'DROP STREAM s DELETE TOPIC CREATE STREAM t;',
    "line 1:28: Syntax Error\nmissing ';' at 'CREATE'",
    "End the statement before with ';'",
  ],
  ['SELECT a ? b FROM c;', "line 1:10: Syntax Error\ntoken recognition error at: '?'"],
  [
    "SELECT DATE '2026-01-01' FROM c;",
    'line 1:8: Unknown type: DATE',
    "Write CAST('2026-01-01' AS DATE), or an operator or comma between the name and the string",
  ],
];

test('errors say where, what, and what to write instead', () => {
  for (const [text, message, hint] of cases) {
    const error = errorOf(text);
    equal(error.code, 'HW_SQL_SYNTAX');
    equal(error.message.slice(0, message.length), message, text);
    if (hint !== undefined) equal(error.hint, hint, text);
    equal(error.statementText, text);
  }
});

test('a script shows the errors of several statements, and goes on at the next one', () => {
  const script = 'SHOW STREAMS;\nSELEC 1;\nCREATE STREAM a (b INT\nCREATE STREAM c (d INT);\nDROP;\nSHOW TABLES;';
  const { statements, errors } = checkScript(script);
  deepEqual(
    errors.map(({ position }) => position!.line),
    [2, 4, 5],
  );
  deepEqual(
    statements.map(({ text }) => text),
    ['SHOW STREAMS;', 'CREATE STREAM c (d INT);', 'SHOW TABLES;'],
  );
  equal(checkScript(script, { errorsMax: 2 }).errors.length, 2);
});

test('a statement of a script has its text, its comments, and its place', () => {
  const script = "-- first; one\nSHOW STREAMS ; ;\n  SET 'a;b' = '--';";
  deepEqual(parseScript(script), splitStatements(script).statements);
  deepEqual(
    parseScript(script).map(({ text, range }) => [text, range.start.line, range.start.column]),
    [
      ['SHOW STREAMS ;', 2, 0],
      ["SET 'a;b' = '--';", 3, 2],
    ],
  );
  equal(splitStatements('SHOW STREAMS; SELECT `;').rest, 'SELECT `;');
});
