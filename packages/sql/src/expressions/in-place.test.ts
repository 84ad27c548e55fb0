import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { SqlError } from '../sql-error.ts';
import { parseExpression } from '../syntax/parse.ts';
import { ExpressionWriter } from './expression-writer.ts';

const writer = new ExpressionWriter(
  { column: () => undefined },
  { functions: builtInFunctions(), properties: new Map() },
);

function mistakeOf(text: string): SqlError {
  try {
    writer.write(parseExpression(text));
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

test('a function that is not there is told with its place, and with the one that was likely meant', () => {
  const { hint, message, position } = mistakeOf("UCASE('a') + CONCAT('b', UCSE('c'))");
  equal(message, "Can't find any functions with the name 'UCSE'");
  equal(hint, 'Did you mean UCASE?');
  deepEqual([position?.line, position?.column], [1, 25]);
});

test('arguments that fit no variant are told with the place of their call', () => {
  const { position } = mistakeOf("CONCAT('a', UCASE(1))");
  deepEqual([position?.line, position?.column], [1, 12]);
});
