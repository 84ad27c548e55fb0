import { HttpError } from '@headwater/http';
import type { Client } from '@opensearch-project/opensearch';
import { reasonOf } from '../common/tweets-error.ts';

/** A tweet as it was found. Ids are digits: see `common/tweet.ts`. */
export interface Hit {
  id: string;
  userId: string;
  text: string;
  /** Epoch milliseconds. */
  createdAt: number;
  indexedAt: number;
  /** BCP 47; absent in tweets from before it was known. */
  lang?: string;
  /** The text with the words that were searched for between `<em>` and `</em>`. */
  highlight?: string;
  /** The record that it came in, where the document says so. */
  record?: { topic: string; partition: number; offset: number };
}

/** A hit, without what it says. */
export type Entry = Pick<Hit, 'id' | 'indexedAt' | 'record'>;

/** Records of a partition: `from` is the first offset, `until` the one after the last. */
export interface RecordRange {
  topic: string;
  partition: number;
  from: number;
  until: number;
}

export interface Hits {
  total: number;
  hits: Hit[];
  /** Where the next page begins; undefined without hits. */
  after?: readonly unknown[] | undefined;
}

export interface Search {
  /** Words to look for, any of them; all tweets when absent. */
  text?: string;
  id?: string;
  /** Only these. */
  ids?: readonly string[];
  /** Only these documents, which the caller may read: nothing else is found, counted or highlighted. Undefined: all there are. */
  readable?: readonly string[] | undefined;
  /** Only what entered the index since then, epoch ms. */
  indexedSince?: number;
  /** Not what came in these. */
  exceptRecords?: readonly RecordRange[];
  order?: 'newest' | 'best' | 'last-indexed';
  from?: number;
  /** Goes on after the last hit of a page, as its `sort` says; `from` is no use then. */
  after?: readonly unknown[] | undefined;
  limit: number;
}

/** The signal of the check ends it long before. */
const pingTimeoutMaxMs = 60_000;

/** The index as this service reads it. */
export class TweetSearch {
  readonly #client: Promise<Client>;
  readonly index: string;

  constructor(searchUrl: string, index: string, opaqueId: string) {
    this.index = index;
    this.#client = import('@opensearch-project/opensearch').then(
      ({ Client }) =>
        new Client({
          node: searchUrl,
          headers: { 'x-opaque-id': opaqueId },
          maxRetries: 1,
          requestTimeout: 5_000,
          enableLongNumeralSupport: true,
        }),
    );
  }

  async find(search: Search): Promise<Hits> {
    const { after, from = 0, limit, order = 'newest', text } = search;
    const body = {
      ...(after === undefined ? { from } : { search_after: after }),
      size: limit,
      track_total_hits: true,
      query: queryOf(search),
      sort: sorts[order],
      ...(text === undefined
        ? {}
        : {
            highlight: {
              pre_tags: ['<em>'],
              post_tags: ['</em>'],
              fields: { text: { number_of_fragments: 0 } },
            },
          }),
    };
    // The client's request types are narrower than what the server takes.
    const response = await this.#ask((client) => client.search({ index: this.index, body: body as never }));
    if (response === undefined) return { total: 0, hits: [] };
    const { total, hits } = response.body.hits;
    return {
      total: typeof total === 'object' ? total.value : (total ?? 0),
      hits: hits.map(toHit),
      after: hits.at(-1)?.sort as readonly unknown[] | undefined,
    };
  }

  /** What entered the index last, without what it says: a small answer, for who asks again and again. */
  async entries({ limit, ...search }: Search): Promise<Entry[]> {
    const body = {
      size: limit,
      track_total_hits: false,
      query: queryOf(search),
      sort: sorts['last-indexed'],
      _source: ['indexedAt', 'record'],
    };
    const response = await this.#ask((client) => client.search({ index: this.index, body: body as never }));
    return response?.body.hits.hits.map(toHit) ?? [];
  }

  /** The terms that a text is searched by, as the index takes it apart; before there is one, as it will. */
  async termsOf(text: string): Promise<string[]> {
    const ofField = { field: 'text', text: [text] };
    const response =
      (await this.#ask((client) => client.indices.analyze({ index: this.index, body: ofField }))) ??
      (await this.#ask((client) => client.indices.analyze({ body: { analyzer: 'standard', text: [text] } })));
    return [...new Set((response?.body.tokens ?? []).map(({ token }) => token))];
  }

  async get(id: string): Promise<Hit | undefined> {
    const response = await this.#ask((client) => client.get({ index: this.index, id }));
    return response === undefined ? undefined : toHit(response.body);
  }

  /** Rejects with what is wrong: it cannot be reached, or did not answer until the signal. */
  async checkAlive(signal: AbortSignal): Promise<void> {
    const client = await this.#client;
    signal.throwIfAborted();
    // A time-out of the client's own would fire late in a process that is held up, before an answer that has come is read.
    const answer = client.ping({}, { requestTimeout: pingTimeoutMaxMs, maxRetries: 0 });
    // What `abort` gives is a promise of its own, which a listener must not return.
    const stop = (): void => {
      answer.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await answer;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await (await this.#client).close();
  }

  /** Undefined for what is not there: a document, or the whole index before the first tweet. */
  async #ask<T>(request: (client: Client) => Promise<T>): Promise<T | undefined> {
    const client = await this.#client;
    try {
      return await request(client);
    } catch (error) {
      const { statusCode: status } = error as { statusCode?: number };
      if (status === 404) return undefined;
      if (status === 400) throw new HttpError(400, 'HW_TWEETS_QUERY', `the query store refused: ${reasonOf(error)}`);
      throw new HttpError(
        503,
        'HW_TWEETS_SEARCH_DOWN',
        `the query store does not answer: try again in a moment (${reasonOf(error)})`,
        {},
        error,
      );
    }
  }
}

function queryOf({ exceptRecords = [], id, ids, indexedSince, readable, text }: Omit<Search, 'limit'>): object {
  return {
    bool: {
      must: text === undefined ? [{ match_all: {} }] : [{ match: { text } }],
      filter: [
        ...(id === undefined ? [] : [{ ids: { values: [id] } }]),
        ...(ids === undefined ? [] : [{ ids: { values: ids } }]),
        ...(readable === undefined ? [] : [{ ids: { values: readable } }]),
        ...(indexedSince === undefined ? [] : [{ range: { indexedAt: { gte: indexedSince } } }]),
      ],
      must_not: exceptRecords.map(({ topic, partition, from, until }) => ({
        bool: {
          filter: [
            { term: { 'record.topic': topic } },
            { term: { 'record.partition': partition } },
            { range: { 'record.offset': { gte: from, lt: until } } },
          ],
        },
      })),
    },
  };
}

const sorts = {
  newest: [{ createdAt: 'desc' }, { id: 'desc' }],
  best: ['_score', { createdAt: 'desc' }],
  'last-indexed': [{ indexedAt: 'desc' }, { id: 'desc' }],
};

function toHit(found: { _id?: string; _source?: unknown; highlight?: Record<string, string[]> }): Hit {
  const source = (found._source ?? {}) as Record<string, unknown>;
  const highlight = found.highlight?.['text']?.[0];
  const record = source['record'] as Hit['record'];
  return {
    id: String(found._id),
    userId: String(source['userId'] ?? 0),
    text: String(source['text'] ?? ''),
    createdAt: timeOf(source['createdAt']),
    indexedAt: timeOf(source['indexedAt']),
    ...(typeof source['lang'] === 'string' ? { lang: source['lang'] } : {}),
    ...(highlight === undefined ? {} : { highlight }),
    ...(record === undefined ? {} : { record }),
  };
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number(value ?? 0);
}
