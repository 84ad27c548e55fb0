import { HttpError } from '@headwater/http';
import { type RouteContext, reply } from '@headwater/service';
import type { TweetsService } from '../common/service.ts';
import { mediaTypeFor, toDocument, versions } from './document.ts';
import type { DocumentEvents } from './document-events.ts';
import {
  documentParams,
  documentSchema,
  pagingQuery,
  searchAnswerSchema,
  searchBody,
  searchQuery,
} from './document-schemas.ts';
import { type Access, mayNotRead } from './permissions/access.ts';
import { linkPrefix, paging, searchFor, wantsEvents } from './request.ts';
import type { TweetSearch } from './tweet-search.ts';
import type { WordCountAnswer } from './word-count-client.ts';

export interface DocumentRoutesOptions {
  access: Access;
  events: DocumentEvents;
  search: TweetSearch;
  askWordCounts: (text: string, signal: AbortSignal) => Promise<WordCountAnswer>;
}

const fieldErrors = {
  description: 'A field does not fit: its name, and why.',
  schema: { type: 'object', additionalProperties: { type: 'string' }, examples: [{ text: 'must not be empty' }] },
} as const;
const common = {
  tags: ['documents'],
  isAuthenticated: true,
  errors: {
    400: fieldErrors,
    403: 'The caller may not do this.',
    503: 'The query store or the permissions cannot be had, or there are too many streams: `Retry-After` says when to try again.',
  },
} as const;
const asEvents =
  'With `Accept: text/event-stream`: `document` events for the hits there are, then `live` (`{"total","wordCount"}`), then new hits as they are written.';
const whoSearches =
  'Needs the role of users (viewer), of administrators (operator) or of super users (admin), or the scope app_user_role. Only documents that the caller may read are found and counted.';

/** The documents over HTTP: each path in each version. */
export function addDocumentRoutes(
  service: TweetsService,
  { access, askWordCounts, events, search }: DocumentRoutesOptions,
): void {
  for (const version of versions) {
    service.route(
      'GET /documents',
      {
        ...common,
        version,
        summary: 'Tweets, newest first',
        description: `Only those that the caller may read. ${asEvents}`,
        query: pagingQuery,
        alsoProduces: ['text/event-stream'],
        response: { type: 'array', items: documentSchema(version) },
      },
      async ({ http, principal, query }) => {
        const reader = access.readerOf(principal);
        const page = paging(query);
        if (wantsEvents(http)) return await events.sendLive({ http, principal, reader, version }, page, undefined);
        const { hits } = await inStore('search', () => search.find({ ...page, readable: reader.readable() }));
        const documents = hits.map((hit) => toDocument(hit, version, linkPrefix(http)));
        return reply(200, documents, { 'content-type': mediaTypeFor(http, version) });
      },
    );

    service.route(
      'GET /documents/:id',
      {
        ...common,
        version,
        summary: 'One tweet',
        description: 'Needs READ permission for it: 403 without, whether it exists or not.',
        params: documentParams,
        errors: { ...common.errors, 404: 'There is no such tweet.' },
        response: documentSchema(version),
      },
      async ({ http, params, principal }) => {
        const id = String(params.id);
        if (!access.readerOf(principal).mayRead(id)) throw mayNotRead(id.slice(0, 40));
        const hit = /^\d{1,19}$/.test(id) ? await inStore('get', () => search.get(id)) : undefined;
        if (hit === undefined)
          throw new HttpError(404, 'HW_TWEETS_NO_DOCUMENT', `there is no tweet ${id.slice(0, 40)}`);
        return reply(200, toDocument(hit, version, linkPrefix(http)), {
          'content-type': mediaTypeFor(http, version),
        });
      },
    );

    // POST as the canonical service has it; GET for links and for EventSource, which cannot post.
    const search200 = {
      ...common,
      version,
      summary: 'Tweets with a text, and how often its words were tweeted',
      description: `${whoSearches} ${asEvents}`,
      response: searchAnswerSchema(version),
      alsoProduces: ['text/event-stream'],
      status: 200,
    };
    service.route(
      'POST /documents/get-document-by-text',
      { ...search200, body: searchBody, query: pagingQuery },
      (context) => answerSearch(context, version, context.body),
    );
    service.route('GET /documents/get-document-by-text', { ...search200, query: searchQuery }, (context) =>
      answerSearch(context, version, context.query),
    );

    service.route(
      'POST /documents/get-doc-by-text',
      {
        ...common,
        version,
        summary: 'Tweets with a text, an event for each',
        description: `${whoSearches} The events come no faster than they are read, \`tweets.query.back-pressure-delay-ms\` apart, and end after the last hit.`,
        body: searchBody,
        produces: 'text/event-stream',
        response: { type: 'string' },
      },
      async ({ body, http, principal }) => {
        access.checkSearch(principal);
        const reader = access.readerOf(principal);
        await events.sendHits({ http, principal, reader, version }, searchFor(body));
      },
    );
  }

  /** The query store's part of a request, in its trace. */
  const inStore = <R>(operation: string, ask: () => Promise<R>): Promise<R> =>
    service.span(
      `${operation} ${search.index}`,
      ask,
      {
        'db.system.name': 'elasticsearch',
        'db.operation.name': operation,
        'db.collection.name': search.index,
      },
      'client',
    );

  async function answerSearch(
    { http, principal, query, signal }: SearchContext,
    version: (typeof versions)[number],
    asked: Parameters<typeof searchFor>[0],
  ): Promise<unknown> {
    access.checkSearch(principal);
    const reader = access.readerOf(principal);
    const searched = searchFor(asked);
    const page = paging(query);
    if (wantsEvents(http)) return await events.sendLive({ http, principal, reader, version }, page, searched.text);
    const started = performance.now();
    const [{ total, hits }, counted] = await Promise.all([
      inStore('search', () => search.find({ ...page, ...searched, readable: reader.readable() })),
      askWordCounts(searched.text, signal),
    ]);
    const { wordCount, wordCountSource } = counted;
    service.log.info({ total, wordCount, wordCountSource }, 'tweets were searched');
    const answer = {
      queryResponseModels: hits.map((hit) => toDocument(hit, version, linkPrefix(http))),
      ...counted,
      total,
      highlights: Object.fromEntries(hits.map((hit) => [hit.id, hit.highlight ?? hit.text])),
      tookMs: Math.round(performance.now() - started),
    };
    return reply(200, answer, { 'content-type': mediaTypeFor(http, version) });
  }
}

type SearchContext = Pick<RouteContext, 'http' | 'principal' | 'signal'> & { query: Parameters<typeof paging>[0] };
