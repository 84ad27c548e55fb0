import { after, before, type TestContext, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { runKills } from './support/kill-run.ts';

const given = process.env['HEADWATER_TEST_KAFKA'];
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const kills = Number(process.env['KILLS'] ?? 100);
let broker: Broker | null = null;

before(async () => {
  if (given === undefined) broker = await startBroker();
});
after(async () => broker?.close());

test('one, two and three registries, killed again and again', async (t: TestContext) => {
  for (const registries of [1, 2, 3]) {
    const kafkaUrl = given ?? broker!.bootstrap;
    const name = `soak-${seed}-${registries}-${Date.now().toString(36)}`;
    const result = await runKills({ kafkaUrl, name, seed, registries, clients: 16, kills: Math.ceil(kills / 3) });
    t.diagnostic(`seed ${seed}, ${registries} registries: ${JSON.stringify(result)}`);
  }
});
