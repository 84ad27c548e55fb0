import { after, before, type TestContext, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { runKills } from './support/kill-run.ts';

/** On a real Kafka where one is given: bootstrap addresses. */
const given = process.env['HEADWATER_TEST_KAFKA'];
const seed = Number(process.env['SEED'] ?? 5);
let broker: Broker | null = null;

before(async () => {
  if (given === undefined) broker = await startBroker();
});
after(async () => broker?.close());

test('registries are killed while many register: all that was acknowledged stays as it was', async (t: TestContext) => {
  const kafkaUrl = given ?? broker!.bootstrap;
  const name = `kill-${seed}-${Date.now().toString(36)}`;
  const result = await runKills({ kafkaUrl, name, seed, registries: 2, clients: 8, kills: 4 });
  t.diagnostic(`seed ${seed}: ${JSON.stringify(result)}`);
});
