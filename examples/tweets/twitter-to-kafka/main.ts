/**
 * twitter-to-kafka: tweets into `twitter-topic`.
 *
 * They are made up (the default), read as JSON lines from a file or standard input, or come live from Bluesky, X or Mastodon. A record's key is the user's id, so
 * that one user's tweets keep their order; its value is the tweet in Avro, with a schema
 * of the registry.
 */
import { ClientError, keyPartition } from '@headwater/client';
import { measureSource, WrittenRecords } from '@headwater/connect';
import { atMost, unlessAborted } from '../common/back-off.ts';
import { createProducer, ensureTopic, type OnSent, type OutRecord, openClient, sendAll } from '../common/kafka.ts';
import { names } from '../common/names.ts';
import { ports } from '../common/ports.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, runLoop, type StartOptions } from '../common/service.ts';
import { choice, type Environment, kafkaAddress, registryUrl } from '../common/settings.ts';
import { tweetsTopic } from '../common/topics.ts';
import { SampledSends, tracedHeaders, tracesPerSecond } from '../common/traced-records.ts';
import { TweetWriter, tweetKey } from '../common/tweet-writer.ts';
import { untilItWorks } from '../common/until-it-works.ts';
import { fileSource, stdinSource } from './lines-source.ts';
import { blueskySource } from './live/bluesky-source.ts';
import { mastodonSource } from './live/mastodon-source.ts';
import { xSource } from './live/x-source.ts';
import { type LiveRate, mockSource } from './mock-source.ts';
import { nothingWritten, placeHeaders, placesWritten } from './places-written.ts';
import type { Source, SourcedTweet } from './source.ts';

const name = 'twitter-to-kafka';

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const opened = await openService(name, given, options, ports.twitterToKafka);
  const { logger, service, settings: env } = opened;
  const connection = { ...kafkaAddress(env), clientId: name, logger };
  const topic = tweetsTopic(names(env));
  const isRateGiven = Boolean(given['HEADWATER_TWEETS_RATE']);
  const source = await sourceOf(env, given, () => (isRateGiven ? undefined : service.config.client.get('tweets.rate')));
  const tracing = service.records.withOptions({ tracesPerSecond: tracesPerSecond(env) });
  if (source.health !== undefined) {
    service.health('source', () => {
      const { isUp, details } = source.health!();
      return { status: isUp ? 'UP' : 'DOWN', details };
    });
  }
  const written = new WrittenRecords();
  const batches = { tweets: 0, repeats: 0 };
  measureSource(service.metrics, name, () => {
    const { skipped, ...figures } = source.figures?.() ?? { polled: batches.tweets };
    const repeat = (skipped?.['repeat'] ?? 0) + batches.repeats;
    return { ...figures, skipped: { ...skipped, repeat }, written };
  });
  const url = await opened.listen();

  const loop = runLoop(logger, async (signal) => {
    const patience = { logger, signal };
    const partitions = await untilItWorks('create the topic', patience, () => ensureTopic(connection, topic));
    const { identity } = source;
    const before =
      identity === undefined
        ? nothingWritten
        : await untilItWorks('read the topic', patience, () => placesWritten(connection, topic.name, identity));
    if (partitions === undefined || before === undefined) return;
    const { lines, after } = before;
    if (lines.size > 0 || after !== undefined)
      logger.info({ source: identity, lines: Object.fromEntries(lines), after }, 'goes on after these');

    const writer = new TweetWriter({ registryUrl: registryUrl(env), topic: topic.name, logger });
    await untilItWorks('register the schema', patience, () => writer.prepare());
    if (signal.aborted) return writer.close();
    const client = openClient(connection);
    const producer = createProducer(client);
    const partitionOf = (key: Buffer): number => keyPartition(key, partitions);
    const sampled = new SampledSends();
    try {
      for await (const batch of source.batches(signal, logger, before)) {
        batches.tweets += batch.length;
        const records = batch.flatMap((sourced) => {
          const record = toRecord(sourced, topic.name, writer, partitionOf, identity);
          const isWritten = sourced.line !== undefined && sourced.line <= (lines.get(record.partition) ?? 0);
          if (isWritten) {
            batches.repeats += 1;
            return [];
          }
          // What is said of a tweet anywhere is found by its id.
          const sending = tracing.send({ topic: topic.name, key: record.key, correlationId: sourced.tweet.id });
          const traced = { ...record, headers: tracedHeaders(sending, record.headers) };
          sampled.add(traced, sending);
          return [traced];
        });
        if (records.length === 0) continue;
        const onSent: OnSent = (acknowledged, places) => {
          for (const [partition, some] of Map.groupBy(places, (place) => place.partition)) {
            written.add(topic.name, partition, some.length, some.at(-1)!.offset);
          }
          sampled.sent(acknowledged, places, (_record, sending, place) => {
            sending.run(() => logger.info({ topic: topic.name, ...place }, 'a tweet was written'));
          });
        };
        const send = (): Promise<void> => sendAll(records, { producer, logger, onSent });
        await unlessAborted(
          send().catch(async (error: unknown) => {
            if (!(error instanceof ClientError) || error.kafkaName !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
            logger.warn({ topic: topic.name }, 'somebody deleted the topic: it is created anew');
            await untilItWorks('create the topic', patience, () => ensureTopic(connection, topic));
            await send();
          }),
          signal,
          700,
        );
      }
    } finally {
      writer.close();
      sampled.close();
      await atMost(700, client.close());
      logger.info({ topic: topic.name, written: written.topics[topic.name]?.records ?? 0 }, 'stopped writing');
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

async function sourceOf(env: Environment, given: Environment, liveRate: LiveRate): Promise<Source> {
  const kinds = ['mock', 'file', 'stdin', 'bluesky', 'x', 'mastodon'] as const;
  const kind = choice(env, 'HEADWATER_TWEETS_SOURCE', kinds, 'mock');
  if (kind === 'file') return await fileSource(env);
  if (kind === 'stdin') return stdinSource(env);
  if (kind === 'bluesky') return blueskySource(env);
  // A token comes by the environment, never from what a configuration server shows to others.
  if (kind === 'x') return xSource(env, given);
  if (kind === 'mastodon') return mastodonSource(env, given);
  return mockSource(env, liveRate);
}

function toRecord(
  sourced: SourcedTweet,
  topic: string,
  writer: TweetWriter,
  partitionOf: (key: Buffer) => number,
  identity?: string,
): OutRecord {
  const { tweet } = sourced;
  const key = tweetKey(tweet);
  return {
    topic,
    partition: partitionOf(key),
    key,
    value: writer.write(tweet),
    headers: placeHeaders(identity, sourced),
  };
}

if (import.meta.main) await runAlone(name, start);
