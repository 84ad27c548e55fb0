import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { differences, eventually, idDifferences, recount } from '../../../examples/tweets/test/truth.ts';
import { mockTweets } from '../../../examples/tweets/twitter-to-kafka/mock-tweets.ts';
import { Random } from '../../../examples/tweets/twitter-to-kafka/random.ts';
import { answeredCount, documentIds, newestCounts, newestRows, tweetsOnTheLog } from './chaos-truth.ts';
import { CrashWatch } from './crash-watch.ts';
import { type HeadwaterProcess, startHeadwater } from './headwater-process.ts';

/** How much is done to the system, and for how long. */
export interface Chaos {
  seed: number;
  /** Lines of the file that the source reads: it ends, so that all can be counted. */
  tweets: number;
  tweetsPerSecond: number;
  /** Between two kills, in ms: at random between these. */
  pauseMs: readonly [min: number, max: number];
  /** Every so many kills it is everything: headwater and its children. */
  everythingEvery: number;
  /** Asked before each kill. */
  isOver(kills: number, elapsedMs: number): boolean;
  /** How long the last tweet, and then each of the stores, may take. */
  patienceMs: number;
}

const oldest = Date.UTC(2026, 0, 1);
const data = mkdtempSync(join(tmpdir(), 'headwater-chaos-'));
let running: HeadwaterProcess | undefined;

/** Ends what was started. */
export async function closeChaos(): Promise<void> {
  await running?.kill();
  rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Processes of services can be found by who started them. */
export const canFindChildren = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

/** Service → process, of those that are alive. Two instances of one service are one entry each. */
function childrenOf(pid: number): { service: string; pid: number }[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return pids.flatMap((child) => {
      try {
        const service = /tweets\/([\w-]+)\/main\.ts/.exec(readFileSync(`/proc/${child}/cmdline`, 'utf8'))?.[1];
        return service === undefined ? [] : [{ service, pid: Number(child) }];
      } catch {
        return []; // it ended meanwhile
      }
    });
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * `headwater up --isolate` counts tweets while its services, or all of it, are killed with SIGKILL at random. In the end streams, the analytics
 * store and the query store must say what the log says, exactly; and the log what the file says.
 */
export async function runChaos(chaos: Chaos): Promise<void> {
  const { patienceMs, seed } = chaos;
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const file = join(data, 'tweets.jsonl');
  writeFileSync(file, linesOf(chaos));
  const env = {
    HEADWATER_TWEETS_SOURCE: 'file',
    HEADWATER_TWEETS_FILE: file,
    HEADWATER_TWEETS_RATE: String(chaos.tweetsPerSecond),
  };
  const start = () =>
    startHeadwater(['--data', join(data, 'data'), '--ports', 'auto', '--example', 'tweets', '--isolate'], env);
  running = await start();
  const crashes = new CrashWatch();
  crashes.follow(running.addresses['monitor']!);

  const startedMs = performance.now();
  const killed: Record<string, number> = {};
  let kills = 0;
  const untilEverything = random.between(1, chaos.everythingEvery - 1);
  while (!chaos.isOver(kills, performance.now() - startedMs)) {
    await sleep(random.between(...chaos.pauseMs));
    const children = childrenOf(running.child.pid!);
    if (kills % chaos.everythingEvery === untilEverything) {
      // Its parent first: nobody is to start a service again in between.
      for (const pid of [running.child.pid!, ...children.map((child) => child.pid)]) kill(pid);
      await running.kill();
      running = await start();
      console.log(`everything is back after ${Math.round(running.readyAfterMs)} ms`);
      crashes.follow(running.addresses['monitor']!);
      killed['everything'] = (killed['everything'] ?? 0) + 1;
    } else {
      if (children.length === 0) continue; // all wait for their next life
      // In turns, so that a short form does not leave one out.
      const turns = (name: string): number => killed[name] ?? 0;
      const fewest = Math.min(...children.map(({ service }) => turns(service)));
      const { pid, service } = random.pick(children.filter((child) => turns(child.service) === fewest));
      crashes.killed(pid);
      kill(pid);
      killed[service] = (killed[service] ?? 0) + 1;
    }
    kills += 1;
  }
  console.log(`${kills} kills in ${Math.round((performance.now() - startedMs) / 1000)} s: ${JSON.stringify(killed)}`);

  const { addresses } = running;
  const log = { kafkaUrl: addresses['kafka']!, registryUrl: addresses['registry']! };
  const output = () => running!.output().slice(-3_000);
  try {
    const tweets = await eventually('all lines of the file on the log', patienceMs, async () => {
      const found = await tweetsOnTheLog(log);
      if (found.length < chaos.tweets) throw new Error(`${found.length} of ${chaos.tweets}`);
      return found;
    });
    const ids = tweets.map(({ id }) => id);
    const lines = Array.from({ length: chaos.tweets }, (_, i) => String(i + 1));
    assert.deepEqual(idDifferences(ids, lines), [], 'each line of the file is on the log, once');

    const expected = recount(tweets);
    const total = totalOf(expected);
    console.log(`${tweets.length} tweets, ${expected.size} words, ${total} counted`);
    const reached = (counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> => {
      if (totalOf(counts) < total) throw new Error(`${totalOf(counts)} of ${total}`);
      return counts;
    };
    const counts = await eventually('all words counted', patienceMs, async () => reached(await newestCounts(log)));
    assert.deepEqual(differences(counts, expected), [], 'counts');
    const rows = await eventually('all counts in the analytics store', patienceMs, async () =>
      reached(await newestRows(addresses['postgres']!)),
    );
    assert.deepEqual(differences(rows, expected), [], 'rows');
    const documents = await eventually('all tweets in the query store', patienceMs, async () => {
      const found = await documentIds(addresses['search']!, oldest, chaos.tweets);
      if (found.length < ids.length) throw new Error(`${found.length} of ${ids.length}`);
      return found;
    });
    assert.deepEqual(idDifferences(documents, ids), [], 'documents');

    for (const service of ['streams', 'analytics']) {
      const url: string | undefined = new RegExp(`^ *${service} +(http\\S+)`, 'm').exec(running.output())?.[1];
      assert.ok(url !== undefined, `where ${service} is`);
      const words = [...expected.keys()];
      for (const word of Array.from({ length: 20 }, () => random.pick(words))) {
        const count: number = await eventually(`${service} answers for ${word}`, patienceMs, () =>
          answeredCount(url, word),
        );
        assert.equal(count, expected.get(word), `${service} about ${word}`);
      }
    }
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${output()}`, { cause: error });
  }
  console.log(crashes.summary());
  crashes.close();
  const { code } = await running.stop();
  assert.equal(code, 0, 'it ends as it should, after all that');
}

function linesOf({ seed, tweets }: Chaos): string {
  const made = mockTweets({ keywords: ['Kafka', 'event sourcing', 'Headwater'], minWords: 5, maxWords: 15, seed });
  const lines = Array.from({ length: tweets }, (_, i) => {
    const { lang, text, userId } = made.next().value;
    return JSON.stringify({ id: String(i + 1), userId, text, createdAt: oldest + i, lang });
  });
  return `${lines.join('\n')}\n`;
}

function totalOf(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
