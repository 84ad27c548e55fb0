import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { statementTemplate } from './statement-template.ts';

test('statements that differ in their values have one template', () => {
  const one = statementTemplate("SELECT * FROM t WHERE id = 'a''b' AND n > 5 LIMIT 3;")!;
  const other = statementTemplate("SELECT * FROM t WHERE id = '' AND n > 2147483647 LIMIT 3;")!;
  equal(one.key, other.key);
  deepEqual(
    one.literals.map(({ kind, value }) => [kind, value]),
    [
      ['string', "a'b"],
      ['integer', 5],
      ['integer', 3],
    ],
  );
  equal(
    one.literals[1]!.startIndex,
    one.key.indexOf('\u0000', one.key.indexOf('> ')) - '\u0000string\u0000'.length + 6,
  );
});

test('values of other types, and other names, make other templates', () => {
  const key = (value: string) => statementTemplate(`SELECT a1 FROM t WHERE b = ${value};`)!.key;
  const keys = ["'1'", '1', '2147483648', '1.0', '1e3', 'c1', '"c1"', '`1`', '- 1', '99999999999999999999'];
  equal(new Set(keys.map(key)).size, keys.length - 2, '1.0, 1e3 and what has too many digits are of one kind');
  notEqual(key('"A 1"'), key('"A 2"'));
});

test('texts with comments, variables, open quotes or too many values are read each time', () => {
  const texts = [
    'SELECT 1 -- one',
    'SELECT /* one */ 1',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of SQL
    'SELECT ${one}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of SQL
    "SELECT '${one}'",
    "SELECT 'one",
    'SELECT "one',
    'SELECT 1one',
    `SELECT ${'1,'.repeat(300)}`,
    `SELECT ${'a'.repeat(20_000)}`,
  ];
  for (const text of texts) equal(statementTemplate(text), null, text.slice(0, 20));
});
