/**
 * query-service: the tweets in `twitter-index` over HTTP, for those who may read them, with the count of the words that were asked for.
 *
 * It knows the query store and the event store by their addresses, streams and analytics by their names. Without the two it still answers, saying
 * why there is no count. Any number of instances run side by side: they share nothing but the stores.
 */
import { createClient } from '@headwater/client';
import { names } from '../common/names.ts';
import { ports } from '../common/ports.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, type StartOptions } from '../common/service.ts';
import { type Environment, httpUrl, kafkaAddress, list, registryUrl } from '../common/settings.ts';
import { TweetReader } from '../common/tweet-reader.ts';
import { type TweetWithLangModel, tweetWithLangSchema } from '../common/tweet-schema.ts';
import { DocumentEvents } from './document-events.ts';
import { addDocumentRoutes } from './document-routes.ts';
import { EventStreams } from './live/event-streams.ts';
import { TweetFeed } from './live/tweet-feed.ts';
import { Access } from './permissions/access.ts';
import { everyDocument } from './permissions/permission.ts';
import { addPermissionRoutes } from './permissions/permission-routes.ts';
import { PermissionTopic } from './permissions/permission-topic.ts';
import { followSettings } from './query-settings.ts';
import { answerError } from './request.ts';
import { TweetSearch } from './tweet-search.ts';
import { askWordCounts } from './word-count-client.ts';

const name = 'query-service';

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const port = ports.queryService;
  const audience = list(given, 'HEADWATER_TWEETS_QUERY_SERVICE_AUDIENCE', []);
  const opened = await openService(name, given, options, port, {
    description: 'Tweets by id and by text, with the counts of words; who may read what.',
    version: '1.0.0',
    maxBodyBytes: 64 * 1024,
    onError: answerError,
    ...(audience.length > 0 && { audience }),
    // Discovery knows where the others are; where there is none, their addresses are settings.
    ...(given['HEADWATER_DISCOVERY_URL'] ? {} : { addresses: addressesOf(given) }),
  });
  const { logger, service, settings: env } = opened;
  const { index, permissionsTopic, tweetsTopic } = names(env);
  const kafka = { bootstrap: kafkaAddress(env).bootstrap, clientId: name, logger };
  const live = followSettings(service);
  const search = new TweetSearch(httpUrl(env, 'HEADWATER_SEARCH_URL', 'http://127.0.0.1:9200'), index, name);

  const permissionClient = createClient(kafka);
  const viewers = `role:${live.roles.user}`;
  const permissions = new PermissionTopic({
    client: permissionClient,
    topic: permissionsTopic,
    first: [
      {
        principal: viewers,
        documentId: everyDocument,
        permission: 'READ',
        grantedBy: name,
        grantedAt: new Date().toISOString(),
      },
    ],
    logger,
  });
  const access = new Access({ roles: () => live.roles, table: () => permissions.table });
  const feed = new TweetFeed({
    connect: () => ({
      client: createClient(kafka),
      reader: new TweetReader<TweetWithLangModel>(registryUrl(env), tweetsTopic, tweetWithLangSchema),
    }),
    topic: tweetsTopic,
    logger,
  });
  const streams = new EventStreams({
    delayMs: () => live.query.backPressureDelayMs,
    stalledMs: () => live.query.stalledReaderTimeout,
  });
  const countWords = (text: string, signal: AbortSignal) => askWordCounts(service.fetch, live.query, text, signal);
  const events = new DocumentEvents({ search, feed, streams, askWordCounts: countWords });

  addDocumentRoutes(service, { access, events, search, askWordCounts: countWords });
  addPermissionRoutes(service, { access, topic: permissions });

  service.health('search', async (signal) => {
    await search.checkAlive(signal);
    return true;
  });
  service.health(
    'permissions',
    () => ({
      status: permissions.reason === null ? 'UP' : 'DOWN',
      details: { known: permissions.table?.size ?? null, reason: permissions.reason },
    }),
    { isOptional: true },
  );
  service.health('events', () => ({
    status: 'UP',
    details: { streams: streams.open, isFollowing: feed.isFollowing },
  }));

  service.onClose(async () => {
    await Promise.all([permissions.close(), feed.close()]);
    await Promise.all([permissionClient.close(), search.close()]);
  });
  permissions.start();
  const url = await opened.listen();
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  return {
    url,
    finished,
    close: () => service.close().then(finish),
  };
}

/** Where streams and analytics are; several instances with commas. */
function addressesOf(env: Environment): Record<string, readonly string[]> {
  const urls = (variable: string, fallback: string): string[] =>
    list(env, variable, [fallback]).map((url) => httpUrl({ [variable]: url }, variable, fallback));
  return {
    streams: urls('HEADWATER_TWEETS_STREAMS_URL', 'http://127.0.0.1:8187'),
    analytics: urls('HEADWATER_TWEETS_ANALYTICS_URL', 'http://127.0.0.1:8188'),
  };
}

if (import.meta.main) await runAlone(name, start);
