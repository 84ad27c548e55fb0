import { doesNotThrow, throws } from 'node:assert/strict';
import { test } from 'node:test';
import type { Query } from '../syntax/ast/index.ts';
import { parseScript, parseStatement } from '../syntax/parse.ts';
import { checkPullQuery } from './check-pull-query.ts';

function check(text: string, isPlain: boolean): void {
  checkPullQuery(parseStatement(parseScript(`${text};`)[0]!) as Query, isPlain);
}

const grouped = 'GROUP BY A';
const cases: readonly (readonly [clauses: string, words: RegExp, isServedBeyond: boolean])[] = [
  ['FROM T JOIN U ON T.A = U.A', /JOIN clauses/, true],
  [`FROM T ${grouped}`, /GROUP BY clauses/, true],
  [`FROM T ${grouped} HAVING A > 1`, /GROUP BY clauses/, true],
  ['FROM T ORDER BY A', /ORDER BY clauses/, true],
  ['FROM T WINDOW TUMBLING (SIZE 1 DAY)', /WINDOW clauses/, false],
  ['FROM T PARTITION BY A', /PARTITION BY clauses/, false],
  ['FROM T LIMIT -1', /negative integers in the LIMIT clause/, false],
  ['FROM T WHERE ROWOFFSET > 1 AND ROWPARTITION = 0', /WHERE clauses: `ROWOFFSET`, `ROWPARTITION`/, false],
];

for (const [clauses, words, isServedBeyond] of cases) {
  test(`SELECT A ${clauses}`, () => {
    throws(() => check(`SELECT A ${clauses}`, true), words);
    if (isServedBeyond) doesNotThrow(() => check(`SELECT A ${clauses}`, false));
    else throws(() => check(`SELECT A ${clauses}`, false), words);
  });
}

test('where a record stood is not told', () => {
  throws(() => check('SELECT A, ROWOFFSET + 1 FROM T', false), /SELECT clauses: `ROWOFFSET`/);
  doesNotThrow(() => check('SELECT A, ROWTIME FROM T WHERE ROWTIME > 5 LIMIT 3', true));
});
