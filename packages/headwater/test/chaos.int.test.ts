import { after, test } from 'node:test';
import { canFindChildren, closeChaos, runChaos } from './chaos-rounds.ts';

after(closeChaos);

test(
  'counts, rows and documents agree with the log after services, and everything, were killed',
  {
    skip: canFindChildren ? false : 'processes of services are found in /proc',
  },
  () =>
    runChaos({
      seed: Number(process.env['HEADWATER_CHAOS_SEED'] ?? Date.now() % 1_000_000),
      tweets: 1_200,
      tweetsPerSecond: 100,
      pauseMs: [500, 2_500],
      everythingEvery: 6,
      isOver: (kills) => kills === 6,
      patienceMs: 90_000,
    }),
);
