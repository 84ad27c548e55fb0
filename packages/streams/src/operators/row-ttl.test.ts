import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyValueStore, type Storage, StreamsBuilder, serdes, TopologyTestDriver } from '../../index.ts';

const { long, string } = serdes;

for (const storage of ['memory', 'disk'] satisfies Storage[]) {
  for (const isEachUpdateSent of [true, false]) {
    const how = `stores in ${storage}, ${isEachUpdateSent ? 'each update sent' : 'one update a commit'}`;

    test(`rows of a table go when stream time is past them, and all hear of it (${how})`, () => {
      const builder = new StreamsBuilder();
      const users = builder.table<string, string>('users', { value: string, store: 'users', ttlMs: 1_000, storage });
      users.toStream().to('names', { value: string });
      users
        .groupBy((name) => [name.slice(0, 1), name], { key: string, value: string })
        .count({ store: 'initials', storage })
        .toStream()
        .to('initials', { value: long });
      const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent });
      const input = driver.input('users', string, string);
      const names = driver.output('names', string, string);
      const initials = driver.output('initials', string, long);
      input.pipe('a', 'Ann', 10_000);
      input.pipe('b', 'Amy', 10_500);
      input.pipe('a', 'Ada', 10_900);
      assert.deepEqual(initials.readRows().at(-1), ['A', 2, 10_900]);
      names.readAll();
      // 'b' is of 10,500; 'a' was written again.
      input.pipe('c', 'Cy', 11_640);
      assert.deepEqual(names.readRows(), [
        ['b', null, 11_500],
        ['c', 'Cy', 11_640],
      ]);
      assert.deepEqual(
        initials
          .readRows()
          .map(([key, value]) => [key, value])
          .sort(),
        [
          ['A', 1],
          ['C', 1],
        ],
      );
      assert.deepEqual(
        Array.from(driver.store<KeyValueStore<string, string>>('users').all(), ({ key }) => key),
        ['a', 'c'],
      );
      const changelog = driver.take('test-users-changelog');
      const last = new Map(changelog.map(({ key, value }) => [String(key), value === null ? null : String(value)]));
      assert.deepEqual(Object.fromEntries(last), { a: 'Ada', b: null, c: 'Cy' });
      // It comes again, and goes again.
      input.pipe('b', 'Bo', 11_700);
      input.pipe('d', 'Di', 20_000);
      assert.deepEqual(
        names
          .readRows()
          .map(([key, value]) => `${key} ${value}`)
          .sort(),
        ['a null', 'b Bo', 'b null', 'c null', 'd Di'],
      );
      driver.close();
    });

    test(`an aggregate that was not updated for long begins anew (${how})`, () => {
      const builder = new StreamsBuilder();
      builder
        .stream<string, string>('in', { value: string })
        .groupByKey()
        .count({ store: 'counts', ttlMs: 100, storage })
        .toStream()
        .to('out', { value: long });
      const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent });
      const input = driver.input('in', string, string);
      const out = driver.output('out', string, long);
      input.pipe('k', '', 1_000);
      input.pipe('k', '', 1_050);
      input.pipe('other', '', 1_120);
      input.pipe('k', '', 1_130);
      assert.deepEqual(
        out
          .readRows()
          .filter(([key]) => key === 'k')
          .at(-1),
        ['k', 3, 1_130],
      );
      input.pipe('other', '', 1_245);
      assert.deepEqual(
        out.readRows().filter(([key]) => key === 'k'),
        [['k', null, 1_230]],
      );
      input.pipe('k', '', 1_250);
      assert.deepEqual(out.readRows(), [['k', 1, 1_250]]);
      driver.close();
    });
  }

  test(`very many rows that are over at once go with some records and commits (stores in ${storage})`, () => {
    const builder = new StreamsBuilder();
    builder.table<string, string>('in', { value: string, store: 'rows', ttlMs: 1_000, storage });
    const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent: false });
    const input = driver.input('in', string, string);
    for (let n = 0; n < 3_500; n++) input.pipe(`k${n}`, 'v', 5_000);
    const rows = () => Array.from(driver.store<KeyValueStore<string, string>>('rows').all()).length;
    assert.equal(rows(), 3_500);
    input.pipe('last', 'v', 50_000);
    while (rows() > 1) {
      const before = rows();
      driver.commit();
      assert.ok(rows() < before);
    }
    driver.close();
  });
}

test('a ttl that has no meaning is refused', () => {
  const stream = new StreamsBuilder().stream<string, string>('in').groupByKey();
  assert.throws(() => stream.count({ ttlMs: 0 }), { code: 'HW_STREAMS_BAD_OPTION' });
  const table = new StreamsBuilder().table<string, string>('in');
  assert.throws(() => table.mapValues((value) => value, { store: 's', ttlMs: 5 }), { code: 'HW_STREAMS_BAD_OPTION' });
});
