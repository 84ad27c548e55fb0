import { deepEqual, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { type LogReader, type PartitionLog, startOffsets } from './start-offsets.ts';

/** Records of each partition: the offset of the first, and their times. */
function logOf(topics: Record<string, readonly { readonly beginOffset: number; readonly times: readonly number[] }[]>) {
  return {
    partitions: async (topic) =>
      topics[topic]!.map(
        ({ beginOffset, times }): PartitionLog => ({
          beginOffset,
          endOffset: beginOffset + times.length,
          beginMs: times[0] ?? null,
        }),
      ),
    offsetsAt: async (topic, timestampMs) =>
      topics[topic]!.map(({ beginOffset, times }) => {
        const at = times.findIndex((each) => each >= timestampMs);
        return at < 0 ? -1 : beginOffset + at;
      }),
  } satisfies LogReader;
}

const log = logOf({
  rides: [
    { beginOffset: 0, times: [10, 20, 30] },
    { beginOffset: 5, times: [15, 25] },
  ],
  riders: [{ beginOffset: 3, times: [1, 2] }],
  gone: [{ beginOffset: 9, times: [] }],
  fresh: [{ beginOffset: 0, times: [] }],
});
const rides = { topic: 'rides', isTable: false };
const riders = { topic: 'riders', isTable: true };
const offsets = (...list: [number, number][]) => ({ kind: 'offsets', offsets: new Map(list) }) as const;

test('the beginning is what the log holds', async () => {
  deepEqual(await startOffsets([rides, riders], { kind: 'beginning' }, log), {
    rides: { 0: 0, 1: 5 },
    riders: { 0: 3 },
  });
});

test('a moment is looked for in streams, tables are read whole', async () => {
  const at = (moment: number | string) => startOffsets([rides, riders], { kind: 'timestamp', at: moment }, log);
  deepEqual(await at(16), { rides: { 0: 1, 1: 6 }, riders: { 0: 3 } });
  deepEqual(await at('1970-01-01T00:00:00.026'), { rides: { 0: 2, 1: 7 }, riders: { 0: 3 } });
  deepEqual(await at(15), { rides: { 0: 1, 1: 5 }, riders: { 0: 3 } });
});

test('a moment that the log no longer holds is refused with the earliest that it does', async () => {
  await rejects(startOffsets([rides], { kind: 'timestamp', at: 14 }, log), {
    code: 'HW_SQL_STATEMENT',
    message: /no longer holds all since 1970-01-01T00:00:00.014Z of partition 1 of topic rides: .*\(TIMESTAMP 15\)/,
  });
  const gone = [{ topic: 'gone', isTable: false }];
  await rejects(startOffsets(gone, { kind: 'timestamp', at: 14 }, log), /holds no record any more: use TO BEGINNING/);
  const fresh = [{ topic: 'fresh', isTable: false }];
  deepEqual(await startOffsets(fresh, { kind: 'timestamp', at: 14 }, log), { fresh: { 0: 0 } });
});

test('offsets are of one stream, of all its partitions, and within the log', async () => {
  deepEqual(await startOffsets([rides, riders], offsets([0, 2], [1, 7]), log), {
    rides: { 0: 2, 1: 7 },
    riders: { 0: 3 },
  });
  await rejects(startOffsets([rides], offsets([0, 2]), log), /does not name partition 1 .* It holds offsets 5 to 7/);
  await rejects(startOffsets([rides], offsets([0, 2], [2, 1]), log), /no partition 2 of topic rides: it has 2/);
  await rejects(startOffsets([rides], offsets([0, 2], [1, 4]), log), /no longer holds offset 4 .* the earliest is 5/);
  await rejects(startOffsets([rides], offsets([0, 4], [1, 5]), log), /has no offset 4 yet: it ends at 3/);
  await rejects(startOffsets([riders], offsets([0, 3]), log), /reads tables only/);
  await rejects(startOffsets([rides, { topic: 'gone', isTable: false }], offsets([0, 3]), log), /reads 2: rides, gone/);
});
