import { after, test } from 'node:test';
import { closeRounds, runRounds } from './service-monitor-rounds.ts';

after(closeRounds);

test('views count what the services of the example did, before and after a kill -9 of everything', () => runRounds(2));
