import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { StatementTurns } from './statement-turns.ts';

test('what is alone waits for statements and those within them, and later ones wait for it', async () => {
  const turns = new StatementTurns();
  const told: string[] = [];
  const first = Promise.withResolvers<void>();
  const alone = Promise.withResolvers<void>();
  const outer = turns.shared(async () => {
    await first.promise;
    await turns.shared(async () => void told.push('inner'));
    told.push('outer');
  });
  const swap = turns.exclusive(async () => {
    told.push('alone');
    await alone.promise;
    throw new Error('it failed');
  });
  first.resolve();
  await outer;
  const later = turns.shared(async () => void told.push('later'));
  alone.resolve();
  await swap.catch((error: Error) => told.push(error.message));
  await later;
  deepEqual(told.slice(0, 3), ['inner', 'outer', 'alone']);
  deepEqual(told.slice(3).sort(), ['it failed', 'later']);
});
