import type { Client } from '@opensearch-project/opensearch';
import type { Tweet } from '../common/tweet.ts';
import { reasonOf, TweetsError } from '../common/tweets-error.ts';

/** How tweets are stored: ids as keywords (they are names, not quantities), the text analysed, times as dates. */
const mappings = {
  properties: {
    id: { type: 'keyword' },
    userId: { type: 'long' },
    text: { type: 'text' },
    createdAt: { type: 'date' },
    lang: { type: 'keyword' },
    indexedAt: { type: 'date' },
    record: { properties: { topic: { type: 'keyword' }, partition: { type: 'integer' }, offset: { type: 'long' } } },
  },
} as const;

/** The record that a tweet came in: a document says which, so that one is found from the other. */
export interface RecordPlace {
  topic: string;
  partition: number;
  offset: number;
}

/** Why a tweet was not stored. */
export interface Refusal {
  /** Which of the tweets. */
  at: number;
  reason: string;
  /** The store has no room at the moment: trying later helps. */
  isBusy: boolean;
}

/** The index of tweets in the query store. */
export class TweetIndex {
  readonly #client: Client;
  readonly name: string;

  private constructor(client: Client, name: string) {
    this.#client = client;
    this.name = name;
  }

  static async open(searchUrl: string, name: string, opaqueId: string): Promise<TweetIndex> {
    const { Client } = await import('@opensearch-project/opensearch');
    const client = new Client({
      node: searchUrl,
      headers: { 'x-opaque-id': opaqueId },
      maxRetries: 0,
      requestTimeout: 30_000,
    });
    return new TweetIndex(client, name);
  }

  /** Creates the index unless it is there. Throws HW_TWEETS_INDEX when the store will not have it. */
  async ensure(): Promise<'created' | 'found'> {
    try {
      const { body: isThere } = await this.#client.indices.exists({ index: this.name });
      if (isThere) return 'found';
      await this.#client.indices.create({ index: this.name, body: { mappings } });
      return 'created';
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode !== 400) throw error;
      const reason = reasonOf(error);
      // Another process was faster.
      if (reason.includes('resource_already_exists_exception')) return 'found';
      throw new TweetsError('HW_TWEETS_INDEX', `the index ${this.name} was refused: ${reason}`, error);
    }
  }

  /**
   * Stores tweets under their ids; a tweet that is there already stays as it is, so storing twice is storing once. Returns what
   * was refused; throws when the store cannot be reached or takes nothing at the moment.
   */
  async store(tweets: readonly { tweet: Tweet; record: RecordPlace }[], nowMs: number): Promise<Refusal[]> {
    let body = '';
    for (const { record, tweet } of tweets) {
      body += `{"create":{"_id":"${tweet.id}"}}\n`;
      body += `{"id":"${tweet.id}","userId":${tweet.userId},"text":${JSON.stringify(tweet.text)},`;
      if (tweet.lang !== undefined) body += `"lang":${JSON.stringify(tweet.lang)},`;
      const place = `"topic":${JSON.stringify(record.topic)},"partition":${record.partition},"offset":${record.offset}`;
      body += `"createdAt":${tweet.createdAt},"indexedAt":${nowMs},"record":{${place}}}\n`;
    }
    // The client's types know only parsed bodies; it sends text as it is, which keeps the digits of a 64-bit id.
    const response = await this.#client.bulk({ index: this.name, body: body as never });
    if (!response.body.errors) return [];
    return response.body.items.flatMap(({ create }, at) => {
      const status = create?.status ?? 0;
      if (status < 300 || status === 409) return [];
      const { type, reason } = create?.error ?? { type: `status ${status}`, reason: '' };
      return [{ at, reason: `${type}: ${reason}`, isBusy: isBusy(status) }];
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** The store is overloaded, starting, or behind a proxy that cannot reach it. */
function isBusy(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}
