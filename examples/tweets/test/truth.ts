import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { rowIdOf } from '@headwater/connect';
import { silentLogger } from '@headwater/logger';
import { createRegistryClient } from '@headwater/serdes';
import pg from 'pg';
import { CountReader } from '../common/count-reader.ts';
import { type InRecord, TopicReader } from '../common/topic-reader.ts';
import type { Tweet } from '../common/tweet.ts';
import { TweetReader, toTweet } from '../common/tweet-reader.ts';
import { type TweetWithLangModel, tweetWithLangSchema } from '../common/tweet-schema.ts';
import { wordsOf } from '../streams/words.ts';

/** Every record that a topic holds. */
export async function readTopic(kafkaUrl: string, topic: string): Promise<InRecord[]> {
  const reader = new TopicReader({ bootstrap: kafkaUrl, clientId: 'test', logger: silentLogger }, topic);
  try {
    const all: InRecord[] = [];
    await reader.readToEnd(await reader.earliestOffsets(), (records) => all.push(...records));
    return all;
  } finally {
    await reader.close();
  }
}

/** Every tweet that a topic holds; fails when a record is none. */
export async function readTweets(
  { kafkaUrl, registryUrl }: { kafkaUrl: string; registryUrl: string },
  topic: string,
): Promise<Tweet[]> {
  const reader = new TweetReader<TweetWithLangModel>(registryUrl, topic, tweetWithLangSchema);
  try {
    const poison = {
      skippedRecords: 0,
      report(_: string, { partition, offset }: InRecord, reason: string) {
        throw new Error(`record ${offset} of partition ${partition}: ${reason}`);
      },
    };
    return (await reader.read(await readTopic(kafkaUrl, topic), poison)).map(({ value }) => toTweet(value));
  } finally {
    reader.close();
  }
}

/** The counts that the log says: word → the newest count. */
export async function readCounts(
  { kafkaUrl, registryUrl }: { kafkaUrl: string; registryUrl: string },
  topic: string,
): Promise<Map<string, number>> {
  const registry = createRegistryClient({ url: registryUrl });
  try {
    const reader = new CountReader(registry);
    const records = await readTopic(kafkaUrl, topic);
    await reader.prepare(records.map(({ value }) => value));
    return new Map(records.map(({ key, value }) => [key!.toString(), reader.read(value!).wordCount!]));
  } finally {
    registry.close();
  }
}

/** The counts as they must be: all words counted again. */
export function recount(tweets: readonly Tweet[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of tweets) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The first words on which two counts differ: short, where an assertion on the maps would compare and print all of them. */
export function differences(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((word) => found.get(word) !== expected.get(word))
    .slice(0, 5)
    .map((word) => `${word}: ${found.get(word) ?? 0}, not ${expected.get(word) ?? 0}`);
}

/** The first ids that are missing, strange or there twice. */
export function idDifferences(found: readonly string[], expected: readonly string[]): string[] {
  const count = (ids: readonly string[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  };
  return differences(count(found), count(expected));
}

/** The ids in an index, up to 10,000. */
export async function indexedIds(searchUrl: string, index: string): Promise<string[]> {
  const response = await fetch(`${searchUrl}/${index}/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"size":10000,"_source":false,"query":{"match_all":{}}}',
  });
  if (response.status === 404) return [];
  const body = (await response.json()) as { hits?: { hits: { _id: string }[] }; error?: unknown };
  if (body.hits === undefined) throw new Error(JSON.stringify(body.error));
  return body.hits.hits.map(({ _id }) => _id);
}

/** Waits until the check gives something; fails, naming it, with what it gave last. */
export async function eventually<T>(what: string, timeoutMs: number, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const result = await check();
      if (result !== undefined) return result;
    } catch (error) {
      last = error;
    }
    await sleep(200);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
}

/** The rows that a topic of counts must have made, by the ids of their records: those of `read_committed`. */
export async function expectedRows(kafkaUrl: string, topic: string): Promise<string[]> {
  const client = createClient({ bootstrap: kafkaUrl, clientId: 'test' });
  const consumer = client.consumer({
    partitions: { [topic]: [0, 1, 2] },
    isolation: 'read_committed',
    autoOffsetReset: 'earliest',
  });
  try {
    const ids: string[] = [];
    // Nobody writes any more: when nothing comes for a while all was read.
    for (let batches = await consumer.poll({ maxWaitMs: 10_000 }); batches.length > 0; ) {
      for (const batch of batches) {
        for (const { offset } of batch.records()) ids.push(rowIdOf(topic, batch.partition, offset));
      }
      batches = await consumer.poll({ maxWaitMs: 2_000 });
    }
    return ids;
  } finally {
    await consumer.close();
    await client.close();
  }
}

/** What analytics keeps: the ids of the rows, and the newest count of each word. */
export async function storedCounts(postgresUrl: string): Promise<{ ids: string[]; newest: Map<string, number> }> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; word: string; word_count: string }>(
      'SELECT id, word, word_count FROM analytics.twitter_analytics ORDER BY record_date, word_count',
    );
    return {
      ids: rows.map(({ id }) => id),
      newest: new Map(rows.map(({ word, word_count }) => [word, Number(word_count)])),
    };
  } finally {
    await client.end();
  }
}
