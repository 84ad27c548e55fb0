import { test } from 'node:test';
import type { Guarantee, Storage } from '../index.ts';
import { killAndCount } from './checkpoint-kill-suite.ts';

const rounds = Number(process.env['HEADWATER_KILLS'] ?? 60);

for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
  for (const storage of ['memory', 'disk'] satisfies Storage[]) {
    const title = `state is there again after ${rounds} SIGKILLs (${guarantee}, stores: ${storage})`;
    test(title, { timeout: 1_800_000 }, () => killAndCount({ guarantee, storage, rounds }));
  }
}
