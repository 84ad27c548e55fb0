import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../control/random-samples.ts';
import { LabelSet } from '../labels/label-set.ts';
import { matcher } from '../labels/matcher.ts';
import { SampleBuffer } from './chunk-codec.ts';
import { SampleStore } from './sample-store.ts';

const startMs = 1_768_000_000_000;

function samplesOf(
  store: SampleStore,
  name: string,
  fromMs = 0,
  toMs = Number.MAX_SAFE_INTEGER,
): [number, number | 'stale'][] {
  const buffer = new SampleBuffer();
  const [series] = store.select([matcher('__name__', '=', name)], fromMs, toMs);
  if (series !== undefined) store.read(series, fromMs, toMs, buffer);
  return Array.from({ length: buffer.length }, (_, i) => [
    buffer.times[i]!,
    buffer.isStale(i) ? 'stale' : buffer.values[i]!,
  ]);
}

function random(seed: number, count: number): [number, number][] {
  const next = seededRandom(seed);
  const special = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    0,
    2 ** 53,
    -(2 ** 53),
    5e-324,
    1.7e308,
  ];
  let timeMs = startMs;
  let value = 0;
  return Array.from({ length: count }, () => {
    timeMs += next() < 0.7 ? 15_000 : 1 + Math.floor(next() * 10_000_000);
    const dice = next();
    if (dice < 0.4) value += Math.floor(next() * 100);
    else if (dice < 0.6) value = next() * 1_000;
    else if (dice < 0.7) value -= Math.floor(next() * 1e12);
    else if (dice < 0.75) value = special[Math.floor(next() * special.length)]!;
    return [timeMs, value];
  });
}

test('what is put in comes out, whatever the numbers', () => {
  const seed = Math.floor(Math.random() * 1e9);
  const store = new SampleStore({ now: () => startMs });
  const samples = random(seed, 5_000);
  const series = store.series(LabelSet.of({ __name__: 'x' }))!;
  for (const [timeMs, value] of samples) assert.equal(store.append(series, timeMs, value), 'added');
  const got = samplesOf(store, 'x');
  assert.equal(got.length, samples.length, `seed ${seed}`);
  for (const [i, each] of got.entries())
    assert.ok(Object.is(each[0], samples[i]![0]) && Object.is(each[1], samples[i]![1]), `seed ${seed}, sample ${i}`);
  const [from, to] = [samples[1_000]![0], samples[2_000]![0]];
  assert.equal(samplesOf(store, 'x', from, to).length, 1_001);
});

test('a marker of staleness is told from NaN; what is not newer is refused', () => {
  const store = new SampleStore({ now: () => startMs });
  const series = store.series(LabelSet.of({ __name__: 'x' }))!;
  store.append(series, startMs, Number.NaN);
  store.appendStale(series, startMs + 1);
  store.append(series, startMs + 2, 7);
  assert.equal(store.append(series, startMs + 2, 7), 'duplicate');
  assert.equal(store.append(series, startMs + 2, 8), 'out-of-order');
  assert.equal(store.append(series, startMs + 1, 8), 'out-of-order');
  assert.deepEqual(samplesOf(store, 'x'), [
    [startMs, Number.NaN],
    [startMs + 1, 'stale'],
    [startMs + 2, 7],
  ]);
});

test('a bomb of labels is refused and counted', () => {
  const store = new SampleStore({ seriesMax: 10 });
  for (let i = 0; i < 25; i++) store.series(LabelSet.of({ __name__: 'x', id: String(i) }));
  assert.deepEqual([store.stats().series, store.stats().refusedSeries], [10, 15]);
});

test('killed at any time, it has what was flushed; a torn end costs only itself', () => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-metrics-'));
  try {
    const samples = random(7, 1_000);
    const open = (): SampleStore => new SampleStore({ directory, now: () => startMs });
    let store = open();
    for (const [i, [timeMs, value]] of samples.entries()) {
      store.append(store.series(LabelSet.of({ __name__: 'x' }))!, timeMs, value);
      if (i % 10 !== 9) continue;
      store.flush();
      // As after kill -9: the old one is left as it is.
      if (i % 200 === 199) store = open();
    }
    assert.equal(samplesOf(open(), 'x').length, 1_000);
    const wal = readdirSync(directory)
      .filter((name) => name.startsWith('wal-'))
      .sort();
    truncateSync(join(directory, wal.at(-1)!), 100);
    const torn = samplesOf(open(), 'x');
    assert.ok(torn.length >= 800 && torn.length < 1_000, String(torn.length));
    assert.ok(torn.every(([timeMs, value], i) => timeMs === samples[i]![0] && Object.is(value, samples[i]![1])));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('what is too old goes, series and all', () => {
  let nowMs = startMs;
  const store = new SampleStore({ now: () => nowMs, retentionMs: 3_600_000 });
  const old = store.series(LabelSet.of({ __name__: 'old' }))!;
  for (let i = 0; i < 300; i++) store.append(old, startMs + i * 1_000, i);
  nowMs += 7_200_000;
  assert.equal(store.append(old, startMs + 400_000, 1), 'too-old');
  store.append(store.series(LabelSet.of({ __name__: 'new' }))!, nowMs, 1);
  store.clean();
  assert.deepEqual([store.stats().series, store.stats().samples], [1, 1]);
});
