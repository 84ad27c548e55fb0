import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import {
  type ErrorPolicies,
  type Guarantee,
  type Serde,
  Streams,
  StreamsBuilder,
  StreamsError,
  serdes,
  type Topology,
} from '../index.ts';
import type { ClusterUnderTest } from './cluster-suite.ts';

const { string } = serdes;

/** Reads what begins with a digit, throws at 13, cannot write 14, and makes 15 larger than its topic takes. */
const number: Serde<number> = {
  encode: (value) => {
    if (value === 14) throw new RangeError('fourteen cannot be written');
    return value === 15 ? 'x'.repeat(30_000) : String(value);
  },
  decode: (data, start, end) => {
    const text = data.toString('latin1', start, end);
    if (!/^\d+$/.test(text)) throw new SyntaxError(`${text} is no number`);
    return Number(text);
  },
};

function numbers(input: string, output: string): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, number>(input, { key: string, value: number })
    .mapValues((value) => {
      if (value === 13) throw new TypeError('thirteen is refused');
      return value;
    })
    .to(output, { key: string, value: number });
  return builder.build();
}

interface Read {
  key: string | null;
  value: string;
  offset: number;
  headers: Record<string, string>;
}

async function read(client: KafkaClient, topic: string, count: number): Promise<Read[]> {
  const all: Read[] = [];
  const tail = client.tail({ topics: [topic], from: 'earliest', isolation: 'read_committed' });
  for await (const batch of tail) {
    for (const { headers, key, offset, value } of batch.records()) {
      const texts = headers.map((header) => [header.key, String(header.value)]);
      all.push({ key: key && String(key), value: String(value), offset, headers: Object.fromEntries(texts) });
    }
    if (all.length >= count) break;
  }
  await tail.close();
  return all;
}

/** Bad input, bad handlers and bad results, by each policy. */
export function errorPoliciesSuite(name: string, cluster: ClusterUnderTest): void {
  let nextId = 0;
  const unique = (what: string) => `${what}-${process.pid}-${Date.now().toString(36)}-${nextId++}`;
  const values = ['1', 'bad', '2', '13', '14', '15', '3'];
  const codes = {
    bad: 'HW_STREAMS_DESERIALIZATION',
    13: 'HW_STREAMS_PROCESSING',
    14: 'HW_STREAMS_SERIALIZATION',
    15: 'HW_STREAMS_PRODUCTION',
  };

  async function setUp(guarantee: Guarantee, errors: Partial<ErrorPolicies>) {
    const client = createClient({ bootstrap: cluster.bootstrap(), clientId: 'errors-test' });
    const [input, output] = [unique('in'), unique('out')];
    await client.createTopics([
      { name: input, partitions: 1 },
      { name: output, partitions: 1, configs: { 'max.message.bytes': 20_000 } },
    ]);
    const told: { error: StreamsError; decision: string }[] = [];
    const quiet = () => {};
    const streams = new Streams({
      applicationId: unique('app'),
      kafka: cluster.bootstrap(),
      guarantee,
      commitIntervalMs: 20,
      errors,
      logger: {
        debug: quiet,
        info: quiet,
        error: quiet,
        warn: (fields) => {
          if (fields['error'] instanceof StreamsError) told.push(fields as (typeof told)[0]);
        },
      },
    });
    const handle = streams.add(numbers(input, output), { name: 'numbers' });
    await streams.start();
    const write = (texts: readonly string[]) =>
      client.produce({
        topic: input,
        records: texts.map((value) => ({ key: `k${value}`, value, headers: [{ key: 'from', value: 'test' }] })),
      });
    const end = async () => {
      await streams.close();
      await client.close();
    };
    return { client, end, handle, input, output, streams, told, write };
  }

  for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
    test(`${name}: what is bad is skipped, ${guarantee}`, { timeout: 60_000 }, async () => {
      const skip = { deserialization: 'skip', processing: 'skip', production: 'skip' } as const;
      const { client, end, output, streams, told, write } = await setUp(guarantee, skip);
      await write(values);
      const good = await read(client, output, 3);
      assert.deepEqual(
        good.map(({ value }) => value),
        ['1', '2', '3'],
      );
      assert.deepEqual(
        told.map(({ error, decision }) => [error.code, error.place?.offset, decision]),
        [1, 3, 4, 5].map((offset) => [codes[values[offset] as keyof typeof codes], offset, 'skip']),
      );
      assert.equal(
        streams.metrics.tasks.reduce((sum, { recordsFailed }) => sum + recordsFailed, 0),
        4,
      );
      await end();
    });

    test(`${name}: what is bad goes to the dead letters, ${guarantee}`, { timeout: 60_000 }, async () => {
      const deadLetterTopic = unique('dead');
      const { client, end, input, output, told, write } = await setUp(guarantee, {
        deserialization: 'dead-letter',
        processing: () => 'dead-letter',
        production: 'dead-letter',
        deadLetterTopic,
      });
      await write(values);
      assert.equal((await read(client, output, 3)).length, 3);
      const dead = await read(client, deadLetterTopic, 4);
      assert.deepEqual(
        dead.map(({ key, value }) => [key, value]),
        ['bad', '13', '14', '15'].map((value) => [`k${value}`, value]),
      );
      assert.equal(told.length, 4);
      const { headers } = dead[1]!;
      assert.match(headers['__streams.errors.stacktrace']!, /TypeError: thirteen is refused\n/);
      delete headers['__streams.errors.stacktrace'];
      assert.deepEqual(headers, {
        from: 'test',
        '__streams.errors.exception': 'TypeError',
        '__streams.errors.message': 'thirteen is refused',
        '__streams.errors.topic': input,
        '__streams.errors.partition': '0',
        '__streams.errors.offset': '3',
      });
      await end();
    });

    test(`${name}: what is bad stops its topology, ${guarantee}`, { timeout: 60_000 }, async () => {
      for (const bad of ['bad', '13', '14', '15'] as const) {
        const { client, end, handle, input, output, write } = await setUp(guarantee, {});
        const failed = Promise.withResolvers<StreamsError>();
        const poll = setInterval(() => {
          if (handle.state === 'failed') failed.resolve(handle.failure as StreamsError);
        }, 10);
        await write(['1']);
        assert.equal((await read(client, output, 1))[0]?.value, '1');
        await write([bad, '2']);
        const { code, place } = await failed.promise;
        clearInterval(poll);
        assert.equal(code, codes[bad]);
        assert.deepEqual(place, { topic: input, partition: 0, offset: 1 });
        await end();
      }
    });
  }
}
