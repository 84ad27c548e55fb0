import { setImmediate } from 'node:timers/promises';
import type { FetchedBatch, KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { BackOff, pause } from '../../common/back-off.ts';
import type { PoisonPolicy } from '../../common/poison.ts';
import type { InRecord } from '../../common/topic-reader.ts';
import { type TweetReader, toTweet } from '../../common/tweet-reader.ts';
import type { TweetWithLangModel } from '../../common/tweet-schema.ts';
import { reasonOf } from '../../common/tweets-error.ts';
import type { Hit, RecordRange } from '../tweet-search.ts';
import { SearchableText } from './text-match.ts';

export interface FeedTweet {
  hit: Hit;
  searchable: SearchableText;
}

export interface TweetFeedOptions {
  /** Opened when the first reader comes, closed with the last. */
  connect: () => { client: KafkaClient; reader: TweetReader<TweetWithLangModel> };
  topic: string;
  logger: Logger;
}

/** Tweets that are handed over in one go. */
const turnTweets = 200;

/** A record that is no tweet is reported by who stores the tweets. */
const passOver: PoisonPolicy = { skippedRecords: 0, report() {} };

/**
 * The tweets that are written from now on, read once for all live searches of this instance. A query store shows what it took a second later
 * (its refresh), and asking it to do so more often slows all else that it does; the log tells at once, and one reader of its end serves any number of
 * searches. It runs while somebody reads.
 */
export class TweetFeed {
  readonly #options: TweetFeedOptions;
  readonly #readers = new Set<(tweet: FeedTweet) => void>();
  #run: { stop: AbortController; finished: Promise<void> } | undefined;
  /** By partition, the offsets from which on the feed is complete; empty while it does not follow. */
  #from = new Map<number, number>();
  #positions = new Map<number, number>();

  constructor(options: TweetFeedOptions) {
    this.#options = options;
  }

  get isFollowing(): boolean {
    return this.#from.size > 0;
  }

  /** Where the feed stands, by partition: a reader who begins now gets everything from there on. */
  positions(): ReadonlyMap<number, number> {
    return new Map(this.#positions);
  }

  /** The records that the feed has given to who reads since `since`; a partition that is not in it was given since the feed began. */
  given(since: ReadonlyMap<number, number>): RecordRange[] {
    const { topic } = this.#options;
    return [...this.#positions].flatMap(([partition, until]) => {
      const from = Math.max(this.#from.get(partition) ?? until, since.get(partition) ?? 0);
      return from < until ? [{ topic, partition, from, until }] : [];
    });
  }

  hasGiven({ offset, partition, topic }: NonNullable<Hit['record']>, since: ReadonlyMap<number, number>): boolean {
    return this.given(since).some(
      (range) => topic === range.topic && partition === range.partition && offset >= range.from && offset < range.until,
    );
  }

  /** Hands over each new tweet; returns what ends it. */
  follow(reader: (tweet: FeedTweet) => void): () => void {
    this.#readers.add(reader);
    if (this.#run === undefined) {
      const stop = new AbortController();
      this.#run = { stop, finished: this.#follow(stop.signal) };
    }
    return () => {
      if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
      this.#run?.stop.abort();
      this.#run = undefined;
    };
  }

  async close(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#readers.clear();
    run?.stop.abort();
    await run?.finished;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { connect, logger, topic } = this.#options;
    const backOff = new BackOff({ maxMs: 5_000 });
    const { client, reader } = connect();
    try {
      while (!signal.aborted) {
        try {
          const tail = client.tail({ topics: [topic], from: 'latest', onOutOfRange: 'fail', signal });
          await tail.start();
          const offsets = Object.entries(tail.offsets()[topic] ?? {});
          // Another run may have taken over while this one was starting.
          if (signal.aborted) break;
          this.#from = new Map(offsets.map(([partition, offset]) => [Number(partition), offset]));
          this.#positions = new Map(this.#from);
          for await (const batch of tail) {
            await this.#take(batch, reader, signal);
            backOff.reset();
          }
        } catch (error) {
          if (signal.aborted) break;
          this.#forget();
          const retryInMs = backOff.next();
          logger.warn({ topic, retryInMs, reason: reasonOf(error) }, 'cannot follow the tweets, the index is asked');
          await pause(retryInMs, signal);
        }
      }
    } finally {
      if (this.#run === undefined || this.#run.stop.signal === signal) this.#forget();
      reader.close();
      await client.close();
    }
  }

  #forget(): void {
    this.#from = new Map();
    this.#positions = new Map();
  }

  async #take(batch: FetchedBatch, reader: TweetReader<TweetWithLangModel>, signal: AbortSignal): Promise<void> {
    const { partition, topic } = batch;
    const records: InRecord[] = [];
    const cursor = batch.cursor();
    // Their headers are nobody's concern here.
    while (cursor.next()) {
      const { offset, timestamp } = cursor;
      if (batch.header.isControl || offset < batch.fromOffset) continue;
      records.push({ partition, offset, timestamp, key: cursor.key(), value: cursor.value(), headers: [] });
    }
    const tweets = await reader.read(records, passOver);
    if (signal.aborted) return;
    let given = 0;
    for (const { record, value } of tweets) {
      // Readers take theirs between the parts of a large batch, or it would overflow what waits for them.
      given += 1;
      if (given % turnTweets === 0) await setImmediate();
      const tweet = toTweet(value);
      const hit: Hit = { ...tweet, indexedAt: 0, record: { topic, partition, offset: record.offset } };
      const found = { hit, searchable: new SearchableText(tweet.text) };
      for (const give of this.#readers) give(found);
    }
    if (!this.#from.has(partition)) this.#from.set(partition, batch.fromOffset);
    this.#positions.set(partition, batch.nextOffset);
  }
}
