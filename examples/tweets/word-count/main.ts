/**
 * word-count: a running count by word, from `twitter-topic` to `twitter-analytics-topic`, and over HTTP.
 *
 * The counts live in memory and in the topic they are written to, from where they are read back at the start. They are exact
 * whenever and however the process ends: see `word-counts.ts` for the rule. One instance counts; further ones stand by.
 */
import { silentLogger } from '@headwater/logger';
import { atMost } from '../common/back-off.ts';
import { readGroup } from '../common/group-reader.ts';
import { createProducer, ensureTopic, sendAll } from '../common/kafka.ts';
import { listen } from '../common/listen.ts';
import { membership, names } from '../common/names.ts';
import { poisonPolicy } from '../common/poison.ts';
import { runAlone } from '../common/run-alone.ts';
import { type RunningService, runLoop, type StartOptions } from '../common/service.ts';
import { type Environment, integer, kafkaBrokers, registryUrl } from '../common/settings.ts';
import { countsTopic, tweetsTopic } from '../common/topics.ts';
import { TweetReader } from '../common/tweet-reader.ts';
import { tweetTextSchema } from '../common/tweet-schema.ts';
import { untilItWorks } from '../common/until-it-works.ts';
import { type Counting, createApi } from './api.ts';
import { toRecord } from './count-record.ts';
import { assignToOne, encodeStanding, protocol } from './one-active.ts';
import { restoreCounts } from './restore.ts';
import { WordCounts } from './word-counts.ts';

const name = 'word-count';
export const defaultPort = 8187;
export const portVariable = 'HEADWATER_TWEETS_WORD_COUNT_PORT';

export async function start(env: Environment, { logger = silentLogger }: StartOptions = {}): Promise<RunningService> {
  const connection = { brokers: kafkaBrokers(env), clientId: name, logger };
  const { tweetsTopic: tweetsName, countsTopic: countsName } = names(env);
  const poison = poisonPolicy(env, logger);
  const counting: Counting = { state: 'starting', counts: new WordCounts(), poison };
  const port = integer(env, portVariable, defaultPort, 0, 65_535);
  const api = createApi(counting, { port, logger });
  const url = await listen(api, portVariable, port);

  const loop = runLoop(logger, async (signal) => {
    await untilItWorks('create the topics', { logger, signal }, async () => {
      await ensureTopic(connection, tweetsTopic(names(env)));
      await ensureTopic(connection, countsTopic(names(env)));
    });
    const producer = await createProducer(connection);
    const reader = new TweetReader<{ text: string }>(registryUrl(env), tweetsName, tweetTextSchema);
    const startedAtMs = Date.now();
    let sourceTopicId = '';
    let isActive = false;
    try {
      await readGroup({
        ...connection,
        ...membership(env, name),
        topic: tweetsName,
        signal,
        gatherMs: 100,
        assignor: {
          protocol,
          assign: assignToOne,
          userData: () => encodeStanding({ isActive, startedAtMs }),
        },
        async onAssigned(partitions, reader) {
          isActive = partitions.length > 0;
          if (!isActive) {
            counting.state = 'standby';
            counting.counts = new WordCounts();
            logger.info({}, 'another instance counts: stands by');
            return;
          }
          if (counting.state !== 'active') counting.state = 'restoring';
          sourceTopicId = await reader.topicId();
          const { counts, records, ignoredRecords } = await restoreCounts(
            connection,
            countsName,
            sourceTopicId,
            signal,
          );
          counting.counts = counts;
          counting.state = 'active';
          logger.info({ records, ignoredRecords, distinctWords: counts.distinctWords }, 'counts read back');
        },
        onLost() {
          isActive = false;
        },
        async onRecords(records) {
          const tweets = await untilItWorks('read tweets', { logger, signal }, () => reader.read(records, poison));
          if (tweets === undefined) throw signal.reason;
          const updates = counting.counts.add(tweets.map(({ record, value }) => ({ ...record, text: value.text })));
          const nowMs = Date.now();
          await sendAll(
            producer,
            updates.map((update) => toRecord(update, countsName, sourceTopicId, nowMs)),
          );
        },
      });
    } finally {
      counting.state = 'stopped';
      reader.close();
      await atMost(700, producer.close(true));
    }
  });

  return {
    url,
    finished: loop.finished,
    async close() {
      await Promise.all([loop.close(), api.close()]);
    },
  };
}

if (import.meta.main) await runAlone(name, start);
