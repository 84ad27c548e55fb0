import { after, test } from 'node:test';
import { canFindChildren, closeChaos, runChaos } from './chaos-rounds.ts';

/** Ten minutes at 200 tweets a second; HEADWATER_CHAOS_SECONDS, HEADWATER_CHAOS_RATE and HEADWATER_CHAOS_SEED say otherwise. */
const seconds = Number(process.env['HEADWATER_CHAOS_SECONDS'] ?? 600);
const tweetsPerSecond = Number(process.env['HEADWATER_CHAOS_RATE'] ?? 200);

after(closeChaos);

test(
  'counts, rows and documents agree with the log after minutes of kills under load',
  {
    skip: canFindChildren ? false : 'processes of services are found in /proc',
  },
  () =>
    runChaos({
      seed: Number(process.env['HEADWATER_CHAOS_SEED'] ?? Date.now() % 1_000_000),
      tweets: Math.round(seconds * tweetsPerSecond * 0.6),
      tweetsPerSecond,
      pauseMs: [1_000, 6_000],
      everythingEvery: 10,
      isOver: (_, elapsedMs) => elapsedMs > seconds * 1_000,
      patienceMs: 300_000,
    }),
);
