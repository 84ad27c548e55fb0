import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type ApiKey, type CompressionName, encodeBatch, encodeRequest } from '@headwater/protocol';
import { handlers } from '../../src/handlers/index.ts';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { createTopic, produce, temporaryDir, testBroker } from '../fixtures.ts';
import type { RawClient } from '../raw-client.ts';
import { bodies } from '../request-bodies.ts';
import { GoodClient } from './good-client.ts';
import { HostileClient } from './hostile-client.ts';
import { usedBytes } from './memory.ts';
import { lyingBatch } from './mutate.ts';

/** Small bounds, so that what a frame may leave behind by right has reached them before the memory is measured. */
const config = {
  'headwater.max.partitions': 500,
  'headwater.max.groups': 300,
  'headwater.max.committed.offsets': 1_000,
  'headwater.max.transactional.ids': 300,
  'max.incremental.fetch.session.cache.slots': 50,
  'headwater.cache.bytes': 1_000_000,
  'log.segment.bytes': 1_000_000,
  'log.retention.bytes': 3_000_000,
  'log.retention.check.interval.ms': 1_000,
};
const growthMaxBytes = 64 * 1024 * 1024;

/**
 * Damaged frames of all APIs and versions from several connections at a running broker, and batches that lie with a right checksum,
 * while one client works as always. The broker has no error of its own, forgets what it was sent, and the one client does not notice.
 */
export async function fuzzBroker(t: TestContext, seed: number, frames: number, batches: number): Promise<void> {
  const random = new SeededRandom(seed);
  t.diagnostic(`SEED=${seed}`);
  const { broker, client, lines } = await testBroker(t, { dataDir: await temporaryDir(t), config });
  const good = await GoodClient.start(await client());
  const hostile = await hostileClients(broker, await client(), random);
  t.after(() => {
    for (const each of hostile) each.close();
  });
  const sent = () => hostile.reduce((sum, each) => sum + each.frames, 0);
  const untilSent = async (count: number): Promise<void> => {
    const each = async (one: HostileClient) => {
      while (sent() < count) await one.send();
    };
    const beside = async () => {
      while (sent() < count) {
        await good.round();
        dropQuiet(lines);
        const next = sent() + 20;
        while (sent() < Math.min(next, count)) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all([...hostile.map(each), beside()]);
  };
  await untilSent(Math.floor(frames / 4));
  const beforeBytes = await usedBytes();
  await untilSent(frames);
  const liars = await lyingBatches(await client(), random, batches);
  await good.round();
  dropQuiet(lines);
  assert.deepEqual(lines, [], `SEED=${seed}`);
  const growthBytes = (await usedBytes()) - beforeBytes;
  const answered = hostile.reduce((sum, each) => sum + each.answered, 0);
  const closed = hostile.reduce((sum, each) => sum + each.closed, 0);
  const megabytes = (growthBytes / 1024 / 1024).toFixed(1);
  t.diagnostic(
    `${sent()} frames, ${answered} answered, ${closed} refused; ${liars} of ${batches} lying batches taken; ${megabytes} MiB growth`,
  );
  t.diagnostic(`the client beside them: ${good.rounds} rounds`);
  assert.ok(good.rounds > 0);
  assert.ok(growthBytes < growthMaxBytes, `${growthBytes} bytes more after ${frames} frames, SEED=${seed}`);
}

async function hostileClients(
  broker: ConstructorParameters<typeof HostileClient>[0],
  client: RawClient,
  random: SeededRandom,
) {
  // All now: later the damaged frames will have made as many topics as there may be.
  const topicId = await createTopic(client, 'known');
  await createTopic(client, 'kept');
  await createTopic(client, 'repacked', 1, { 'compression.type': 'zstd' });
  const originals: Buffer[] = [];
  for (const { apiKey, minVersion, maxVersion } of handlers) {
    for (let version = minVersion; version <= maxVersion; version++) {
      const body = bodies[apiKey as ApiKey]!(version, { topic: 'known', topicId });
      originals.push(encodeRequest(apiKey as ApiKey, version, 1, 'fuzz', body as never).subarray(4));
    }
  }
  return Array.from({ length: 8 }, () => new HostileClient(broker, new SeededRandom(random.below(2 ** 31)), originals));
}

/** Into a topic that keeps them as they are and one that packs them anew, where they are unpacked. Returns how many were taken. */
async function lyingBatches(client: RawClient, random: SeededRandom, count: number): Promise<number> {
  const codecs: CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
  const records = Array.from({ length: 20 }, (_, n) => ({
    key: `k${n}`,
    value: 'all work and no play '.repeat(n),
    timestamp: Date.now(),
  }));
  const originals = codecs.map((compression) => encodeBatch({ records, compression }));
  // Nothing in a few kilobytes, and many times what a batch may have once it is unpacked.
  const bomb = [{ value: Buffer.alloc(8_000_000), timestamp: Date.now() }];
  const bombs = codecs.slice(1).map((compression) => encodeBatch({ records: bomb, compression }));
  let taken = 0;
  for (let n = 0; n < count; n++) {
    const isBomb = n % 250 === 249;
    const original = isBomb ? random.pick(bombs) : random.pick(originals);
    const bytes = isBomb ? Buffer.from(original) : lyingBatch(original, random.pick(originals), random);
    const { errorCode } = await produce(client, random.pick(['kept', 'repacked']), bytes);
    if (errorCode === 0) taken++;
  }
  return taken;
}

/** Only errors count: that a frame is refused is told as a warning. */
function dropQuiet(lines: { level: string }[]): void {
  for (let at = lines.length - 1; at >= 0; at--) if (lines[at]!.level !== 'error') lines.splice(at, 1);
}
