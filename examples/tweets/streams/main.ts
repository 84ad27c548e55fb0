/**
 * streams: a running count by word, from `twitter-topic` to `twitter-analytics-topic`, and over HTTP.
 *
 * A topology of streams (`topology.ts`), exactly once: tweets, counts and what is written of them are one transaction. Several instances
 * share the words; each answers for all of them, by asking the one that has the word.
 */
import { createClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { createRegistryClient } from '@headwater/serdes';
import { type RecordTracer, Streams, type StreamsError } from '@headwater/streams';
import { BackOff, pause, unlessAborted } from '../common/back-off.ts';
import { CountReader } from '../common/count-reader.ts';
import { ensureTopic } from '../common/kafka.ts';
import { membership, names } from '../common/names.ts';
import { type PoisonPolicy, poisonPolicy } from '../common/poison.ts';
import { ports } from '../common/ports.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, runLoop, type StartOptions } from '../common/service.ts';
import { type Environment, kafkaAddress, registryUrl, text } from '../common/settings.ts';
import { countsTopic, tweetsTopic } from '../common/topics.ts';
import { reasonOf, TweetsError } from '../common/tweets-error.ts';
import { untilItWorks } from '../common/until-it-works.ts';
import { AllCounts } from './all-counts.ts';
import { addApi, type Counting } from './api.ts';
import { countSerde } from './count-record.ts';
import { type WordState, wordCountStore, wordCountTopology } from './topology.ts';
import { tweetTextSerde } from './tweet-text-serde.ts';
import { WordCounts } from './word-counts.ts';

const name = 'streams';
/** As the canonical system has it: the group, and the prefix of the topics behind the state. */
const applicationId = 'kafka-streams-application';
/** How long the others wait for an instance that died, and for what it left open. */
const sessionTimeoutMs = 6_000;

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const opened = await openService(name, given, options, ports.streams);
  const { logger, service, settings: env } = opened;
  const connection = { ...kafkaAddress(env), clientId: name, logger };
  const poison = poisonPolicy(env, logger);
  const tracer = service.records.forStreams();
  const counting: Counting = { state: 'starting', counts: new WordCounts(), poison, countOf: async () => 0 };
  addApi(service, counting);
  const url = await opened.listen();

  const loop = runLoop(logger, async (signal) => {
    await untilItWorks('create the topics', { logger, signal }, async () => {
      await ensureTopic(connection, tweetsTopic(names(env)));
      await ensureTopic(connection, countsTopic(names(env)));
    });
    const backOff = new BackOff({ maxMs: 2_000 });
    try {
      while (!signal.aborted) {
        try {
          await count(env, { counting, logger, poison, signal, tracer, onProgress: () => backOff.reset() });
        } catch (error) {
          if (error instanceof TweetsError) throw error;
          if (signal.aborted) break;
          const retryInMs = backOff.next();
          logger.warn({ retryInMs, reason: reasonOf(error) }, 'cannot count, tries again');
          await pause(retryInMs, signal);
        }
      }
    } finally {
      counting.state = 'stopped';
    }
  });

  return {
    url,
    finished: loop.finished,
    async close() {
      await Promise.all([loop.close(), service.close()]);
    },
  };
}

interface CountOptions {
  readonly counting: Counting;
  readonly logger: Logger;
  readonly poison: PoisonPolicy;
  readonly tracer: RecordTracer;
  readonly signal: AbortSignal;
  onProgress(): void;
}

/** Counts until it fails or is to stop. */
async function count(
  env: Environment,
  { counting, logger, onProgress, poison, signal, tracer }: CountOptions,
): Promise<void> {
  const { countsTopic, tweetsTopic } = names(env);
  const { groupId, instanceId } = membership(env, applicationId);
  const client = createClient({ bootstrap: kafkaAddress(env).bootstrap, clientId: name, logger });
  const registry = createRegistryClient({ url: registryUrl(env) });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let poisonous: unknown = null;
  let tweetsTopicId = '';
  let all: AllCounts | null = null;
  const advertise = text(env, 'HEADWATER_TWEETS_STREAMS_ADVERTISE', '');
  const streams = new Streams({
    applicationId: groupId,
    kafka: client,
    guarantee: 'exactly-once',
    sessionTimeoutMs,
    transactionTimeoutMs: sessionTimeoutMs,
    heartbeatIntervalMs: 1_000,
    queryPort: 0,
    ...(advertise !== '' && { advertise, queryHost: '0.0.0.0', queryPort: Number(advertise.split(':').at(-1)) }),
    ...(instanceId !== undefined && { groupInstanceId: instanceId }),
    errors: {
      deserialization(error: StreamsError) {
        const { offset, partition, topic } = error.place!;
        try {
          poison.report(topic, { partition, offset }, reasonOf(error.cause));
          return 'skip';
        } catch (stop) {
          poisonous = stop;
          return 'fail';
        }
      },
    },
    logger,
    tracer,
    onFailed: (error) => failed.reject(poisonous ?? error),
  });
  try {
    const tweetText = await tweetTextSerde(registry);
    const count = await countSerde(registry, countsTopic);
    const topology = { tweetsTopic, countsTopic, text: tweetText, count, poison, tweetsTopicId: () => tweetsTopicId };
    streams.add(wordCountTopology(topology));
    counting.state = 'restoring';
    const work = async () => {
      tweetsTopicId = (await client.metadata([tweetsTopic])).topics[0]!.topicId;
      await streams.start();
      all = await AllCounts.open(client, countsTopic, new CountReader(registry));
      await all.whole;
      const store = streams.storeClient<string, WordState>(wordCountStore, { timeoutMs: 2_000 });
      counting.counts = all.counts;
      counting.countOf = async (word, until) => (await store.get(word, until))?.count ?? 0;
      counting.state = 'active';
      onProgress();
      logger.info({ distinctWords: all.counts.distinctWords }, 'counts read back');
      await all.failed;
    };
    await unlessAborted(Promise.race([work(), failed.promise]), signal);
  } catch (error) {
    throw poisonous ?? error;
  } finally {
    counting.state = signal.aborted ? 'stopped' : 'restoring';
    await (all as AllCounts | null)?.close();
    await streams.close();
    await client.close();
    registry.close();
  }
}

if (import.meta.main) await runAlone(name, start);
