import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { serverError } from './server-error.ts';

test('both ways in which ksqlDB tells a place', () => {
  const place = (message: string) => serverError({ error_code: 40001, message }, 'SELECT a,\n  b FROM c;')?.position;
  deepEqual(place('line 2:3: Syntax Error'), { line: 2, column: 2, index: 12 });
  deepEqual(place('Line: 1, Col: 8: SELECT column cannot be resolved.'), { line: 1, column: 7, index: 7 });
  equal(place('something else at line 1:2: x'), undefined);
  equal(place('line 9:1: beyond the text'), undefined);
  equal(serverError(['a', 'row'], ''), undefined);
});
