import type { HttpContext } from '@headwater/http';
import type { RouteContext } from '@headwater/service';
import { type DocumentVersion, toDocument } from './document.ts';
import type { EventSink, EventStreams } from './live/event-streams.ts';
import { LiveHits } from './live/live-hits.ts';
import type { TweetFeed } from './live/tweet-feed.ts';
import type { Reader } from './permissions/access.ts';
import { linkPrefix, type Paging } from './request.ts';
import type { Hit, TweetSearch } from './tweet-search.ts';
import type { WordCountAnswer } from './word-count-client.ts';

/** Hits that are asked for at once: the next ones when the reader has taken these. */
const pageHits = 100;

export interface DocumentEventsOptions {
  search: TweetSearch;
  feed: TweetFeed;
  streams: EventStreams;
  askWordCounts: (text: string, signal: AbortSignal) => Promise<WordCountAnswer>;
}

interface Asked {
  http: HttpContext;
  principal: RouteContext['principal'];
  reader: Reader;
  version: DocumentVersion;
}

/** Searches as server-sent events. */
export class DocumentEvents {
  readonly #options: DocumentEventsOptions;

  constructor(options: DocumentEventsOptions) {
    this.#options = options;
  }

  /** The hits there are, then `live`, then new ones as they come. */
  async sendLive(asked: Asked, page: Paging, text: string | undefined): Promise<void> {
    const { askWordCounts, feed, search, streams } = this.#options;
    const { http, principal, reader } = asked;
    const words = text === undefined ? {} : { text };
    let live: LiveHits | undefined;
    try {
      await streams.run(
        http,
        principal,
        async (signal) => {
          live = await LiveHits.open({ search, feed, reader, text });
          const found = await search.find({ ...page, ...words, readable: reader.readable() });
          live.markSeen(found.hits);
          const counted = text === undefined ? {} : await askWordCounts(text, signal);
          return { found, counted };
        },
        async (sink, { counted, found }) => {
          for (const hit of found.hits) await this.#sendDocument(sink, asked, hit, 'document');
          await sink.send({ event: 'live', data: JSON.stringify({ total: found.total, ...counted }) });
          for await (const { hits, skipped } of live!.news(sink.signal)) {
            if (skipped > 0) await sink.send({ event: 'skipped', data: JSON.stringify({ hits: skipped }) });
            for (const hit of hits) await this.#sendDocument(sink, asked, hit, 'document');
          }
        },
      );
    } finally {
      live?.close();
    }
  }

  /** One event for each hit, newest first, and the end: as the canonical reactive service does. */
  async sendHits(asked: Asked, searched: { text: string; id?: string }): Promise<void> {
    const { search, streams } = this.#options;
    const { http, principal, reader } = asked;
    const find = (after?: readonly unknown[]) =>
      search.find({ ...searched, readable: reader.readable(), limit: pageHits, after });
    await streams.run(
      http,
      principal,
      () => find(),
      async (sink, first) => {
        let page = first;
        while (page.hits.length > 0 && !sink.signal.aborted) {
          for (const hit of page.hits) await this.#sendDocument(sink, asked, hit);
          if (page.hits.length < pageHits) break;
          page = await find(page.after);
        }
      },
    );
  }

  /** Also what was found before a permission was taken back is not sent after it. */
  async #sendDocument(sink: EventSink, { http, reader, version }: Asked, hit: Hit, event?: string): Promise<void> {
    if (!reader.mayRead(hit.id)) return;
    const document = {
      ...toDocument(hit, version, linkPrefix(http)),
      ...(hit.highlight === undefined ? {} : { highlight: hit.highlight }),
    };
    await sink.send({ ...(event === undefined ? {} : { event }), id: hit.id, data: JSON.stringify(document) });
  }
}
