/**
 * The example on the real systems, with only `headwater.yaml` changed: `npm run test:peers -- [embedded] [KEY …] [all]`. One peer after
 * another, the other parts embedded; `all` has all peers at once. Nothing is timed.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHeadwater } from '../../../../packages/headwater/test/headwater-process.ts';
import { encodeTweet, type Tweet } from '../../common/tweet.ts';
import { example } from '../../index.ts';
import { mockTweets } from '../../twitter-to-kafka/mock-tweets.ts';
import { checkSystem } from './check.ts';
import { missingPeer, type Peer, peers, startPeer } from './peer.ts';

const hasAnalytics = example.services.map((service): string => service.name).includes('analytics');
const open = new Set<() => Promise<unknown>>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave());
const counts = { passed: 0, failed: 0, skipped: 0 };
const scenarios: readonly (readonly [string, readonly Peer[]])[] = [
  ['embedded', []],
  ...peers.map((peer) => [peer.key, [peer]] as const),
  ['all', peers],
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !scenarios.some(([known]) => known === name));
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}: give some of ${scenarios.map(([name]) => name).join(', ')}`);
  process.exit(2);
}

for (const [name, used] of scenarios) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const missing = used.map(missingPeer).find((reason) => reason !== undefined) ?? unusedPeer(name);
  if (missing !== undefined) {
    counts.skipped += 1;
    console.log(`- ${name}: skipped, ${missing}`);
    continue;
  }
  try {
    console.log(`${name}: ${used.map(({ version }) => version).join(', ') || 'all parts embedded'}`);
    await runScenario(used);
    counts.passed += 1;
  } catch (error) {
    counts.failed += 1;
    console.log(`✖ ${name}:`, error);
  }
}
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
);
process.exit(counts.failed > 0 ? 1 : 0);

/** Ended from outside: what was started here does not stay. */
async function leave(): Promise<never> {
  console.log('ended from outside: stops what it started');
  for (const close of [...open].reverse()) await close().catch((error: unknown) => console.error(error));
  process.exit(1);
}

/** Nothing would be seen of a system that no service uses. */
function unusedPeer(name: string): string | undefined {
  return name === 'postgres' && !hasAnalytics ? 'the example has no service that writes rows' : undefined;
}

async function runScenario(used: readonly Peer[]): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'headwater-peers-'));
  const closing: (() => Promise<unknown>)[] = [];
  const closeLater = (close: () => Promise<unknown>) => {
    closing.push(close);
    open.add(close);
  };
  let running: Awaited<ReturnType<typeof startHeadwater>> | undefined;
  closeLater(() => rm(dir, { recursive: true, force: true }));
  try {
    const addresses: Record<string, string> = {};
    for (const peer of used) {
      const one = await startPeer(peer);
      closeLater(one.close);
      addresses[peer.key] = one.address;
    }
    const tweets = makeTweets(2_000);
    const file = join(dir, 'tweets.jsonl');
    await writeFile(file, `${tweets.map((tweet) => encodeTweet(tweet)).join('\n')}\n`);
    // A peer that ran before holds what others left in it.
    const id = randomUUID().slice(0, 8);
    const names = { topic: `tweets-${id}`, countsTopic: `counts-${id}`, index: `tweets-${id}` };
    const lines = [
      ...Object.entries(addresses).map(([key, url]) => `${key}: { url: ${JSON.stringify(url)} }`),
      `tweets: ${JSON.stringify({ source: 'file', file, pace: 'fast', topic: names.topic, analyticsTopic: names.countsTopic, index: names.index })}`,
    ];
    const config = join(dir, 'headwater.yaml');
    await writeFile(config, `${lines.join('\n')}\n`);
    const flags = ['--config', config, '--data', join(dir, 'data'), '--ports', 'auto', '--example', 'tweets'];
    running = await startHeadwater(flags);
    closeLater(running.stop);
    const at = { ...running.addresses, ...addresses };
    const system = {
      gateway: at['gateway']!,
      kafka: at['kafka']!,
      registry: at['registry']!,
      search: at['search']!,
      identity: at['identity']!,
      zipkin: at['zipkin']!,
      ...(at['postgres'] !== undefined && { postgres: at['postgres'] }),
      ...(at['redis'] !== undefined && { redis: at['redis'] }),
      names,
      tweets,
      hasAnalytics,
    };
    for await (const seen of checkSystem(system)) console.log(`  ✔ ${seen}`);
    if (!hasAnalytics) console.log('  - rows: skipped, the example has no service that writes them');
  } catch (error) {
    const output = running?.output().split('\n').slice(-25).join('\n');
    if (output !== undefined) console.log(output);
    throw error;
  } finally {
    for (const close of closing.reverse()) {
      await close();
      open.delete(close);
    }
  }
}

/** The same every time, with ids that no number holds. */
function makeTweets(count: number): Tweet[] {
  const source = mockTweets({ keywords: ['Kafka', 'TypeScript', 'Headwater'], minWords: 5, maxWords: 15, seed: 10 });
  return Array.from({ length: count }, (_, index) => ({
    ...source.next().value,
    id: String(1_900_000_000_000_000_000n + BigInt(index)),
    createdAt: 1_790_000_000_000 + index,
  }));
}
