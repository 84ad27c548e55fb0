/** Which records without a key go through a repartition topic, as in Kafka Streams 4. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serdes } from '../serdes/index.ts';
import { TopologyTestDriver } from '../testing/topology-test-driver.ts';
import type { KStream } from './kstream.ts';
import { StreamsBuilder } from './streams-builder.ts';
import { within } from './windows.ts';

const { string } = serdes;
const text = { key: string, value: string };

type Use = (stream: KStream<string, string>, other: KStream<string, string>) => KStream<string, string>;

/** How many of a record with a key and one without come through the first topic. */
function countThrough(use: Use): number {
  const builder = new StreamsBuilder();
  const stream = builder.stream<string, string>('in', text).repartition({ name: 'through' });
  use(stream, builder.stream<string, string>('other', text)).to('out', text);
  const driver = new TopologyTestDriver(builder.build());
  driver.input('in', string, string).pipe('k', 'v', 1);
  driver.input('in', string, string).pipe(null, 'v', 2);
  const { length } = driver.written.filter(({ topic }) => topic === 'test-through-repartition');
  driver.close();
  return length;
}

test('records without a key go through a repartition topic only where a left or outer join comes of it', () => {
  const plus = (one: string | null, two: string | null) => `${one}+${two}`;
  assert.equal(
    countThrough((stream) => stream.mapValues((value) => value)),
    1,
  );
  assert.equal(
    countThrough((stream, other) => stream.join(other, plus, within(1))),
    1,
  );
  assert.equal(
    countThrough((stream, other) => stream.leftJoin(other, plus, within(1))),
    2,
  );
  assert.equal(
    countThrough((stream, other) => other.outerJoin(stream, plus, within(1))),
    2,
  );
  assert.equal(
    countThrough((stream, other) => stream.leftJoin(other.toTable(), plus)),
    2,
  );
  // Its table's side needs keys.
  assert.equal(
    countThrough((stream, other) => other.leftJoin(stream.toTable(), plus)),
    1,
  );
  // Over another topic, and over a key that comes later.
  assert.equal(
    countThrough((stream, other) => stream.selectKey((value) => value).leftJoin(other.toTable(), plus)),
    2,
  );
});
