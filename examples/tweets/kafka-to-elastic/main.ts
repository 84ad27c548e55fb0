/**
 * kafka-to-elastic: `twitter-topic` into `twitter-index`, where the tweets can be searched.
 *
 * Offsets are committed after the store has taken the tweets, and a tweet's id is its document's id: whatever happens, each
 * tweet is in the index, once. While the store is away or busy the records wait in the log.
 */
import { readGroup } from '../common/group-reader.ts';
import { ensureTopic } from '../common/kafka.ts';
import { membership, names } from '../common/names.ts';
import { poisonPolicy } from '../common/poison.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, runLoop, type StartOptions } from '../common/service.ts';
import { type Environment, httpUrl, kafkaAddress, registryUrl } from '../common/settings.ts';
import type { InRecord } from '../common/topic-reader.ts';
import { tweetsTopic } from '../common/topics.ts';
import { TweetReader, toTweet } from '../common/tweet-reader.ts';
import { type TweetWithLangModel, tweetWithLangSchema } from '../common/tweet-schema.ts';
import { untilItWorks } from '../common/until-it-works.ts';
import { TweetIndex } from './tweet-index.ts';
import { TweetTraces } from './tweet-traces.ts';

const name = 'kafka-to-elastic';
export const portVariable = 'HEADWATER_TWEETS_KAFKA_TO_ELASTIC_PORT';

/** A tweet and the record that it came in. */
interface Stored {
  record: InRecord;
  value: TweetWithLangModel;
}

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const opened = await openService(name, given, options, { variable: portVariable, default: 0 });
  const { logger, service, settings: env } = opened;
  const connection = { ...kafkaAddress(env), clientId: name, logger };
  const { tweetsTopic: topic, index: indexName } = names(env);
  const poison = poisonPolicy(env, logger);
  const searchUrl = httpUrl(env, 'HEADWATER_SEARCH_URL', 'http://127.0.0.1:9200');

  const url = await opened.listen();

  const loop = runLoop(logger, async (signal) => {
    const patience = { logger, signal };
    const reader = new TweetReader<TweetWithLangModel>(registryUrl(env), topic, tweetWithLangSchema);
    const index = await TweetIndex.open(searchUrl, indexName, name);
    try {
      await Promise.all([
        untilItWorks('create the topic', patience, () => ensureTopic(connection, tweetsTopic(names(env)))),
        untilItWorks('create the index', patience, () => index.ensure()),
      ]);
      await readGroup({
        ...connection,
        ...membership(env, name),
        topic,
        signal,
        gatherMs: 50,
        async onRecords(records) {
          let left = await untilItWorks('read tweets', patience, () => reader.read(records, poison));
          const traces = new TweetTraces(
            service.records,
            { topic, group: membership(env, name).groupId, index },
            left ?? [],
          );
          try {
            const isStored = await untilItWorks('store tweets', patience, async () => {
              left = await store(left ?? []);
              if (left.length > 0) throw new Error(`the query store is too busy for ${left.length} of the tweets`);
              return true;
            });
            if (!isStored) throw signal.reason;
            traces.stored((tweet) => logger.info({ index: indexName, id: tweet.id }, 'a tweet was indexed'));
          } catch (error) {
            traces.failed(error);
            throw error;
          }
        },
      });
    } finally {
      reader.close();
      await index.close();
    }

    /** Stores tweets; returns those that the store is too busy for. */
    async function store(tweets: readonly Stored[]): Promise<Stored[]> {
      if (tweets.length === 0) return [];
      const refusals = await index.store(
        tweets.map(({ record, value }) => ({ tweet: toTweet(value), record: { ...record, topic } })),
        Date.now(),
      );
      return refusals.flatMap(({ at, reason, isBusy }) => {
        if (isBusy) return [tweets[at]!];
        poison.report(topic, tweets[at]!.record, reason);
        return [];
      });
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

if (import.meta.main) await runAlone(name, start);
