import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type KafkaClient } from '@headwater/client';
import type { RecordInput } from '@headwater/protocol';
import type { Guarantee } from '../../index.ts';
import { Checkpoints } from './checkpoints.ts';
import { type InstanceOptions, topicsOf, windowMs } from './instance.ts';
import { instanceProcess, type KillableProcess } from './processes.ts';
import { Results } from './results.ts';

export interface ClusterToKill {
  bootstrap: string;
  /** Kills a broker, and starts it again; absent where none is to be killed. */
  restartBroker?: (downMs: number) => Promise<void>;
  /** Others stand in for a broker that is down: instances are killed meanwhile. Default false. */
  hasOtherBrokers?: boolean;
  replicationFactor: number;
  sessionTimeoutMs: number;
}

export interface KillRunOptions {
  cluster: ClusterToKill;
  seed: number;
  instances: number;
  /** What happens to instances and brokers, one after the other. */
  kills: number;
  guarantee: Guarantee;
  /** Between two of them, at most. */
  pauseMs: number;
  standbys?: number;
  /** Instances keep state on their disks, which outlive them. */
  isStateKept?: boolean;
  /** For all results to be there, after the last of them. */
  timeoutMs: number;
  log?: (line: string) => void;
}

const wordsCount = 40;
const usersCount = 60;
const partitions = 4;
/** Of today: a broker takes away what is older than a topic's retention. */
const baseMs = Math.floor(Date.now() / windowMs) * windowMs;

/** Small and seeded (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export async function makeTopics(client: KafkaClient, applicationId: string, replicationFactor: number): Promise<void> {
  const topics = Object.values(topicsOf(applicationId));
  for (const { error } of await client.createTopics(topics.map((name) => ({ name, partitions, replicationFactor })))) {
    if (error !== null) throw error;
  }
  const records = Array.from({ length: usersCount }, (_, n) => ({
    key: `u${n}`,
    value: `name-${n}`,
    timestamp: baseMs - 1_000,
  }));
  await client.produce({ topic: topicsOf(applicationId).users, records });
}

/** The event of a number, always the same. */
export function eventOf(n: number): RecordInput {
  const user = `u${(n * 31) % usersCount}`;
  return { key: user, value: `${n}:w${(n * 17) % wordsCount}:${user}`, timestamp: baseMs + n * 7 };
}

/** What is to come of the first `count` events. */
export function expectedOf(count: number) {
  const counts = new Map<string, number>();
  const windows = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const word = `w${(n * 17) % wordsCount}`;
    const window = `${word}@${Math.floor((baseMs + n * 7) / windowMs) * windowMs}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
    windows.set(window, (windows.get(window) ?? 0) + 1);
  }
  return { counts, windows, userOf: (n: number) => `name-${(n * 31) % usersCount}` };
}

export interface KillRun {
  wrong: string[];
  events: number;
  deeds: string[];
  /** Stores that went on from the disk of their instance, and those that were not there. */
  resumed: number;
  filledWhole: number;
}

/** Instances are killed, stopped, hung and started anew while events come in; what is wrong with the results then. */
export async function runKills(options: KillRunOptions): Promise<KillRun> {
  const { cluster, guarantee, kills, log = () => {}, pauseMs, seed, timeoutMs } = options;
  const { bootstrap, replicationFactor, restartBroker, sessionTimeoutMs } = cluster;
  const random = randomOf(seed);
  const applicationId = `kill-${process.pid}-${Date.now().toString(36)}`;
  const patience = { connectTimeoutMs: 2_000, requestTimeoutMs: 10_000, retryTimeoutMs: 120_000 };
  const client = createClient({ bootstrap, clientId: 'kill-run', ...patience });
  await makeTopics(client, applicationId, replicationFactor);
  const results = new Results(client, applicationId);
  const checkpoints = new Checkpoints();
  const newInstance = (n: number) =>
    instanceProcess(
      (): InstanceOptions => ({
        bootstrap,
        applicationId,
        guarantee,
        commitIntervalMs: 60,
        sessionTimeoutMs,
        standbys: options.standbys ?? 0,
        paddingBytes: 0,
        ...(options.isStateKept ? { stateDir: checkpoints.dirOf(n) } : {}),
        // One of them is a static member.
        ...(n === 0 ? { groupInstanceId: 'always-me' } : {}),
      }),
      (line) => {
        if (options.isStateKept) checkpoints.hear(n, line);
      },
    );
  const instances = Array.from({ length: options.instances }, (_, n) => newInstance(n));
  const producer = client.producer({ deliveryTimeoutMs: 120_000, lingerMs: 0 });
  let events = 0;
  let isFeeding = true;
  const feeding = (async () => {
    while (isFeeding) {
      const records = Array.from({ length: 100 }, (_, n) => eventOf(events + n));
      await producer.send({ topic: topicsOf(applicationId).events, records });
      events += records.length;
      await delay(20);
    }
  })();
  feeding.catch(() => {});
  const deeds: string[] = [];
  let restarting: Promise<void> = Promise.resolve();
  const failed = () =>
    instances.map(({ complaint, exitCode }) => (exitCode === null ? '' : `${exitCode}: ${complaint}`));
  try {
    for (const instance of instances) void instance.start();
    for (let n = 0; n < kills; n++) {
      await delay(200 + random() * pauseMs);
      const which = Math.floor(random() * instances.length);
      const instance = instances[which]!;
      const what = random();
      const deed =
        restartBroker !== undefined && n % 5 === 3 ? 'broker' : what < 0.7 ? 'kill' : what < 0.85 ? 'stop' : 'hang';
      deeds.push(deed === 'broker' ? deed : `${deed} ${which}`);
      log(`${deeds.at(-1)}; ${events} events, ${results.joinedCount} joined`);
      if (failed().some((text) => text !== '')) break;
      if (deed === 'broker') {
        await restarting;
        restarting = restartBroker!(random() * 1_500);
        restarting.catch(() => {});
        if (!cluster.hasOtherBrokers) await restarting;
      } else await harm(instance, deed, random() * 1_000, sessionTimeoutMs, () => checkpoints.look(which));
    }
    await restarting;
    isFeeding = false;
    await feeding;
    log(`${events} events; waiting for the results`);
    await results.wait(expectedOf(events), events, timeoutMs, () => failed().some((text) => text !== ''));
    await Promise.all(instances.map((instance) => instance.end('SIGTERM')));
    const wrong = failed().filter((text) => text !== '' && !text.startsWith('0:'));
    wrong.push(...checkpoints.wrong, ...(await results.judge(expectedOf(events), events)));
    if (wrong.length > 0) for (const { complaint } of instances) log(complaint);
    const { filledWhole, resumed } = checkpoints;
    return { wrong, events, deeds, resumed, filledWhole };
  } finally {
    isFeeding = false;
    for (const instance of instances) instance.signal('SIGCONT');
    await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
    await restarting.catch(() => {});
    await results.close();
    await client.close();
    checkpoints.remove();
  }
}

/** `onGone`: before its process is started anew. */
async function harm(
  instance: KillableProcess,
  deed: string,
  pauseMs: number,
  sessionTimeoutMs: number,
  onGone: () => Promise<void>,
): Promise<void> {
  if (deed === 'hang') {
    // Beyond its session: it comes back and knows nothing of it.
    instance.signal('SIGSTOP');
    await delay(sessionTimeoutMs + 500 + pauseMs);
    instance.signal('SIGCONT');
    return;
  }
  await instance.end(deed === 'kill' ? 'SIGKILL' : 'SIGTERM');
  instance.exitCode = null;
  await onGone();
  await delay(pauseMs);
  void instance.start();
}
