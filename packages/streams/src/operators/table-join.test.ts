/** Expected results are those of Kafka Streams 4.3.1 in its TopologyTestDriver without caches, for the same records. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KTable } from '../dsl/ktable.ts';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { serdes } from '../serdes/index.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';

const { long, string } = serdes;
const text = { value: string };
type Texts = KTable<string, string>;
const join = (one: string | null, other: string | null) => `${one}+${other}`;

function driverOf(make: (a: Texts, b: Texts, c: Texts) => Texts) {
  const builder = new StreamsBuilder();
  const [a, b, c] = ['a', 'b', 'c'].map((topic) => builder.table<string, string>(topic, text)) as [Texts, Texts, Texts];
  make(a, b, c).toStream().to('out', text);
  const driver = new TopologyTestDriver(builder.build());
  const input = (topic: string) => driver.input(topic, string, string);
  return { driver, a: input('a'), b: input('b'), c: input('c'), out: driver.output('out', string, string) };
}

test('an inner join has the rows that both tables have', () => {
  const { a, b, driver, out } = driverOf((left, right) => left.join(right, join));
  a.pipe('k', 'a1', 5);
  b.pipe('k', 'b1', 3);
  b.pipe('other', 'b2', 4);
  a.pipe('k', 'a2', 1);
  b.pipe('k', null, 9);
  a.pipe('k', null, 10);
  assert.deepEqual(out.readRows(), [
    ['k', 'a1+b1', 5],
    ['k', 'a2+b1', 3],
    ['k', null, 9],
  ]);
  driver.close();
});

test('left and outer joins keep rows without a partner, also of tables without stores', () => {
  const { a, b, c, driver, out } = driverOf((first, second, third) =>
    first
      .filter((value) => !value.startsWith('-'))
      .outerJoin(
        second.mapValues((value) => `<${value}>`),
        join,
      )
      .leftJoin(third, join),
  );
  c.pipe('k', 'c1', 16);
  b.pipe('k', 'b1', 11);
  a.pipe('k', 'a1', 22);
  a.pipe('k', '-', 23);
  b.pipe('k', null, 24);
  c.pipe('k', 'c2', 30);
  assert.deepEqual(out.readRows(), [
    ['k', 'null+<b1>+c1', 16],
    ['k', 'a1+<b1>+c1', 22],
    ['k', 'null+<b1>+c1', 23],
    ['k', null, 24],
  ]);
  driver.close();
});

test('a joined table with a store can be asked, grouped and told of once a commit', () => {
  const builder = new StreamsBuilder();
  const a = builder.table<string, string>('a', text);
  const b = builder.table<string, number>('b', { value: long });
  const joined = a.join(b, (name, age, key) => `${key}: ${name}, ${age + 1}`, { store: 'people', value: string });
  joined.toStream().to('out', text);
  const driver = new TopologyTestDriver(builder.build(), { isEachUpdateSent: false });
  driver.input('a', string, string).pipe('k', 'Ann', 1);
  driver.input('b', string, long).pipe('k', 40, 2);
  assert.deepEqual(driver.output('out', string, string).readRows(), [['k', 'k: Ann, 41', 2]]);
  assert.equal(driver.store<KeyValueStore<string, string>>('people').get('k'), 'k: Ann, 41');
  driver.close();
});

test('a table is joined with itself', () => {
  const { a, driver, out } = driverOf((table) => table.join(table, join));
  a.pipe('k', 'a1', 1);
  assert.deepEqual(out.readRows(), [
    ['k', 'a1+a1', 1],
    ['k', 'a1+a1', 1],
  ]);
  driver.close();
});
