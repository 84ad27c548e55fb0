import type { Step } from './description.ts';

type Link = Omit<Partial<Step>, 'op'> & { op: string };

/** Steps one after the other: each takes what the one before has made, unless it says `from`. */
function chains(...all: readonly Link[][]): Step[] {
  return all.flatMap((links, chain) => {
    const steps: Step[] = [];
    for (const [index, link] of links.entries()) {
      const before = steps.at(-1);
      const from = before === undefined || link.from !== undefined ? {} : { from: before.id };
      steps.push({ id: `${chain}.${index}`, ...from, ...link });
    }
    return steps;
  });
}

const stream = (topic = 'in', more: Partial<Step> = {}): Link => ({ op: 'stream', topic, ...more });
const table = (topic = 'table', more: Partial<Step> = {}): Link => ({ op: 'table', topic, ...more });
const on = (op: string, fn = '', more: Partial<Step> = {}): Link => ({ op, ...(fn && { fn }), ...more });
const out: Link[] = [{ op: 'to', topic: 'out' }];
const outOfTable: Link[] = [{ op: 'toStream' }, ...out];
const grouped: Link[] = [stream(), on('groupByKey')];
const regrouped: Link[] = [stream(), on('groupBy', 'first')];
const tumbling = (sizeMs: number, graceMs = 0): Link => on('tumbling', '', { sizeMs, graceMs });
const hopping = (sizeMs: number, advanceMs: number, graceMs = 0): Link =>
  on('hopping', '', { sizeMs, advanceMs, graceMs });
const sliding = (sizeMs: number, graceMs = 0): Link => on('sliding', '', { sizeMs, graceMs });
const session = (gapMs: number, graceMs = 0): Link => on('session', '', { gapMs, graceMs });
const final = (windows: Link): Link => ({ ...windows, emit: 'final' });
/** With less, windows that stream time jumps over are not sent there. */
const kept: Partial<Step> = { retentionMs: 1_000_000 };
const joined = (op: string, more: Partial<Step>, fn = 'plus'): Step[] =>
  chains([stream('right', { id: 'right' })], [stream('left'), on(op, fn, { with: 'right', ...more }), ...out]);
const tables = (op: string, more: Partial<Step> = {}, fn = 'plus'): Step[] =>
  chains([table('right', { id: 'right' })], [table('left'), on(op, fn, { with: 'right', ...more }), ...outOfTable]);

/** By name. */
export const topologies: Record<string, Step[]> = {
  // --- without state ----------------------------------------------------------------------------------------------------
  filter: chains([stream(), on('filter', 'has:a'), ...out]),
  filterNot: chains([stream(), on('filterNot', 'odd'), ...out]),
  'filter, named': chains([stream('in', { name: 'source' }), on('filter', 'has:b', { name: 'b-only' }), ...out]),
  mapValues: chains([stream(), on('mapValues', 'pair'), ...out]),
  'mapValues to null': chains([stream(), on('mapValues', 'nullIf:a'), ...out]),
  map: chains([stream(), on('map', 'upper', { key: 'last' }), ...out]),
  'map to null keys': chains([stream(), on('map', 'pair', { key: 'nullIf:x' }), ...out]),
  selectKey: chains([stream(), on('selectKey', 'pair'), ...out]),
  flatMap: chains([stream(), on('flatMap', 'chars'), ...out]),
  'flatMap, key and value swapped': chains([stream(), on('flatMap', 'swap'), ...out]),
  flatMapValues: chains([stream(), on('flatMapValues', 'twice'), ...out]),
  'peek and merge': chains(
    [stream('other', { id: 'other' })],
    [stream(), on('peek'), on('merge', '', { with: 'other' }), ...out],
  ),
  'merge with itself': chains(
    [stream('in', { id: 'in' }), on('filter', 'has:a', { id: 'some' })],
    [on('merge', '', { from: 'in', with: 'some' }), ...out],
  ),
  branch: chains(
    [stream(), { op: 'branch', id: 'split', fns: ['has:a', 'odd', 'all'] }],
    [on('mapValues', 'upper', { from: 'split.0' }), ...out],
    [on('filter', 'notNull', { from: 'split.1' }), { op: 'to', topic: 'odd' }],
    [{ op: 'to', from: 'split.2', topic: 'rest' }],
  ),
  'two sinks': chains([stream('in', { id: 'in' }), ...out], [{ op: 'to', from: 'in', topic: 'out2' }]),
  repartition: chains([stream(), on('selectKey', 'first'), on('repartition', '', { name: 'again' }), ...out]),
  'repartition without a name': chains([stream(), on('repartition'), on('mapValues', 'pair'), ...out]),
  'time of the value': chains([stream('in', { time: 'value' }), ...out]),
  'count by time of the value': chains([
    stream('in', { time: 'value' }),
    on('groupByKey'),
    tumbling(10, 5),
    on('count'),
    ...outOfTable,
  ]),
  // --- tables -----------------------------------------------------------------------------------------------------------
  table: chains([table(), ...outOfTable]),
  'table with a store': chains([table('table', { store: 'rows' }), ...outOfTable]),
  'table filter': chains([table(), on('filter', 'has:a'), ...outOfTable]),
  'table filterNot': chains([table(), on('filterNot', 'has:a'), ...outOfTable]),
  'table filter with a store': chains([table(), on('filter', 'has:a', { store: 'some' }), ...outOfTable]),
  'table mapValues': chains([table(), on('mapValues', 'pair'), ...outOfTable]),
  'table mapValues to null': chains([table(), on('mapValues', 'nullIf:a'), ...outOfTable]),
  'table mapValues with a store': chains([table(), on('mapValues', 'nullIf:a', { store: 'mapped' }), ...outOfTable]),
  'table filter after mapValues': chains([
    table(),
    on('mapValues', 'pair'),
    on('filter', 'has:a'),
    on('filterNot', 'odd'),
    ...outOfTable,
  ]),
  'table filter, mapValues, filter with a store': chains([
    table(),
    on('filter', 'longer:1'),
    on('mapValues', 'upper'),
    on('filter', 'has:A', { store: 'last' }),
    ...outOfTable,
  ]),
  toTable: chains([stream(), on('toTable'), ...outOfTable]),
  'toTable with a store after a new key': chains([
    stream(),
    on('selectKey', 'nullIf:x'),
    on('toTable', '', { store: 'rows' }),
    on('filter', 'longer:1'),
    ...outOfTable,
  ]),
  'stream of a table to a table': chains([
    table(),
    on('toStream'),
    on('mapValues', 'nullIf:c'),
    on('toTable'),
    ...outOfTable,
  ]),
  // --- groups -----------------------------------------------------------------------------------------------------------
  count: chains([...grouped, on('count'), ...outOfTable]),
  'count with a store': chains([...grouped, on('count', '', { store: 'counts' }), ...outOfTable]),
  'count by another key': chains([...regrouped, on('count', '', { store: 'counts' }), ...outOfTable]),
  'count by a key that may be null': chains([
    stream(),
    on('groupBy', 'nullIf:x', { name: 'by-value' }),
    on('count'),
    ...outOfTable,
  ]),
  'words counted': chains([
    stream(),
    on('flatMapValues', 'chars'),
    on('groupBy', 'same'),
    on('count', '', { store: 'words' }),
    ...outOfTable,
  ]),
  reduce: chains([...grouped, on('reduce', 'concat'), ...outOfTable]),
  'reduce to null': chains([...grouped, on('reduce', 'drop', { store: 'reduced' }), ...outOfTable]),
  'reduce to the same': chains([...grouped, on('reduce', 'max'), ...outOfTable]),
  aggregate: chains([...grouped, on('aggregate', 'sum'), ...outOfTable]),
  'aggregate to null': chains([...grouped, on('aggregate', 'drop', { store: 'aggregate' }), ...outOfTable]),
  'aggregate, filtered': chains([
    ...grouped,
    on('aggregate', 'concat'),
    on('filter', 'odd'),
    on('mapValues', 'size'),
    ...outOfTable,
  ]),
  'two counts of one grouping': chains(
    [stream(), on('groupBy', 'first', { id: 'groups' }), on('count', '', { store: 'one' }), ...outOfTable],
    [on('reduce', 'last', { from: 'groups', store: 'two' }), on('toStream'), { op: 'to', topic: 'out2' }],
  ),
  'count of a count': chains([
    ...grouped,
    on('count'),
    on('toStream'),
    on('groupBy', 'same'),
    on('count'),
    ...outOfTable,
  ]),
  cogroup: chains(
    [stream('other'), on('groupByKey', '', { id: 'others' })],
    [
      ...grouped,
      on('cogroup', 'concat'),
      on('cogroup', 'max', { with: 'others' }),
      on('aggregate', 'concat'),
      ...outOfTable,
    ],
  ),
  // --- windows ----------------------------------------------------------------------------------------------------------
  'tumbling count': chains([...grouped, tumbling(10), on('count'), ...outOfTable]),
  'tumbling count with grace': chains([
    ...grouped,
    tumbling(10, 12),
    on('count', '', { store: 'windows' }),
    ...outOfTable,
  ]),
  'tumbling count by another key': chains([...regrouped, tumbling(10, 20), on('count'), ...outOfTable]),
  'tumbling reduce': chains([...grouped, tumbling(7, 3), on('reduce', 'concat'), ...outOfTable]),
  'tumbling reduce to null': chains([
    ...grouped,
    tumbling(20, 20),
    on('reduce', 'drop', { store: 'reduced' }),
    ...outOfTable,
  ]),
  'tumbling aggregate': chains([...grouped, tumbling(1, 50), on('aggregate', 'max'), ...outOfTable]),
  'tumbling, kept longer': chains([
    ...grouped,
    tumbling(10, 5),
    on('count', '', { store: 'long', retentionMs: 1000 }),
    ...outOfTable,
  ]),
  'tumbling, then by key': chains([
    ...grouped,
    tumbling(10, 10),
    on('count'),
    on('toStream'),
    on('map', 'same', { key: 'key' }),
    on('groupByKey'),
    on('reduce', 'last'),
    ...outOfTable,
  ]),
  'windows of a table, filtered': chains([
    ...grouped,
    tumbling(10, 10),
    on('count'),
    on('filter', 'odd'),
    ...outOfTable,
  ]),
  'windows of a table, mapped': chains([
    ...grouped,
    tumbling(10, 10),
    on('count'),
    on('mapValues', 'pair'),
    ...outOfTable,
  ]),
  'hopping count': chains([...grouped, hopping(10, 5), on('count'), ...outOfTable]),
  'hopping count with grace': chains([
    ...grouped,
    hopping(10, 3, 10),
    on('count', '', { store: 'windows' }),
    ...outOfTable,
  ]),
  'hopping reduce': chains([...grouped, hopping(12, 4, 30), on('reduce', 'concat'), ...outOfTable]),
  'hopping aggregate by another key': chains([...regrouped, hopping(9, 2, 5), on('aggregate', 'sum'), ...outOfTable]),
  'sliding count': chains([...grouped, sliding(10), on('count'), ...outOfTable]),
  'sliding count with grace': chains([
    ...grouped,
    sliding(10, 30),
    on('count', '', { store: 'windows' }),
    ...outOfTable,
  ]),
  'sliding reduce': chains([...grouped, sliding(5, 20), on('reduce', 'concat'), ...outOfTable]),
  'sliding aggregate': chains([...regrouped, sliding(7, 50), on('aggregate', 'concat'), ...outOfTable]),
  'sliding of size 1': chains([...grouped, sliding(1, 50), on('count'), ...outOfTable]),
  'session count': chains([...grouped, session(5), on('count'), ...outOfTable]),
  'session count with grace': chains([
    ...grouped,
    session(5, 20),
    on('count', '', { store: 'sessions' }),
    ...outOfTable,
  ]),
  'session reduce': chains([...grouped, session(3, 30), on('reduce', 'concat'), ...outOfTable]),
  'session aggregate by another key': chains([...regrouped, session(4, 40), on('aggregate', 'concat'), ...outOfTable]),
  'cogroup, tumbling': chains(
    [stream('other'), on('groupByKey', '', { id: 'others' })],
    [
      ...grouped,
      on('cogroup', 'concat'),
      on('cogroup', 'max', { with: 'others' }),
      tumbling(10, 10),
      on('aggregate', 'concat'),
      ...outOfTable,
    ],
  ),
  'tumbling, sent when closed': chains([...grouped, final(tumbling(10, 5)), on('count', '', kept), ...outOfTable]),
  'hopping, sent when closed': chains([
    ...grouped,
    final(hopping(10, 4, 5)),
    on('reduce', 'concat', kept),
    ...outOfTable,
  ]),
  'sliding, sent when closed': chains([...grouped, final(sliding(6, 5)), on('count', '', kept), ...outOfTable]),
  'session, sent when closed': chains([...grouped, final(session(5, 10)), on('count', '', kept), ...outOfTable]),
  'suppressed until closed': chains([...grouped, tumbling(10, 5), on('count'), on('suppress'), ...outOfTable]),
  'hopping suppressed until closed': chains([
    ...regrouped,
    hopping(10, 5, 10),
    on('reduce', 'concat'),
    on('suppress', '', { name: 'held' }),
    ...outOfTable,
  ]),
  'session suppressed until closed': chains([...grouped, session(5, 10), on('count'), on('suppress'), ...outOfTable]),
  'suppressed for a time': chains([table(), on('suppress', '', { limitMs: 10 }), ...outOfTable]),
  'suppressed for a time, few rows': chains([
    ...grouped,
    on('count'),
    on('suppress', '', { limitMs: 20, recordsMax: 3 }),
    ...outOfTable,
  ]),
  'suppressed, then filtered': chains([
    ...grouped,
    tumbling(10, 5),
    on('count'),
    on('suppress'),
    on('filter', 'odd'),
    ...outOfTable,
  ]),
  // --- joins ------------------------------------------------------------------------------------------------------------
  'stream-table join': chains(
    [table('table', { id: 'table' })],
    [stream(), on('join', 'plus', { with: 'table' }), ...out],
  ),
  'stream-table leftJoin': chains(
    [table('table', { id: 'table' })],
    [stream(), on('leftJoin', 'plus', { with: 'table' }), ...out],
  ),
  'stream-table join to null': chains(
    [table('table', { id: 'table' })],
    [stream(), on('leftJoin', 'drop', { with: 'table' }), ...out],
  ),
  'stream-table join by another key': chains(
    [table('table', { id: 'table' })],
    [stream(), on('selectKey', 'nullIf:x'), on('leftJoin', 'plus', { with: 'table', name: 'by-value' }), ...out],
  ),
  'stream-table inner join by another key': chains(
    [table('table', { id: 'table' })],
    [stream(), on('selectKey', 'nullIf:x'), on('join', 'plus', { with: 'table' }), ...out],
  ),
  'repartition with null keys': chains([
    stream(),
    on('selectKey', 'nullIf:x'),
    on('repartition', '', { name: 'again' }),
    ...out,
  ]),
  'stream-table join by another key, without a name': chains(
    [table('table', { id: 'table' })],
    [stream(), on('selectKey', 'first'), on('join', 'plus', { with: 'table' }), ...out],
  ),
  'join with a filtered table': chains(
    [table('table'), on('filter', 'has:a'), on('mapValues', 'upper', { id: 'table' })],
    [stream(), on('leftJoin', 'plus', { with: 'table' }), ...out],
  ),
  'join with a count': chains(
    [stream('other'), on('groupBy', 'first'), on('count', '', { id: 'table' })],
    [stream(), on('leftJoin', 'plus', { with: 'table' }), ...out],
  ),
  'join of a stream with its own count': chains(
    [stream('in', { id: 'in' }), on('groupByKey'), on('count', '', { id: 'table' })],
    [on('join', 'plus', { from: 'in', with: 'table' }), ...out],
  ),
  'stream-table join with grace': chains(
    [stream('table'), on('toTable', '', { id: 'table' })],
    [stream(), on('join', 'plus', { with: 'table', graceMs: 5 }), ...out],
  ),
  'global table join': chains(
    [{ op: 'globalTable', topic: 'table', id: 'table' }],
    [stream(), on('join', 'plus', { with: 'table', key: 'first' }), ...out],
  ),
  'global table leftJoin': chains(
    [{ op: 'globalTable', topic: 'table', id: 'table' }],
    [stream(), on('leftJoin', 'plus', { with: 'table', key: 'nullIf:x' }), ...out],
  ),
  'stream-stream join': joined('join', { withinMs: 5 }),
  'stream-stream join with grace': joined('join', { withinMs: 5, graceMs: 20, store: 'joined' }),
  'stream-stream leftJoin': joined('leftJoin', { withinMs: 5, graceMs: 10 }),
  'stream-stream outerJoin': joined('outerJoin', { withinMs: 5, graceMs: 10, name: 'outer' }),
  'stream-stream join, only before': joined('join', { withinMs: 0, beforeMs: 8, graceMs: 10 }),
  'stream-stream outerJoin, only after': joined('outerJoin', { withinMs: 0, afterMs: 8, graceMs: 10 }),
  'stream-stream join at the same time': joined('outerJoin', { withinMs: 0, graceMs: 0 }),
  'stream-stream join by other keys': chains(
    [stream('right'), on('selectKey', 'first', { id: 'right' })],
    [
      stream('left'),
      on('selectKey', 'last'),
      on('leftJoin', 'plus', { with: 'right', withinMs: 6, graceMs: 12 }),
      ...out,
    ],
  ),
  ...Object.fromEntries(
    ['join', 'leftJoin', 'outerJoin'].map((op) => [
      `stream-stream ${op} by keys that may be null`,
      chains(
        [stream('right'), on('selectKey', 'nullIf:x', { id: 'right' })],
        [
          stream('left'),
          on('selectKey', 'nullIf:x'),
          on(op, 'plus', { with: 'right', withinMs: 6, graceMs: 12 }),
          ...out,
        ],
      ),
    ]),
  ),
  'stream joined with itself': chains(
    [stream('in', { id: 'in' })],
    [on('join', 'plus', { from: 'in', with: 'in', withinMs: 4, graceMs: 10 }), ...out],
  ),
  'table-table join': tables('join'),
  'table-table leftJoin': tables('leftJoin'),
  'table-table outerJoin': tables('outerJoin'),
  'table-table join with a store': tables('join', { store: 'joined' }),
  'table-table outerJoin to null': tables('outerJoin', { store: 'joined' }, 'drop'),
  'table-table leftJoin with a count': chains(
    [stream('right'), on('groupBy', 'first'), on('count', '', { id: 'right' })],
    [table('left'), on('filter', 'longer:0'), on('leftJoin', 'plus', { with: 'right' }), ...outOfTable],
  ),
  'three tables': chains(
    [table('right', { id: 'right' })],
    [table('third', { id: 'third' })],
    [
      table('left'),
      on('outerJoin', 'plus', { with: 'right' }),
      on('leftJoin', 'plus', { with: 'third' }),
      ...outOfTable,
    ],
  ),
  'a table joined with itself': chains(
    [table('table', { id: 'table' })],
    [on('filter', 'has:a', { from: 'table', id: 'some' })],
    [on('leftJoin', 'plus', { from: 'table', with: 'some' }), ...outOfTable],
  ),
  'foreign-key join': tables('join', { foreignKey: 'first' }),
  'foreign-key leftJoin': tables('leftJoin', { foreignKey: 'first' }),
  'foreign-key join, the key may be null': tables('join', { foreignKey: 'nullIf:x', store: 'joined' }),
  'foreign-key leftJoin, the key may be null': tables('leftJoin', { foreignKey: 'nullIf:x' }),
  'foreign-key join by key and value, named': tables('join', { foreignKey: 'pair', name: 'by-pair', store: 'joined' }),
  'foreign-key leftJoin to null': tables('leftJoin', { foreignKey: 'first' }, 'drop'),
  'foreign-key join, then filtered and mapped': chains(
    [table('right', { id: 'right' })],
    [
      table('left'),
      on('join', 'plus', { with: 'right', foreignKey: 'first' }),
      on('filter', 'has:a'),
      on('mapValues', 'upper', { store: 'upper' }),
      ...outOfTable,
    ],
  ),
  'foreign-key leftJoin of derived tables, grouped': chains(
    [stream('right'), on('groupBy', 'first'), on('reduce', 'last', { id: 'right' })],
    [
      table('left'),
      on('mapValues', 'nullIf:c'),
      on('leftJoin', 'plus', { with: 'right', foreignKey: 'last' }),
      on('groupBy', 'same', { key: 'first' }),
      on('aggregate', 'concat'),
      ...outOfTable,
    ],
  ),
  'foreign-key joins one after the other': chains(
    [table('right', { id: 'right' })],
    [table('third', { id: 'third' })],
    [
      table('left'),
      on('leftJoin', 'plus', { with: 'right', foreignKey: 'first' }),
      on('join', 'plus', { with: 'third', foreignKey: 'last' }),
      on('leftJoin', 'plus', { with: 'right', foreignKey: 'mod:3' }),
      ...outOfTable,
    ],
  ),
  'foreign-key join of a table with itself': chains(
    [table('table', { id: 'table' })],
    [on('leftJoin', 'plus', { from: 'table', with: 'table', foreignKey: 'first' }), ...outOfTable],
  ),
  // --- tables grouped ---------------------------------------------------------------------------------------------------
  'table grouped and counted': chains([table(), on('groupBy', 'same', { key: 'first' }), on('count'), ...outOfTable]),
  'table grouped and reduced': chains([
    table(),
    on('groupBy', 'pair', { key: 'first' }),
    on('reduce', 'concat', { store: 'groups' }),
    ...outOfTable,
  ]),
  'table grouped and aggregated': chains([
    table(),
    on('groupBy', 'same', { key: 'nullIf:x' }),
    on('aggregate', 'sum'),
    ...outOfTable,
  ]),
  'table grouped by its key': chains([
    table(),
    on('groupBy', 'same', { key: 'key', name: 'same-key' }),
    on('aggregate', 'concat'),
    ...outOfTable,
  ]),
  'filtered table grouped': chains([
    table(),
    on('filter', 'has:a'),
    on('groupBy', 'same', { key: 'last' }),
    on('count'),
    ...outOfTable,
  ]),
  'count grouped by the count': chains([
    ...grouped,
    on('count'),
    on('groupBy', 'key', { key: 'same' }),
    on('aggregate', 'concat'),
    ...outOfTable,
  ]),
};
