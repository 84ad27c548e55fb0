/**
 * query-service: the tweets in `twitter-index` over HTTP, with the count of the words that were asked for.
 *
 * It knows the query store and word-count by their addresses. Without word-count it still answers, saying why there is no
 * count.
 */
import { createHttpServer, type HttpContext, HttpError } from '@headwater/http';
import { silentLogger } from '@headwater/logger';
import { listen } from '../common/listen.ts';
import { names } from '../common/names.ts';
import { runAlone } from '../common/run-alone.ts';
import type { RunningService, StartOptions } from '../common/service.ts';
import { type Environment, httpUrl, integer } from '../common/settings.ts';
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

export async function start(env: Environment, { logger = silentLogger }: StartOptions = {}): Promise<RunningService> {
  const port = integer(env, portVariable, defaultPort, 0, 65_535);
  const wordCountUrl = httpUrl(env, 'HEADWATER_TWEETS_WORD_COUNT_URL', 'http://127.0.0.1:8187');
  const search = new TweetSearch(httpUrl(env, 'HEADWATER_SEARCH_URL', 'http://127.0.0.1:9200'), names(env).index, name);
  let liveStreams = 0;
  const server = createHttpServer({ name, port, logger, maxBodyBytes: 64 * 1024, onError });

  server.route('GET', '/documents', async (ctx) => {
    if (wantsEvents(ctx)) return await sendEvents(ctx, undefined);
    const { hits } = await search.find(paging(ctx));
    return send(
      ctx,
      hits.map((hit) => toDocument(hit, linkPrefix(ctx))),
    );
  });

  server.route('GET', '/documents/:id', async (ctx) => {
    const id = ctx.params['id']!;
    const hit = /^\d{1,19}$/.test(id) ? await search.get(id) : undefined;
    if (hit === undefined) throw new HttpError(404, 'HW_TWEETS_NO_DOCUMENT', `there is no tweet ${id.slice(0, 40)}`);
    return send(ctx, toDocument(hit, linkPrefix(ctx)));
  });

  // POST as the canonical service has it; GET for links and for EventSource, which cannot post.
  server.route(['GET', 'POST'], '/documents/get-document-by-text', async (ctx) => {
    const { text, id } = await searchText(ctx);
    if (wantsEvents(ctx)) return await sendEvents(ctx, text);
    const started = performance.now();
    const [{ total, hits }, counted] = await Promise.all([
      search.find({ ...paging(ctx), text, ...(id === undefined ? {} : { id }) }),
      askWordCounts(wordCountUrl, text, ctx.signal),
    ]);
    return send(ctx, {
      queryResponseModels: hits.map((hit) => toDocument(hit, linkPrefix(ctx))),
      ...counted,
      total,
      highlights: Object.fromEntries(hits.map((hit) => [hit.id, hit.highlight ?? hit.text])),
      tookMs: Math.round(performance.now() - started),
    });
  });

  server.route('GET', '/health', async (ctx) => {
    const isAlive = await search.isAlive();
    ctx.sendJson(isAlive ? 200 : 503, { status: isAlive ? 'UP' : 'DOWN', search: isAlive ? 'UP' : 'DOWN' });
  });

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
      const counted = text === undefined ? {} : await askWordCounts(wordCountUrl, text, ctx.signal);
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

  const url = await listen(server, portVariable, port);
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  let closed: Promise<void> | undefined;
  return {
    url,
    finished,
    close() {
      closed ??= server
        .close()
        .then(() => search.close())
        .then(finish);
      return closed;
    },
  };
}

function send(ctx: HttpContext, body: unknown): void {
  ctx.sendJson(200, body, { 'content-type': mediaTypeV1 });
}

/** A validation failure is answered as the canonical service does: a map from field to message. */
function onError(error: HttpError, ctx: HttpContext): void {
  const { fields, ...details } = error.details;
  const body = fields ?? { error: { code: error.code, message: error.message, ...details } };
  if (error.status === 503) ctx.res.setHeader('retry-after', '1');
  ctx.sendJson(error.status, body);
}

if (import.meta.main) await runAlone(name, start);
