import { test } from 'node:test';
import type { Guarantee, Storage } from '../index.ts';
import { killAndCount } from './checkpoint-kill-suite.ts';

for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
  for (const storage of ['memory', 'disk'] satisfies Storage[]) {
    const title = `state is there again after SIGKILLs, from the checkpoint on (${guarantee}, stores: ${storage})`;
    test(title, { timeout: 120_000 }, () => killAndCount({ guarantee, storage, rounds: 4 }));
  }
}
