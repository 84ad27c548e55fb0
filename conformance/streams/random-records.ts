import type { InputRecord, Step } from './description.ts';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const keys = ['a', 'b', 'c', 'd', 'e', 'f', '', 'ab'];
const values = ['x', 'y', 'ax', 'by', 'c', 'cab', '', 'dd', 'e', 'ab', '7', '30'];

/** Records for the sources of a topology: few keys, one value in eight null, one key in thirty null; time goes on by fits, back, and far ahead now and then. */
export function randomRecords(steps: readonly Step[], count: number, seed: number): InputRecord[] {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const topics = sourcesOf(steps);
  let now = Math.floor(random() * 50);
  return Array.from({ length: count }, () => {
    const what = random();
    if (what < 0.3) now += Math.floor(random() * 8);
    else if (what < 0.31) now += Math.floor(random() * 200);
    const back = random();
    const time = back < 0.6 ? now : back < 0.9 ? now - Math.floor(random() * 15) : now - Math.floor(random() * 90);
    const key = random() < 0.033 ? null : pick(keys);
    const value = random() < 0.125 ? null : pick(values);
    return [pick(topics), key, value, Math.max(0, time)] as const;
  });
}

export function sourcesOf(steps: readonly Step[]): string[] {
  return steps.filter(({ op }) => /^(stream|table|globalTable)$/.test(op)).map(({ topic }) => topic!);
}
