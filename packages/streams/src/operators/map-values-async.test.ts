import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AsyncOptions } from '../dsl/options.ts';
import { StreamsBuilder } from '../dsl/streams-builder.ts';
import { serdes } from '../serdes/index.ts';
import { type TestDriverOptions, TopologyTestDriver } from '../testing/topology-test-driver.ts';
import type { AsyncValueMapper } from './map-values-async.ts';

const { string } = serdes;

function asked(map: AsyncValueMapper<string, string, string>, options?: AsyncOptions, driving?: TestDriverOptions) {
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in', { value: string }).mapValuesAsync(map, options).to('out', { value: string });
  const driver = new TopologyTestDriver(builder.build(), driving);
  const output = driver.output('out', string, string);
  const input = driver.input('in', string, string);
  return { driver, input, values: () => output.readRows().map(([, value]) => value) };
}

/** Answers that the test gives when it likes. */
function service() {
  const calls = new Map<string, PromiseWithResolvers<string>>();
  let most = 0;
  let now = 0;
  return {
    calls,
    get most() {
      return most;
    },
    ask: (value: string) => {
      const call = Promise.withResolvers<string>();
      calls.set(value, call);
      most = Math.max(most, ++now);
      return call.promise.finally(() => now--);
    },
  };
}

test('results are in the order of the records, whatever the order of the answers', async () => {
  const { ask, calls } = service();
  const { driver, input, values } = asked(ask);
  for (const [time, value] of ['a', 'b', 'c'].entries()) input.pipe('k', value, time);
  calls.get('c')!.resolve('C');
  calls.get('b')!.resolve('B');
  assert.deepEqual(values(), []);
  calls.get('a')!.resolve('A');
  await driver.settled();
  assert.deepEqual(values(), ['A', 'B', 'C']);
  assert.deepEqual(
    driver.written.map(({ timestamp }) => timestamp),
    [0, 1, 2],
  );
  driver.close();
});

test('results come as the answers come when no order is asked for', async () => {
  const { ask, calls } = service();
  const { driver, input, values } = asked(ask, { ordered: false });
  for (const value of ['a', 'b']) input.pipe('k', value, 1);
  const settled = driver.settled();
  calls.get('b')!.resolve('B');
  await calls.get('b')!.promise;
  calls.get('a')!.resolve('A');
  await settled;
  assert.deepEqual(values(), ['B', 'A']);
  driver.close();
});

test('no more calls are under way than there may be, and every record gets its turn', async () => {
  const { ask, calls, ...counted } = service();
  const { driver, input, values } = asked(ask, { concurrency: 3 });
  const wanted = Array.from({ length: 20 }, (_, index) => `v${index}`);
  for (const value of wanted) input.pipe('k', value, 1);
  assert.equal(calls.size, 3);
  for (const value of wanted) {
    while (!calls.has(value)) {
      const waiting = driver.settled();
      await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve))]);
    }
    calls.get(value)!.resolve(value);
  }
  await driver.settled();
  assert.deepEqual(values(), wanted);
  assert.equal(counted.most <= 3, true);
  driver.close();
});

test('a call that fails, or takes too long, is a failed record', async () => {
  const never = (value: string) =>
    value === 'slow'
      ? new Promise<string>(() => {})
      : value === 'bad'
        ? Promise.reject(new Error('no such thing'))
        : value.toUpperCase();
  const skipping = asked(never, { timeoutMs: 5 }, { errors: { processing: 'skip' } });
  for (const value of ['a', 'slow', 'bad', 'b']) skipping.input.pipe('k', value, 1);
  await skipping.driver.settled();
  assert.deepEqual(skipping.values(), ['A', 'B']);
  assert.equal(skipping.driver.metrics[0]!.recordsFailed, 2);
  skipping.driver.close();

  const failing = asked(never);
  failing.input.pipe('k', 'bad', 1);
  await assert.rejects(failing.driver.settled(), {
    code: 'HW_STREAMS_PROCESSING',
    place: { topic: 'in', partition: 0, offset: 0 },
  });
  failing.driver.close();
});

test('a failed call can be a dead letter, with the record as it was', async () => {
  const errors = { processing: 'dead-letter', deadLetterTopic: 'dead' } as const;
  const { driver, input } = asked(() => Promise.reject(new Error('no')), {}, { errors });
  input.pipe('k1', 'v1', 7);
  input.pipe('k2', 'v2', 8);
  await driver.settled();
  assert.deepEqual(driver.output('dead', string, string).readRows(), [
    ['k1', 'v1', 7],
    ['k2', 'v2', 8],
  ]);
  driver.close();
});

test('calls are told when their task goes', () => {
  let signal: AbortSignal | null = null;
  const { driver, input } = asked((_value, _key, call) => {
    signal = call.signal;
    return new Promise<string>(() => {});
  });
  input.pipe('k', 'v', 1);
  driver.close();
  assert.equal((signal as AbortSignal | null)?.aborted, true);
});
