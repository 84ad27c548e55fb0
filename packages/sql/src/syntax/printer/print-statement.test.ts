import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { parseExpression, parseStatement } from '../parse.ts';
import { printExpression } from './print-expression.ts';
import { neverQuoted } from './print-name.ts';
import { printStatement } from './print-statement.ts';

const printed = (text: string) => printStatement(parseStatement(text));

test('queries are shown a clause a line', () => {
  equal(
    printed('create table t as select a, count(*) as n from s window tumbling (size 1 day) where b > 1 group by a'),
    `CREATE TABLE T AS SELECT
  A,
  COUNT(*) N
FROM S S
WINDOW TUMBLING ( SIZE 1 DAYS )${' '}
WHERE (B > 1)
GROUP BY A
EMIT CHANGES`,
  );
  equal(
    printed(
      'select * from a join b x within (1 hour, 2 hours) grace period 1 day on a.k = x.k left join c on a.k = c.k limit 3',
    ),
    `SELECT *
FROM A A
INNER JOIN B X WITHIN (1 HOURS, 2 HOURS) GRACE PERIOD 1 DAYS ON ((A.K = X.K))
LEFT OUTER JOIN C C ON ((A.K = C.K))
LIMIT 3`,
  );
});

test('columns, properties and names that need quotes', () => {
  equal(
    printed(
      "create or replace stream `s` (`from` int key, b struct<`x y` map<string, decimal(4,2)>>) with (kafka_topic='it''s', partitions=1)",
    ),
    "CREATE OR REPLACE STREAM `s` (`from` INTEGER KEY, B STRUCT<`x y` MAP<STRING, DECIMAL(4, 2)>>) WITH (KAFKA_TOPIC='it''s', PARTITIONS=1)",
  );
});

test('expressions have brackets around each operator', () => {
  const shown: readonly [string, string][] = [
    ['case when a then 1 else 2.50 end', '(CASE WHEN A THEN 1 ELSE 2.50 END)'],
    ['not a in (1, 2)', '(NOT (A IN (1, 2)))'],
    ["a->b['c'][1]", "A->B['c'][1]"],
    ['- -1', '- -1'],
    ['-(1)', '-(1)'],
    ['-(-a)', '- -A'],
    ['(-a)[1]', '(-A)[1]'],
    ['1.5e300 + 12345e0', '(1.5E300 + 1.2345E4)'],
    ['transform(a, x => x || `y`)', 'TRANSFORM(A, (X) => CONCAT(X, `y`))'],
    ["map('a' := 1, 'b' := array[])", "MAP('a':=1, 'b':=ARRAY[])"],
    ['struct(a := null)', 'STRUCT(A:=null)'],
    ['cast(a as varchar) is not null', '(CAST(A AS STRING) IS NOT NULL)'],
    ["a at time zone 'UTC'", "(A AT TIME ZONE 'UTC')"],
    ['dateadd(days, 1, d)', 'DATEADD(DAYS, 1, D)'],
  ];
  for (const [text, expected] of shown) equal(printExpression(parseExpression(text)), expected);
  equal(printExpression(parseExpression('`a`->`b`'), neverQuoted), 'a->b');
});
