import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { example } from '@headwater/example-tweets';
import { applyViews } from '@headwater/monitor';
import { createSqlClient, type SqlClient } from '@headwater/sql';
import { encodeTweet } from '../../../examples/tweets/common/tweet.ts';
import { TweetReader } from '../../../examples/tweets/common/tweet-reader.ts';
import { tweetTextSchema } from '../../../examples/tweets/common/tweet-schema.ts';
import { wordsOf } from '../../../examples/tweets/streams/words.ts';
import { readTopic } from '../../../examples/tweets/test/truth.ts';
import { mockTweets } from '../../../examples/tweets/twitter-to-kafka/mock-tweets.ts';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

/** The trends of the tweets example under `headwater up`: SQL's windows agree with a recount of the topic, whatever was killed. */
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const only = 'kafka,registry,search,sql,monitor';
const tweetsCount = 3_000;
/** Words of scripts, marks, joiners, halves of pairs, and one that is too long to be one. */
const strange = [
  'RT @user: Kafka, kafka—KAFKA! #Größe_2',
  'ЗАДЕРЖКА исчезла… σίσυφος ΣΊΣΥΦΟΣ',
  'खोज तुरंत، قهوة 检索 İstanbul ǅ',
  "don't re-run \t…!? ☕️ __ 🤷🏽‍♂️ e\u0301 \u0345 Ⓐ 𝒳𝒴 ٣٤ snake_case",
  `${'x'.repeat(10_000)} ${'y'.repeat(10_001)} z`,
];
let folder: string;
let up: HeadwaterProcess;
let sql: SqlClient;

async function start(): Promise<void> {
  up = await startHeadwater(
    ['--example', 'tweets', '--only', only, '--ports', 'auto', '--data', join(folder, 'data')],
    {
      HEADWATER_TWEETS_SOURCE: 'file',
      HEADWATER_TWEETS_FILE: join(folder, 'tweets.jsonl'),
      HEADWATER_TWEETS_RATE: '400',
    },
  );
  sql = createSqlClient({ url: up.addresses['sql']! });
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headwater-trends-'));
  const made = mockTweets({ keywords: ['Kafka'], minWords: 5, maxWords: 15, seed: 11 });
  const lines = Array.from({ length: tweetsCount }, (_, n) => {
    const tweet = { ...made.next().value, id: String(n + 1), createdAt: n };
    return encodeTweet(n % 100 === 0 ? { ...tweet, text: strange[(n / 100) % strange.length]! } : tweet);
  });
  writeFileSync(join(folder, 'tweets.jsonl'), `${lines.join('\n')}\n`);
  await start();
});
after(async () => {
  sql?.close();
  await up?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Not asked all the time: that would be most of what the system does. */
async function rowsOf(query: string): Promise<unknown[][]> {
  await delay(100);
  const rows: unknown[][] = [];
  for await (const row of (await sql.query(query)).arrays()) rows.push([...row]);
  return rows;
}

const views = ['TWEET_USERS_HOUR', 'TWEET_WORDS_HOUR', 'TWEET_WORDS_MINUTE'];

async function areViewsThere(): Promise<boolean> {
  await delay(100);
  const [entity] = (await sql.execute('SHOW TABLES;')) as unknown as [{ tables: { name: string }[] }];
  const names = entity.tables.map(({ name }) => name);
  return views.every((name) => names.includes(name));
}

/** `<window> <word or user>` → how often. */
async function counted(table: string, columns: string): Promise<Map<string, number>> {
  const rows = await rowsOf(`SELECT WINDOWSTART, ${columns} FROM ${table};`);
  return new Map(rows.map(([windowStart, of, count]) => [`${windowStart} ${of}`, Number(count)]));
}

function different(found: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => found.get(key) !== expected.get(key))
    .slice(0, 5)
    .map((key) => `${key.slice(0, 60)}: ${found.get(key) ?? 0}, not ${expected.get(key) ?? 0}`);
}

test('words and users by minute and hour are those of a recount, after the whole system was killed twice', async () => {
  for (const share of [0.25, 0.6]) {
    await waitFor(areViewsThere, 120_000, 'views');
    await waitFor(
      async () => {
        const [row] = await rowsOf('SELECT SUM(TWEETS) FROM TWEET_USERS_HOUR;');
        return Number(row?.[0] ?? 0) >= share * tweetsCount;
      },
      120_000,
      'tweets in the views',
    );
    sql.close();
    await up.kill();
    await delay(100);
    await start();
  }

  const kafka = up.addresses['kafka']!;
  const records = await waitFor(
    async () => {
      const all = await readTopic(kafka, 'twitter-topic');
      return all.length >= tweetsCount ? all : undefined;
    },
    120_000,
    'all tweets written',
  );
  const reader = new TweetReader<{ text: string }>(up.addresses['registry']!, 'twitter-topic', tweetTextSchema);
  const poison = { skippedRecords: 0, report: () => assert.fail('a record is no tweet') };
  const tweets = await reader.read(records, poison);
  reader.close();
  assert.equal(tweets.length, tweetsCount);

  const minutes = new Map<string, number>();
  const hours = new Map<string, number>();
  const users = new Map<string, number>();
  const add = (counts: Map<string, number>, sizeMs: number, timestamp: number, of: string) => {
    const key = `${timestamp - (timestamp % sizeMs)} ${of}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { record, value } of tweets) {
    add(users, hourMs, record.timestamp, String(record.key!.readBigInt64BE()));
    for (const word of wordsOf(value.text)) {
      if (word.length > 10_000) continue;
      add(minutes, minuteMs, record.timestamp, word);
      add(hours, hourMs, record.timestamp, word);
    }
  }
  const total = [...hours.values()].reduce((sum, count) => sum + count, 0);
  await waitFor(
    async () => {
      const sums = await Promise.all(
        ['TWEET_WORDS_MINUTE', 'TWEET_WORDS_HOUR'].map((table) => rowsOf(`SELECT SUM(TIMES) FROM ${table};`)),
      );
      return sums.every(([row]) => Number(row?.[0] ?? 0) >= total);
    },
    120_000,
    'all words counted',
  );
  assert.deepEqual(different(await counted('TWEET_WORDS_MINUTE', 'WORD, TIMES'), minutes), []);
  assert.deepEqual(different(await counted('TWEET_WORDS_HOUR', 'WORD, TIMES'), hours), []);
  assert.deepEqual(different(await counted('TWEET_USERS_HOUR', 'AUTHOR, TWEETS'), users), []);

  const byWord = new Map<string, number>();
  for (const [key, count] of hours) byWord.set(key.split(' ')[1]!, (byWord.get(key.split(' ')[1]!) ?? 0) + count);
  const [best] = [...byWord].sort((a, b) => b[1] - a[1]);
  const [first, ...others] = await rowsOf(
    'SELECT WORD, SUM(TIMES) AS N FROM TWEET_WORDS_HOUR GROUP BY WORD ORDER BY N DESC, WORD LIMIT 20;',
  );
  assert.deepEqual([first?.[1], others.length], [best![1], 19]);
});

test('views that are there stay as they are', async () => {
  const file = fileURLToPath(example.views[0]);
  const { created, failed, replaced, unchanged } = await applyViews({ sqlUrl: up.addresses['sql']!, file });
  assert.deepEqual([created, replaced, failed], [[], [], []]);
  assert.deepEqual(unchanged.toSorted(), ['TWEETS', 'TWEET_WORDS', ...views].sort());
  assert.doesNotMatch(up.output(), /has another statement|was left out/);
});
