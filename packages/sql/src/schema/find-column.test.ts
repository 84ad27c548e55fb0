import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqlTypes } from '../types/sql-type.ts';
import { findColumn, repeatedColumn } from './find-column.ts';

const columns = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `C${at}`,
    type: at % 2 === 0 ? sqlTypes.integer : sqlTypes.string,
  }));

test('columns are found by their names in short and in long lists', () => {
  for (const count of [3, 3000]) {
    const list = columns(count);
    assert.equal(findColumn(list, `C${count - 1}`), list.at(-1));
    assert.equal(findColumn(list, 'C0'), list[0]);
    assert.equal(findColumn(list, 'constructor'), undefined);
    const twice = [...list, { name: 'C1', type: sqlTypes.double }];
    assert.equal(findColumn(twice, 'C1'), list[1]);
  }
});

test('a name that comes twice is told of where it comes again', () => {
  const list = columns(3);
  assert.equal(repeatedColumn(list), undefined);
  const again = { name: 'C1', type: sqlTypes.double };
  assert.equal(repeatedColumn([...list, again]), again);
});
