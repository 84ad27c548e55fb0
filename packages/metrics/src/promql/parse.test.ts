import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePromql } from './parse.ts';

test('modifiers belong to the selector before them, powers bind first', () => {
  const sum = parsePromql('1 + x offset 5m * 3');
  assert.ok(
    sum.kind === 'binary' && sum.operator === '+' && sum.right.kind === 'binary' && sum.right.left.kind === 'selector',
  );
  assert.equal(sum.right.left.offsetMs, 300_000);
  const power = parsePromql('-1 ^ 2');
  assert.ok(power.kind === 'unary' && power.expression.kind === 'binary');
  const right = parsePromql('2 ^ 3 ^ 2');
  assert.ok(right.kind === 'binary' && right.right.kind === 'binary');
});

// Messages as Prometheus 2.42 has them.
const refused: [string, string][] = [
  ['', '1:1: parse error: no expression found in input'],
  ['foo{', '1:5: parse error: unexpected end of input in label matching, expected identifier or "}"'],
  ['sum(1)', '1:5: parse error: expected type instant vector in aggregation expression, got scalar'],
  ['rate(x)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
  ['nothing(x)', '1:1: parse error: unknown function with name "nothing"'],
  ['{a=""}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['1 == 1', '1:1: parse error: comparisons between scalars must use BOOL modifier'],
  ['x[5m] offset 1m offset 2m', '1:17: parse error: offset may not be set multiple times'],
  ['rate(x[5m], 1)', '1:1: parse error: expected 1 argument(s) in call to "rate", got 2'],
  ['1 and x', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
  ['"a\\qb"', "1:3: parse error: unknown escape sequence U+0071 'q'"],
];

test('what is wrong is told with its place', () => {
  for (const [query, message] of refused) assert.throws(() => parsePromql(query), { message }, query);
});

test('any text ends in a tree or in an error of its own', () => {
  const pieces = [
    'x',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '5m',
    ':',
    '"a"',
    '=',
    '=~',
    'by',
    'sum',
    'offset',
    '@',
    '-',
    '^',
    ',',
    '1',
    'on',
    'bool',
    '#',
    '\n',
    "'",
    '\\',
  ];
  const seed = Math.floor(Math.random() * 1e9);
  let state = seed;
  for (let i = 0; i < 3_000; i++) {
    let query = '';
    for (let n = 0; n < 12; n++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      query += `${pieces[state % pieces.length]} `;
    }
    try {
      parsePromql(query);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'HW_METRICS_PARSE', `seed ${seed}: ${query}: ${error}`);
    }
  }
});
