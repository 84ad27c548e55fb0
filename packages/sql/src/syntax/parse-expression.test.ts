import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import type { Expression } from './ast/index.ts';
import { parseExpression } from './parse.ts';
import { withoutRanges } from './testing/without-ranges.ts';

/** The tree as nested brackets: what binds to what. */
function shape(node: Expression): string {
  switch (node.kind) {
    case 'arithmetic':
    case 'logical':
    case 'comparison':
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
    case 'unary':
      return `(${node.operator} ${shape(node.operand)})`;
    case 'not':
      return `(NOT ${shape(node.operand)})`;
    case 'isNull':
      return `(${shape(node.operand)} IS ${node.isNegated ? 'NOT ' : ''}NULL)`;
    case 'between':
      return `(${shape(node.value)} BETWEEN ${shape(node.low)} AND ${shape(node.high)})`;
    case 'in':
      return `(${shape(node.value)} IN ${node.list.map(shape).join(' ')})`;
    case 'like':
      return `(${shape(node.value)} LIKE ${shape(node.pattern)}${node.escape === null ? '' : ` ESCAPE ${node.escape}`})`;
    case 'call':
      return `${node.name}(${node.isStar ? '*' : node.arguments.map(shape).join(', ')})`;
    case 'lambda':
      return `[${node.parameters.join(' ')} => ${shape(node.body)}]`;
    case 'column':
      return node.source === null ? node.name : `${node.source}.${node.name}`;
    case 'dereference':
      return `${shape(node.base)}->${node.field}`;
    case 'subscript':
      return `${shape(node.base)}[${shape(node.index)}]`;
    case 'atTimeZone':
      return `(${shape(node.value)} AT ${shape(node.zone)})`;
    case 'string':
      return `'${node.value}'`;
    case 'integer':
    case 'long':
    case 'double':
    case 'decimal':
      return String(node.value);
    case 'unit':
      return node.unit;
    default:
      return node.kind;
  }
}

const shapes: readonly [string, string][] = [
  ['a OR b AND NOT c = d', '(A OR (B AND (NOT (C = D))))'],
  ['NOT a AND b', '((NOT A) AND B)'],
  ['a AND b AND c', '((A AND B) AND C)'],
  ['a + b * -c', '(A + (B * (- C)))'],
  ['a - b - c', '((A - B) - C)'],
  ['a || b + c || d', 'CONCAT(CONCAT(A, (B + C)), D)'],
  ['-1 * 2', '(-1 * 2)'],
  ['a-1', '(A - 1)'],
  ['a - -1', '(A - -1)'],
  ['- -a', '(- (- A))'],
  ['+1', '(+ 1)'],
  ['(a + b) * c', '((A + B) * C)'],
  ['a != b', '(A <> B)'],
  ['a NOT BETWEEN 1 AND 2 + 3 AND b', '((NOT (A BETWEEN 1 AND (2 + 3))) AND B)'],
  ["a NOT IN (1, 'x')", "(NOT (A IN 1 'x'))"],
  ["a NOT LIKE 'x!%' ESCAPE '!'", "(NOT (A LIKE 'x!%' ESCAPE !))"],
  ['a IS NULL AND b IS NOT NULL', '((A IS NULL) AND (B IS NOT NULL))'],
  ['a IS DISTINCT FROM b OR c IS NOT DISTINCT FROM d', '((A IS DISTINCT FROM B) OR (C IS NOT DISTINCT FROM D))'],
  ['s.a->b[1]->`c`', 'S.A->B[1]->c'],
  ["-a AT TIME ZONE 'UTC'", "(- (A AT 'UTC'))"],
  ['count(*)', 'COUNT(*)'],
  ['count()', 'COUNT(*)'],
  ['f(x => x + 1)', 'F([X => (X + 1)])'],
  ['reduce(m, 0, (s, k, v) => s + v)', 'REDUCE(M, 0, [S K V => (S + V)])'],
  ['f((a), (b))', 'F(A, B)'],
  ['dateadd(DAYS, 1, d)', 'DATEADD(DAYS, 1, D)'],
  ['f(day)', 'F(DAY)'],
  ['map(a, b)', 'MAP(A, B)'],
  ['key + source + `select`', '((KEY + SOURCE) + select)'],
];

test('operators bind as strongly as they should', () => {
  for (const [text, expected] of shapes) equal(shape(parseExpression(text)), expected, text);
});

test('numbers have the type that their form says', () => {
  const literal = (text: string) => withoutRanges(parseExpression(text));
  deepEqual(literal('2147483647'), { kind: 'integer', value: 2147483647 });
  deepEqual(literal('-2147483648'), { kind: 'integer', value: -2147483648 });
  deepEqual(literal('2147483648'), { kind: 'long', value: 2147483648 });
  deepEqual(literal('9223372036854775807'), { kind: 'long', value: 9223372036854775807n });
  deepEqual(literal('-9223372036854775808'), { kind: 'long', value: -9223372036854775808n });
  deepEqual(literal('00012'), { kind: 'integer', value: 12 });
  deepEqual(literal('-0'), { kind: 'integer', value: 0 });
  deepEqual(literal('1.50'), { kind: 'decimal', value: new Decimal(150n, 2) });
  deepEqual(literal('-.5'), { kind: 'decimal', value: new Decimal(-5n, 1) });
  deepEqual(literal("DECIMAL '1.0'"), { kind: 'decimal', value: new Decimal(10n, 1) });
  deepEqual(literal('1.5e3'), { kind: 'double', value: 1500, text: '1.5e3' });
});

test('numbers that are too big are told of', () => {
  throws(() => parseExpression('9223372036854775808'), {
    message: /line 1:1: Invalid numeric literal: 9223372036854775808/,
  });
  throws(() => parseExpression(`1${'0'.repeat(100_000)}`), { code: 'HW_SQL_SYNTAX' });
  throws(() => parseExpression('1e999'), { message: /Number overflows DOUBLE: 1e999/ });
});

test('constructors', () => {
  deepEqual(withoutRanges(parseExpression("ARRAY['x', a]")), {
    kind: 'array',
    elements: [
      { kind: 'string', value: 'x' },
      { kind: 'column', source: null, name: 'A' },
    ],
  });
  const one = { kind: 'integer', value: 1 };
  deepEqual(withoutRanges(parseExpression("MAP('k' := 1, 'l' := 1)")), {
    kind: 'map',
    entries: [
      { key: { kind: 'string', value: 'k' }, value: one },
      { key: { kind: 'string', value: 'l' }, value: one },
    ],
  });
  deepEqual(withoutRanges(parseExpression('STRUCT(a := 1, `b` := 1)')), {
    kind: 'struct',
    fields: [
      { name: 'A', value: one },
      { name: 'b', value: one },
    ],
  });
  deepEqual(withoutRanges(parseExpression('ARRAY[]')), { kind: 'array', elements: [] });
});

test('CASE with and without an operand', () => {
  const a = { kind: 'column', source: null, name: 'A' };
  const one = { kind: 'integer', value: 1 };
  deepEqual(withoutRanges(parseExpression('CASE WHEN a THEN 1 END')), {
    kind: 'case',
    whens: [{ condition: a, result: one }],
    otherwise: null,
  });
  deepEqual(withoutRanges(parseExpression('CASE a WHEN 1 THEN 1 WHEN a THEN a ELSE 1 END')), {
    kind: 'simpleCase',
    operand: a,
    whens: [
      { condition: one, result: one },
      { condition: a, result: a },
    ],
    otherwise: one,
  });
});

test('comparisons are not chained', () => {
  throws(() => parseExpression('a = b = c'), { code: 'HW_SQL_SYNTAX' });
  throws(() => parseExpression('a = NOT b'), { code: 'HW_SQL_SYNTAX' });
});

test('depth is bounded, whichever way a tree is made deep', () => {
  const deep = 20_000;
  const texts = [
    '('.repeat(deep),
    `${'('.repeat(deep)}1${')'.repeat(deep)}`,
    `1${' + 1'.repeat(deep)}`,
    `a${' OR a'.repeat(deep)}`,
    `${'NOT '.repeat(deep)}a`,
    `${'- '.repeat(deep)}a`,
    `a${'->b'.repeat(deep)}`,
    `a${'[1]'.repeat(deep)}`,
    `${'f('.repeat(deep)}a`,
    `${'ARRAY['.repeat(deep)}a`,
    `${'MAP(1 := '.repeat(deep)}a`,
    `${'STRUCT(a := '.repeat(deep)}a`,
    `${'CASE WHEN '.repeat(deep)}a`,
    `${'CAST('.repeat(deep)}a`,
    `${'f(x => '.repeat(deep)}a`,
    `CAST(a AS ${'ARRAY<'.repeat(deep)}INT)`,
    `CAST(a AS INT${' ARRAY'.repeat(deep)})`,
  ];
  for (const text of texts)
    throws(
      () => parseExpression(text),
      { code: 'HW_SQL_SYNTAX', message: /Statement is too large to parse/ },
      text.slice(0, 20),
    );
  equal(shape(parseExpression(`a${' OR a'.repeat(900)}`)).length > 900, true);
});
