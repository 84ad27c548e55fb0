import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamsBuilder } from '../dsl/streams-builder.ts';

test('a topology is described as by Kafka Streams, and as data', () => {
  const builder = new StreamsBuilder();
  const shops = builder.globalTable('shops');
  builder
    .stream<string, string>(['orders', 'returns'])
    .joinGlobal(
      shops,
      (value) => value,
      (value) => value,
    )
    .groupBy((value) => value, { name: 'by-value' })
    .count({ store: 'counts' })
    .toStream()
    .to('out', { name: 'out' });
  const description = builder.build().describe();
  // In the form of Kafka Streams 4.3.1, with which conformance/streams compares all its topologies.
  assert.equal(
    String(description),
    `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000001 (topics: [shops])
      --> KTABLE-SOURCE-0000000002
    Processor: KTABLE-SOURCE-0000000002 (stores: [shops-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001
  Sub-topology: 1
    Source: KSTREAM-SOURCE-0000000003 (topics: [orders, returns])
      --> KSTREAM-LEFTJOIN-0000000004
    Processor: KSTREAM-LEFTJOIN-0000000004 (stores: [])
      --> by-value
      <-- KSTREAM-SOURCE-0000000003
    Processor: by-value (stores: [])
      --> by-value-repartition-filter
      <-- KSTREAM-LEFTJOIN-0000000004
    Processor: by-value-repartition-filter (stores: [])
      --> by-value-repartition-sink
      <-- by-value
    Sink: by-value-repartition-sink (topic: by-value-repartition)
      <-- by-value-repartition-filter

  Sub-topology: 2
    Source: by-value-repartition-source (topics: [by-value-repartition])
      --> KSTREAM-AGGREGATE-0000000006
    Processor: KSTREAM-AGGREGATE-0000000006 (stores: [counts])
      --> KTABLE-TOSTREAM-0000000010
      <-- by-value-repartition-source
    Processor: KTABLE-TOSTREAM-0000000010 (stores: [])
      --> out
      <-- KSTREAM-AGGREGATE-0000000006
    Sink: out (topic: out)
      <-- KTABLE-TOSTREAM-0000000010

`,
  );
  const sinks = description.subtopologies.flatMap(({ nodes }) =>
    nodes.flatMap((node) => (node.kind === 'sink' ? [[node.topic, node.predecessors]] : [])),
  );
  assert.deepEqual(sinks, [
    ['by-value-repartition', ['by-value-repartition-filter']],
    ['out', ['KTABLE-TOSTREAM-0000000010']],
  ]);
});
