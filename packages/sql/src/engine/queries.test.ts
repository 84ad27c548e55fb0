import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentQuery } from './engine-services.ts';
import { Queries } from './queries.ts';

function query(id: string, sinkName: string, ...sourceNames: string[]): PersistentQuery {
  return { id, kind: id.startsWith('INSERT') ? 'INSERT' : 'CREATE_AS', sinkName, sourceNames } as never;
}

const idsOf = (queries: readonly PersistentQuery[]) => queries.map(({ id }) => id);

test('queries are found by what they read and write, through layers', () => {
  const below = new Queries();
  below.set('A', query('A', 'ONE', 'RAW')).set('INSERT_1', query('INSERT_1', 'ONE', 'RAW'));
  const above = new Queries(below);
  above.set('A', query('A', 'ONE', 'OTHER')).set('B', query('B', 'TWO', 'RAW', 'ONE'));
  deepEqual(idsOf(below.readersOf('RAW')), ['A', 'INSERT_1']);
  deepEqual(idsOf(above.readersOf('RAW')), ['INSERT_1', 'B']);
  deepEqual(idsOf(above.readersOf('OTHER')), ['A']);
  deepEqual(idsOf(above.writersOf('ONE')), ['A', 'INSERT_1']);
  equal(above.makerOf('ONE'), above.get('A'));
  above.delete('A');
  equal(above.makerOf('ONE'), undefined);
  deepEqual(above.readersOf('OTHER'), []);
  equal(below.makerOf('ONE'), below.get('A'));
});

test('what was replaced or ended is listed no more', () => {
  const queries = new Queries();
  queries.set('A', query('A', 'ONE', 'RAW', 'SIDE'));
  queries.set('A', query('A', 'ONE', 'RAW'));
  deepEqual(idsOf(queries.readersOf('RAW')), ['A']);
  deepEqual(queries.readersOf('SIDE'), []);
  queries.settle();
  queries.delete('A');
  deepEqual([queries.readersOf('RAW'), queries.writersOf('ONE')], [[], []]);
});
