import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { SqlError } from '../sql-error.ts';
import { apiErrorOf } from './api-error.ts';

test('a mistake tells its place, counted from 1, whether its statement is told or not', () => {
  const position = { index: 7, line: 1, column: 7 };
  const mistake = new SqlError('HW_SQL_STATEMENT', 'No such thing', { position, hint: 'Did you mean THING?' });
  const message = 'No such thing\nDid you mean THING?';
  deepEqual(apiErrorOf(mistake.told({ statementText: '' })).body, {
    '@type': 'generic_error',
    error_code: 40000,
    message,
    position: { line: 1, column: 8 },
  });
  deepEqual(apiErrorOf(mistake.told({ statementText: 'SELECT thng;' })).body, {
    '@type': 'statement_error',
    error_code: 40001,
    message,
    statementText: 'SELECT thng;',
    entities: [],
    position: { line: 1, column: 8 },
  });
});
