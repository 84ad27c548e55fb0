import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { typeText } from '../../types/sql-type.ts';
import { parseExpression, parseStatement, parseType } from '../parse.ts';
import { randomExpression, randomType } from '../testing/random-expression.ts';
import { randomStatement } from '../testing/random-statement.ts';
import { SeededRandom } from '../testing/seeded-random.ts';
import { withoutRanges } from '../testing/without-ranges.ts';
import { printExpression } from './print-expression.ts';
import { quotedWhereNeeded } from './print-name.ts';
import { printStatement } from './print-statement.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? 7);

test(`expressions are read again as they were shown (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  for (let count = 0; count < 2_000; count++) {
    const tree = randomExpression(random, 5);
    const text = printExpression(tree);
    deepEqual(withoutRanges(parseExpression(text)), withoutRanges(tree), text);
  }
});

test(`types are read again as they were shown (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  for (let count = 0; count < 500; count++) {
    const type = randomType(random, 4);
    deepEqual(parseType(typeText(type, quotedWhereNeeded)), type);
    deepEqual(parseType(typeText(type)), type);
  }
});

test(`statements are read again as they were shown (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  for (let count = 0; count < 1_000; count++) {
    const tree = randomStatement(random);
    const text = printStatement(tree);
    deepEqual(withoutRanges(parseStatement(text)), withoutRanges(tree), text);
  }
});
