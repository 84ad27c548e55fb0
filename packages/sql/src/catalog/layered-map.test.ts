import { deepEqual, equal, throws } from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LayeredMap } from './layered-map.ts';

suite('a map over another one', () => {
  test('reads fall through; what is written and deleted stays in the layer', () => {
    const base = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    const layer = new LayeredMap(base);
    layer.set('b', 20).set('d', 4);
    equal(layer.delete('a'), true);
    equal(layer.delete('a'), false);
    equal(layer.get('a'), undefined);
    equal(layer.has('a'), false);
    equal(layer.get('b'), 20);
    equal(layer.get('c'), 3);
    equal(layer.size, 3);
    deepEqual([...layer.keys()], ['b', 'c', 'd']);
    deepEqual([...layer.values()], [20, 3, 4]);
    deepEqual([...base.values()], [1, 2, 3]);
    deepEqual(layer.changes(), {
      put: new Map([
        ['b', 20],
        ['d', 4],
      ]),
      gone: new Map([['a', 1]]),
    });
  });

  test('what is put as it was is no change, nor is what came and went', () => {
    const layer = new LayeredMap(new Map([['a', 1]]));
    layer.set('a', 1).set('b', 2).delete('b');
    deepEqual(layer.changes(), { put: new Map(), gone: new Map() });
  });

  test('layers lie over layers, and see what is settled beneath', () => {
    const bottom = new LayeredMap<string, number>();
    bottom.set('a', 1);
    const top = new LayeredMap(bottom);
    top.set('b', 2);
    bottom.settle();
    deepEqual(bottom.changes(), { put: new Map(), gone: new Map() });
    bottom.set('c', 3).delete('a');
    deepEqual(bottom.changes(), { put: new Map([['c', 3]]), gone: new Map([['a', 1]]) });
    deepEqual([...top.keys()], ['c', 'b']);
    throws(() => top.settle(), /not its own/);
  });

  test('is as a Map would be, whatever is done with it', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const next = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (state >>> 8) % below;
    };
    const bottom = new LayeredMap<number, number>();
    const expectedBottom = new Map<number, number>();
    for (let round = 0; round < 50; round++) {
      const top = new LayeredMap(bottom);
      const expectedTop = new Map(expectedBottom);
      for (const [map, expected] of [
        [top, expectedTop],
        [bottom, expectedBottom],
      ] as const) {
        const before = new Map(map === bottom ? expectedBottom : expected);
        for (let step = 0; step < 20; step++) {
          const [key, value] = [next(12), next(1_000)];
          if (next(3) === 0) equal(map.delete(key), expected.delete(key), `seed ${seed}`);
          else {
            map.set(key, value);
            expected.set(key, value);
          }
          equal(map.size, expected.size, `seed ${seed}`);
          deepEqual([...map], [...expected], `seed ${seed}`);
        }
        const { gone, put } = map.changes();
        const [isPut, isGone] = [
          [...expected].filter(([key, value]) => before.get(key) !== value),
          [...before].filter(([key]) => !expected.has(key)),
        ];
        deepEqual(new Map([...put].sort()), new Map(isPut.sort()), `seed ${seed}`);
        deepEqual(new Map([...gone].sort()), new Map(isGone.sort()), `seed ${seed}`);
      }
      bottom.settle();
      deepEqual([...bottom], [...expectedBottom], `seed ${seed}`);
    }
  });
});
