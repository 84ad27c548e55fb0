import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '../index.ts';
import { runSuite, suiteCases } from './support/compatibility-suite.ts';

test('the whole table of what may follow what, over REST', async (t: TestContext) => {
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const cases = suiteCases();
  const verdicts = await runSuite(registry.url, cases);
  await registry.close();
  await broker.close();
  // Where no rule is stated the answer must be one at all; what it is, other registries are asked about.
  const wrong = cases
    .map(({ isCompatible, level, name, schemaType }, index) => {
      const says = verdicts[index]!;
      return { schemaType, name, level, says, expected: isCompatible ?? says === true };
    })
    .filter(({ expected, says }) => says !== expected);
  t.diagnostic(`${cases.length} cases`);
  assert.ok(cases.length >= 300);
  assert.deepEqual(wrong, []);
});
