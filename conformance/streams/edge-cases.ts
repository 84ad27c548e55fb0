import type { InputRecord, Step } from './description.ts';
import { sourcesOf } from './random-records.ts';

type Row = readonly [key: string | null, value: string | null, timestamp: number];

/** What goes wrong easily, one after the other: for each source in turn, and the first of each list to all of them at the same time. */
const rows: readonly Row[] = [
  // Time 0, equal times, the same value again.
  ['a', 'x', 0],
  ['a', 'x', 0],
  ['b', 'ab', 0],
  // No key, no value, neither.
  [null, 'y', 1],
  ['a', null, 1],
  [null, null, 1],
  // A deleted row that is deleted again, one that never was, and one that comes back.
  ['a', null, 2],
  ['never', null, 2],
  ['a', 'b', 2],
  // Empty key and value.
  ['', '', 3],
  ['', 'a', 3],
  // The last and the first millisecond of windows.
  ['a', '4', 4],
  ['a', '5', 5],
  ['a', '9', 9],
  ['a', '10', 10],
  ['b', 'ab', 10],
  // Out of order, within the grace of some.
  ['a', 'c', 7],
  ['a', 'a', 9],
  ['b', 'x', 3],
  ['c', 'c', 11],
  // Exactly at a window's end with and without its grace.
  ['a', 'ax', 15],
  ['a', 'late', 5],
  ['b', 'z', 20],
  ['a', 'later', 10],
  ['a', 'x', 9],
  // A jump, and what was before it.
  ['b', 'cab', 1000],
  ['a', 'x', 19],
  ['a', 'x', 990],
  ['a', 'x', 995],
  ['a', 'y', 999],
  ['b', null, 999],
  ['b', 'b', 998],
  // Values that are times: below zero, none.
  ['a', '-5', 1001],
  ['a', '1500', 1001],
  ['a', '1002', 1002],
  ['c', null, 1000],
  ['c', 'x', 1030],
  ['a', 'x', 1030],
  ['b', 'x', 1031],
];

/** Each row goes to every source, in their order and then in the reverse, and to one of them alone. */
export function edgeCases(steps: readonly Step[]): InputRecord[] {
  const topics = [...new Set(sourcesOf(steps))];
  const alone = topics.flatMap((topic, index) =>
    rows.map(([key, value, timestamp]): InputRecord => [topic, key, value, timestamp + index * 3000]),
  );
  const together = rows.flatMap(([key, value, timestamp], index) =>
    (index % 2 === 0 ? topics : [...topics].reverse()).map(
      (topic): InputRecord => [topic, key, value, timestamp + 20_000],
    ),
  );
  return topics.length === 1 ? alone : [...alone, ...together];
}
