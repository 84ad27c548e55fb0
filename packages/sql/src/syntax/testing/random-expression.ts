import { Decimal } from '@headwater/serdes';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes, structType } from '../../types/sql-type.ts';
import type { Expression, TimeUnit } from '../ast/index.ts';
import { scientificText } from '../printer/print-expression.ts';
import type { SeededRandom } from './seeded-random.ts';

const names = [
  'A',
  'B',
  'ID',
  'ROWTIME',
  'KEY',
  'ORDER',
  'mixedCase',
  'select',
  'with space',
  'quo`te',
  '1ST',
  'É',
  'DAY',
];
const functions = ['ABS', 'F', 'COUNT_DISTINCT', 'lower', 'DATEADD', 'REPLACE'];
const strings = ['', 'x', "it's", '--', '/* ; */', 'a\nb', '"', '`', '${', '日本', '100%'];
const range = null;

export function randomName(random: SeededRandom): string {
  return random.pick(names);
}

export function randomType(random: SeededRandom, depth = 2): SqlType {
  const kind = random.below(depth > 0 ? 13 : 9);
  switch (kind) {
    case 9:
      return arrayType(randomType(random, depth - 1));
    case 10:
      return mapType(randomType(random, depth - 1), randomType(random, depth - 1));
    case 11: {
      const fields = new Set(random.list(0, 3, () => randomName(random)));
      return structType([...fields].map((name) => ({ name, type: randomType(random, depth - 1) })));
    }
    case 12: {
      const precision = 1 + random.below(38);
      return decimalType(precision, random.below(precision + 1));
    }
    default:
      return Object.values(sqlTypes)[kind]!;
  }
}

export function randomLiteral(random: SeededRandom): Expression {
  switch (random.below(8)) {
    case 0:
      return { kind: 'null', range };
    case 1:
      return { kind: 'boolean', range, value: random.chance(0.5) };
    case 2:
      return { kind: 'long', range, value: random.chance(0.5) ? -9223372036854775808n : 2147483648 };
    case 3: {
      const value = (random.next() - 0.5) * 10 ** (random.below(600) - 300);
      return { kind: 'double', range, value, text: scientificText(value) };
    }
    case 4:
      return { kind: 'decimal', range, value: new Decimal(BigInt(random.below(2e9) - 1e9), 1 + random.below(12)) };
    case 5:
      return { kind: 'integer', range, value: random.below(4294967296) - 2147483648 };
    default:
      return { kind: 'string', range, value: random.pick(strings) };
  }
}

/** Any expression of about the given depth. */
export function randomExpression(random: SeededRandom, depth = 4): Expression {
  if (depth <= 0 || random.chance(0.2)) return randomLeaf(random);
  const inner = () => randomExpression(random, depth - 1 - random.below(2));
  switch (random.below(17)) {
    case 0:
      return { kind: 'dereference', range, base: inner(), field: randomName(random) };
    case 1:
      return { kind: 'subscript', range, base: inner(), index: inner() };
    case 2:
    case 3:
      return {
        kind: 'arithmetic',
        range,
        operator: random.pick(['+', '-', '*', '/', '%']),
        left: inner(),
        right: inner(),
      };
    case 4:
      return { kind: 'unary', range, operator: random.pick(['-', '+']), operand: inner() };
    case 5:
      return { kind: 'not', range, operand: inner() };
    case 6:
      return { kind: 'logical', range, operator: random.pick(['AND', 'OR']), left: inner(), right: inner() };
    case 7: {
      const operator = random.pick([
        '=',
        '<>',
        '<',
        '<=',
        '>',
        '>=',
        'IS DISTINCT FROM',
        'IS NOT DISTINCT FROM',
      ] as const);
      return { kind: 'comparison', range, operator, left: inner(), right: inner() };
    }
    case 8:
      return { kind: 'isNull', range, isNegated: random.chance(0.5), operand: inner() };
    case 9:
      return { kind: 'between', range, value: inner(), low: inner(), high: inner() };
    case 10:
      return { kind: 'in', range, value: inner(), list: random.list(1, 3, inner) };
    case 11:
      return { kind: 'like', range, value: inner(), pattern: inner(), escape: random.pick([null, '!', "'"]) };
    case 12:
      return randomCase(random, inner);
    case 13:
      return { kind: 'cast', range, operand: inner(), type: randomType(random) };
    case 14:
      return randomCall(random, inner);
    case 15:
      return randomConstructor(random, inner);
    default:
      return { kind: 'atTimeZone', range, value: inner(), zone: { kind: 'string', range, value: 'UTC' } };
  }
}

function randomLeaf(random: SeededRandom): Expression {
  if (random.chance(0.5)) return randomLiteral(random);
  return { kind: 'column', range, source: random.chance(0.3) ? randomName(random) : null, name: randomName(random) };
}

function randomCase(random: SeededRandom, inner: () => Expression): Expression {
  const whens = random.list(1, 3, () => ({ condition: inner(), result: inner() }));
  const otherwise = random.chance(0.5) ? inner() : null;
  if (random.chance(0.7)) return { kind: 'case', range, whens, otherwise };
  return { kind: 'simpleCase', range, operand: inner(), whens, otherwise };
}

const units: readonly TimeUnit[] = ['YEARS', 'MONTHS', 'DAYS', 'HOURS', 'MINUTES', 'SECONDS', 'MILLISECONDS'];

function randomCall(random: SeededRandom, inner: () => Expression): Expression {
  if (random.chance(0.1)) return { kind: 'call', range, name: 'COUNT', arguments: [], isStar: true };
  const parameters = () => [...new Set(random.list(1, 3, () => randomName(random)))];
  const argument = (): Expression => {
    if (random.chance(0.1)) return { kind: 'unit', range, unit: random.pick(units) };
    return random.chance(0.1) ? { kind: 'lambda', range, parameters: parameters(), body: inner() } : inner();
  };
  return { kind: 'call', range, name: random.pick(functions), arguments: random.list(0, 3, argument), isStar: false };
}

function randomConstructor(random: SeededRandom, inner: () => Expression): Expression {
  switch (random.below(3)) {
    case 0:
      return { kind: 'array', range, elements: random.list(0, 3, inner) };
    case 1:
      return { kind: 'map', range, entries: random.list(0, 3, () => ({ key: inner(), value: inner() })) };
    default:
      return { kind: 'struct', range, fields: random.list(0, 3, () => ({ name: randomName(random), value: inner() })) };
  }
}
