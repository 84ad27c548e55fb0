import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { pipeRecords } from './pipe-records.ts';

test('a million records go through produce and consume, each once, in flat memory', async (t) => {
  const given = process.env['HEADWATER_TEST_KAFKA'];
  const broker = given === undefined ? await startBroker({ port: 0 }) : undefined;
  t.after(() => broker?.close());
  const topic = `cli-${process.pid}-${Date.now().toString(36)}`;
  const { produceMs, consumeMs, produceMiB, consumeMiB } = await pipeRecords(
    given ?? broker!.bootstrap,
    topic,
    1_000_000,
  );
  t.diagnostic(
    `produce ${produceMs.toFixed(0)} ms, ${produceMiB.toFixed(0)} MiB; consume ${consumeMs.toFixed(0)} ms, ${consumeMiB.toFixed(0)} MiB`,
  );
  assert.ok(produceMiB < 500 && consumeMiB < 500);
});
