// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are SQL's variables
import { equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { parseScript, readStatement } from './parse.ts';

const variables = new Map([
  ['name', 'orders'],
  ['Name', '`Orders`'],
  ['topic', "'it''s'"],
  ['count', '-3'],
  ['plain', 'it is'],
  ['evil', "x'; DROP STREAM y; --"],
]);
const replaced = (text: string) => readStatement(text, { variables }).text;

test('variables stand for identifiers and literals, and inside strings', () => {
  equal(
    replaced("CREATE STREAM ${name} (${Name} INT) WITH (kafka_topic=${topic}, partitions=${count}, a='x-${plain}');"),
    "CREATE STREAM orders (`Orders` INT) WITH (kafka_topic='it''s', partitions=-3, a='x-it is');",
  );
  equal(
    replaced('SELECT ${name}.a, ${name}, f(${count}) FROM ${name} WHERE a = ${topic};'),
    "SELECT orders.a, orders, f(-3) FROM orders WHERE a = 'it''s';",
  );
});

test('a value never becomes more than an identifier, a literal, or text of a string', () => {
  throws(() => replaced('DROP STREAM ${evil};'), {
    message: /line 1:13: Syntax Error\nIllegal argument at line: 1, col: 13\. Identifier names/,
  });
  throws(() => replaced('SELECT * FROM s WHERE a = ${evil};'), { message: /Illegal argument/ });
  throws(() => replaced('CREATE STREAM s (a INT) WITH (a=${plain});'), {
    message: /Illegal argument at line: 1, col: 33\. Got: 'it is'/,
  });
  equal(replaced("PRINT '${evil}';"), "PRINT 'x''; DROP STREAM y; --';");
});

test('what is not known is an error outside of strings, and stays in them', () => {
  throws(() => replaced('DROP STREAM ${other};'), {
    message: /Illegal argument/,
    hint: "Define it before: DEFINE other = '…'",
  });
  equal(replaced("PRINT '${other} $${name}';"), "PRINT '${other} ${name}';");
});

test('without values only the syntax is looked at', () => {
  equal(parseScript('CREATE STREAM ${a} AS SELECT ${b} FROM ${c} LIMIT 1;').length, 1);
});
