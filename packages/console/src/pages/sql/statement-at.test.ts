import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf } from '../../api/sql.ts';
import { placeInError, sourcesNamed, statementAt, verbOf } from './statement-at.ts';

test('the statement at the cursor, whatever is quoted', () => {
  const text = "SHOW STREAMS;\n  SELECT ';' FROM a; -- the end;\n";
  assert.deepEqual(statementAt(text, 3), { text: 'SHOW STREAMS', start: 0 });
  assert.deepEqual(statementAt(text, 20), { text: "SELECT ';' FROM a", start: 16 });
  assert.deepEqual(statementAt(text, text.length), { text: "SELECT ';' FROM a", start: 16 });
  assert.equal(statementAt(' -- nothing', 3), null);
  assert.deepEqual(statementAt('select 1', 0), { text: 'select 1', start: 0 });
});

test('its verb, and the sources that it names', () => {
  assert.equal(verbOf('/* why */ select 1'), 'SELECT');
  assert.deepEqual(sourcesNamed('SELECT * FROM rides r JOIN `by Town` t ON r.a = t.b'), ['RIDES', 'by Town']);
});

test('the place of a mistake, in both forms', () => {
  assert.deepEqual(placeInError('line 2:8: mismatched input'), { line: 2, column: 8 });
  assert.deepEqual(placeInError('Line: 1, Col: 14: Column X cannot be resolved'), { line: 1, column: 14 });
  assert.equal(placeInError('There is no such thing'), null);
});

test('cells are the texts that were sent', () => {
  assert.deepEqual(cellsOf('[9007199254740993,1.00,"a\\n",null,{"B":[1e400]}]'), [
    '9007199254740993',
    '1.00',
    'a\n',
    'null',
    '{"B":[1e400]}',
  ]);
});
