import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelPlaces } from './label-places.ts';
import { edgePath } from './path.ts';

const line = (y: number, from: number, to: number) =>
  edgePath(
    [
      { x: from, y },
      { x: to, y },
    ],
    'right',
  );

test('labels are halfway, and two edges to and fro do not cover each other’s', () => {
  const places = labelPlaces(
    new Map([
      ['to', line(10, 0, 200)],
      ['fro', line(22, 200, 0)],
      ['other', line(300, 0, 200)],
    ]),
  );
  assert.deepEqual(places.get('to'), { x: 100, y: 10 });
  assert.deepEqual(places.get('other'), { x: 100, y: 300 });
  const fro = places.get('fro')!;
  assert.equal(fro.y, 22);
  assert.ok(Math.abs(fro.x - 100) >= 56, `it is at ${fro.x}`);
});

test('a label is near the end where its edge is alone', () => {
  const lines = new Map([
    ['out', line(10, 0, 100)],
    ['in', line(60, 0, 100)],
  ]);
  const places = labelPlaces(lines, undefined, (id) => (id === 'out' ? 'start' : 'end'));
  assert.deepEqual([places.get('out')!.x, places.get('in')!.x], [60, 40]);
});

test('where there is no room along an edge its label goes beside it, further from one of two lines', () => {
  const short = (hasLag: boolean) =>
    labelPlaces(
      new Map([
        ['to', line(10, 0, 40)],
        ['fro', line(22, 40, 0)],
      ]),
      () => hasLag,
    ).get('fro')!;
  assert.deepEqual([short(false), short(true).y - 10 >= 28], [{ x: 20, y: 34 }, true]);
});
