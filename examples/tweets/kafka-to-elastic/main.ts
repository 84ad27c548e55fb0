/**
 * kafka-to-elastic: `twitter-topic` into `twitter-index`, where the tweets can be searched.
 *
 * A sink with its offsets in the query store, and a tweet's id as its document's: whatever happens, each tweet is in the index, once. While the
 * store is away or busy the records wait in the log.
 */
import { createClient } from '@headwater/client';
import { openSearchSink, type RunningSink } from '@headwater/connect';
import { ensureTopic } from '../common/kafka.ts';
import { membership, names } from '../common/names.ts';
import { poisonPolicy } from '../common/poison.ts';
import { ports } from '../common/ports.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, runLoop, type StartOptions } from '../common/service.ts';
import { type Environment, httpUrl, kafkaAddress, registryUrl } from '../common/settings.ts';
import { addSinkHealth } from '../common/sink-health.ts';
import { tweetsTopic } from '../common/topics.ts';
import { TweetReader } from '../common/tweet-reader.ts';
import { type TweetWithLangModel, tweetWithLangSchema } from '../common/tweet-schema.ts';
import { untilItWorks } from '../common/until-it-works.ts';
import { tweetDocument, tweetIndex } from './tweet-document.ts';

const name = 'kafka-to-elastic';

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const opened = await openService(name, given, options, ports.kafkaToElastic);
  const { logger, service, settings: env } = opened;
  const connection = { ...kafkaAddress(env), clientId: name, logger };
  const { index, tweetsTopic: topic } = names(env);
  const poison = poisonPolicy(env, logger);
  const searchUrl = httpUrl(env, 'HEADWATER_SEARCH_URL', 'http://127.0.0.1:9200');
  const { groupId, instanceId } = membership(env, name);
  let sink: RunningSink | undefined;

  addSinkHealth(service, 'sink', () => sink);
  const url = await opened.listen();

  const loop = runLoop(logger, async (signal) => {
    await untilItWorks('create the topic', { logger, signal }, () => ensureTopic(connection, tweetsTopic(names(env))));
    if (signal.aborted) return;
    const client = createClient({ bootstrap: connection.bootstrap, clientId: name, logger });
    const reader = new TweetReader<TweetWithLangModel>(registryUrl(env), topic, tweetWithLangSchema);
    sink = openSearchSink({
      client,
      groupId,
      groupInstanceId: instanceId,
      sessionTimeoutMs: 6_000,
      topic,
      searchUrl,
      index,
      create: tweetIndex,
      prepare: (records) => reader.prepare(records),
      map: (record) => tweetDocument(reader.readOne(record), record, Date.now()),
      onPoison: (record, reason) => poison.report(topic, record, reason),
      // So few that a busy process is not held up by one write for long.
      batchRecords: 300,
      lingerMs: 50,
      tracer: service.records,
      metrics: service.metrics,
      onStored: (_, { id }) => logger.info({ index, id }, 'a tweet was indexed'),
      signal,
      logger,
    });
    try {
      await sink.finished;
    } finally {
      await sink.close();
      await client.close();
      reader.close();
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
