/**
 * query-service: the tweets in `twitter-index` over HTTP, with the count of the words that were asked for.
 *
 * It knows the query store and word-count by their addresses. Without word-count it still answers, saying why there is no
 * count.
 */
import { type HttpContext, HttpError } from '@headwater/http';
import { names } from '../common/names.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, type StartOptions } from '../common/service.ts';
import { type Environment, httpUrl } from '../common/settings.ts';
import { mediaTypeV1, toDocument } from './document.ts';
import { LiveHits } from './live-hits.ts';
import { linkPrefix, paging, searchText, wantsEvents } from './request.ts';
import { TweetSearch } from './tweet-search.ts';
import { askWordCounts } from './word-count-client.ts';

const name = 'query-service';
export const defaultPort = 8183;
export const portVariable = 'HEADWATER_TWEETS_QUERY_SERVICE_PORT';
/** Each asks the query store a few times a second. */
const liveStreamsMax = 100;

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const wordCountUrl = httpUrl(given, 'HEADWATER_TWEETS_WORD_COUNT_URL', 'http://127.0.0.1:8187');
  const port = { variable: portVariable, default: defaultPort };
  const opened = await openService(name, given, options, port, {
    maxBodyBytes: 64 * 1024,
    onError,
    // Discovery knows where word-count is; where there is none, its address is a setting.
    ...(given['HEADWATER_DISCOVERY_URL'] ? {} : { addresses: { 'word-count': wordCountUrl } }),
  });
  const { service, settings: env } = opened;
  const search = new TweetSearch(httpUrl(env, 'HEADWATER_SEARCH_URL', 'http://127.0.0.1:9200'), names(env).index, name);
  let liveStreams = 0;

  service.route('GET /documents', { summary: 'Tweets, newest first', produces: mediaTypeV1 }, async ({ http }) => {
    if (wantsEvents(http)) return await sendEvents(http, undefined);
    const { hits } = await search.find(paging(http));
    return hits.map((hit) => toDocument(hit, linkPrefix(http)));
  });

  service.route('GET /documents/:id', { summary: 'One tweet', produces: mediaTypeV1 }, async ({ http, params }) => {
    const { id } = params;
    const hit = /^\d{1,19}$/.test(id) ? await search.get(id) : undefined;
    if (hit === undefined) throw new HttpError(404, 'HW_TWEETS_NO_DOCUMENT', `there is no tweet ${id.slice(0, 40)}`);
    return toDocument(hit, linkPrefix(http));
  });

  // POST as the canonical service has it; GET for links and for EventSource, which cannot post.
  for (const route of ['GET /documents/get-document-by-text', 'POST /documents/get-document-by-text'] as const) {
    service.route(
      route,
      { summary: 'Tweets with a text, and how often its words were tweeted', produces: mediaTypeV1 },
      async ({ http, signal }) => {
        const { text, id } = await searchText(http);
        if (wantsEvents(http)) return await sendEvents(http, text);
        const started = performance.now();
        const [{ total, hits }, counted] = await Promise.all([
          search.find({ ...paging(http), text, ...(id === undefined ? {} : { id }) }),
          askWordCounts(service.fetch, text, signal),
        ]);
        return {
          queryResponseModels: hits.map((hit) => toDocument(hit, linkPrefix(http))),
          ...counted,
          total,
          highlights: Object.fromEntries(hits.map((hit) => [hit.id, hit.highlight ?? hit.text])),
          tookMs: Math.round(performance.now() - started),
        };
      },
    );
  }

  service.health('search', async () => await search.isAlive());

  /** The hits there are, newest first, then `live`, then new ones as they come. A slow reader is waited for. */
  async function sendEvents(ctx: HttpContext, text: string | undefined): Promise<void> {
    if (liveStreams >= liveStreamsMax) {
      throw new HttpError(
        503,
        'HW_TWEETS_TOO_MANY_STREAMS',
        `${liveStreamsMax} live searches are open: close some of them`,
      );
    }
    liveStreams += 1;
    try {
      const live = await LiveHits.open(search, text);
      const found = await search.find({ ...paging(ctx), ...(text === undefined ? {} : { text }) });
      live.markSeen(found.hits);
      const counted = text === undefined ? {} : await askWordCounts(service.fetch, text, ctx.signal);
      const prefix = linkPrefix(ctx);
      const stream = ctx.sse();
      const sendHits = async (hits: typeof found.hits): Promise<void> => {
        for (const hit of hits) {
          const document = { ...toDocument(hit, prefix), ...(hit.highlight ? { highlight: hit.highlight } : {}) };
          if (!stream.send({ event: 'document', id: hit.id, data: JSON.stringify(document) })) await stream.drained();
        }
      };
      await sendHits(found.hits);
      stream.send({ event: 'live', data: JSON.stringify({ total: found.total, ...counted }) });
      for await (const hits of live.news(ctx.signal)) await sendHits(hits);
    } finally {
      liveStreams -= 1;
    }
  }

  service.onClose(() => search.close());
  const url = await opened.listen();
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  return {
    url,
    finished,
    close: () => service.close().then(finish),
  };
}

/** A validation failure is answered as the canonical service does: a map from field to message. */
function onError(error: HttpError, ctx: HttpContext): void {
  const { fields, ...details } = error.details;
  const body = fields ?? { error: { code: error.code, message: error.message, ...details } };
  if (error.status === 503) ctx.res.setHeader('retry-after', '1');
  ctx.sendJson(error.status, body);
}

if (import.meta.main) await runAlone(name, start);
