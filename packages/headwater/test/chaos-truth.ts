import { createClient, OffsetSpec } from '@headwater/client';
import { createRegistryClient } from '@headwater/serdes';
import pg from 'pg';
import { CountReader } from '../../../examples/tweets/common/count-reader.ts';
import type { Tweet } from '../../../examples/tweets/common/tweet.ts';
import { TweetReader, toTweet } from '../../../examples/tweets/common/tweet-reader.ts';
import { type TweetWithLangModel, tweetWithLangSchema } from '../../../examples/tweets/common/tweet-schema.ts';

/** What each part of the tweets example says at the end, read by another way than the services'. */

export interface Log {
  kafkaUrl: string;
  registryUrl: string;
}

interface LogRecord {
  partition: number;
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
}

const partitions = [0, 1, 2];
const readingMsMax = 120_000;

/** Hands over what is committed in a topic, up to what it holds now. */
async function readCommitted(kafkaUrl: string, topic: string, take: (record: LogRecord) => void): Promise<void> {
  const client = createClient({ bootstrap: kafkaUrl, clientId: 'chaos' });
  const consumer = client.consumer({
    partitions: { [topic]: partitions },
    isolation: 'read_committed',
    autoOffsetReset: 'earliest',
  });
  try {
    const latest = Object.fromEntries(partitions.map((partition) => [partition, OffsetSpec.latest]));
    const ends = await client.listOffsets(topic, latest, { isolation: 'read_committed' });
    const isAtEnd = (): boolean => {
      const positions = consumer.positions()[topic] ?? {};
      return partitions.every((partition) => (positions[partition] ?? 0) >= ends[partition]!.offset);
    };
    for (const giveUpMs = performance.now() + readingMsMax; !isAtEnd(); ) {
      if (performance.now() > giveUpMs) throw new Error(`${topic} was not read to its end in ${readingMsMax} ms`);
      for (const batch of await consumer.poll({ maxWaitMs: 200 })) {
        for (const { key, offset, timestamp, value } of batch.records())
          take({ partition: batch.partition, offset: Number(offset), timestamp: Number(timestamp), key, value });
      }
    }
  } finally {
    await consumer.close();
    await client.close();
  }
}

/** The tweets of `twitter-topic`; fails when a record is none. */
export async function tweetsOnTheLog({ kafkaUrl, registryUrl }: Log): Promise<Tweet[]> {
  const topic = 'twitter-topic';
  const reader = new TweetReader<TweetWithLangModel>(registryUrl, topic, tweetWithLangSchema);
  try {
    const records: (LogRecord & { headers: [] })[] = [];
    await readCommitted(kafkaUrl, topic, (record) => records.push({ ...record, headers: [] }));
    const poison = {
      skippedRecords: 0,
      report(_: string, { partition, offset }: { partition: number; offset: number }, reason: string) {
        throw new Error(`record ${offset} of partition ${partition}: ${reason}`);
      },
    };
    return (await reader.read(records, poison)).map(({ value }) => toTweet(value));
  } finally {
    reader.close();
  }
}

/** Word → the newest count of `twitter-analytics-topic`. */
export async function newestCounts({ kafkaUrl, registryUrl }: Log): Promise<Map<string, number>> {
  const newest = new Map<string, Buffer>();
  await readCommitted(kafkaUrl, 'twitter-analytics-topic', ({ key, value }) => {
    newest.set(key!.toString(), Buffer.from(value!));
  });
  const registry = createRegistryClient({ url: registryUrl });
  try {
    const reader = new CountReader(registry);
    await reader.prepare(newest.values());
    return new Map([...newest].map(([word, value]) => [word, reader.read(value).wordCount!]));
  } finally {
    registry.close();
  }
}

/** Word → the newest row's count. */
export async function newestRows(postgresUrl: string): Promise<Map<string, number>> {
  const url = new URL(postgresUrl);
  url.pathname = '/analytics';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rows } = await client.query<{ word: string; word_count: string }>(
      `SELECT DISTINCT ON (word) word, word_count FROM analytics.twitter_analytics
       ORDER BY word, record_date DESC, word_count DESC`,
    );
    return new Map(rows.map(({ word, word_count }) => [word, Number(word_count)]));
  } finally {
    await client.end();
  }
}

const pageTweets = 5_000;

/** The ids in `twitter-index`, by pages of `createdAt`, which grows by one from tweet to tweet. */
export async function documentIds(searchUrl: string, oldest: number, tweets: number): Promise<string[]> {
  await ask(`${searchUrl}/twitter-index/_refresh`, {});
  const ids: string[] = [];
  for (let from = 0; from <= tweets; from += pageTweets) {
    const page = { gte: oldest + from, lt: oldest + from + pageTweets, format: 'epoch_millis' };
    const answer = await ask(`${searchUrl}/twitter-index/_search`, {
      size: 10_000,
      _source: false,
      query: { range: { createdAt: page } },
    });
    for (const { _id } of (answer as { hits: { hits: { _id: string }[] } }).hits.hits) ids.push(_id);
  }
  const all = (await ask(`${searchUrl}/twitter-index/_count`, {})) as { count: number };
  if (all.count !== ids.length) throw new Error(`${all.count} documents, but ${ids.length} of them in pages`);
  return ids;
}

async function ask(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return await response.json();
}

/** What a service says of a word; undefined while it cannot. */
export async function answeredCount(serviceUrl: string, word: string): Promise<number | undefined> {
  const response = await fetch(`${serviceUrl}/get-word-count-by-word/${encodeURIComponent(word)}`);
  const body = (await response.json()) as { wordCount?: number };
  return response.ok ? body.wordCount : undefined;
}
