import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InRecord } from './topic-reader.ts';
import { TweetReader, toTweet } from './tweet-reader.ts';
import { type TweetWithLangModel, tweetWithLangSchema } from './tweet-schema.ts';

const record = (offset: number, value: Buffer | null): InRecord => ({
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  value,
  headers: [],
});

test('JSON from before Avro is read with all digits; what is neither goes to the poison policy, with its place', async () => {
  // No registry is there: nothing of this needs one.
  const reader = new TweetReader<TweetWithLangModel>('http://127.0.0.1:9', 'tweets', tweetWithLangSchema);
  const reports: string[] = [];
  const poison = {
    skippedRecords: 0,
    report: (_: string, { offset }: InRecord, reason: string) => void reports.push(`${offset} ${reason}`),
  };
  const json = Buffer.from('{"userId":9223372036854775807,"id":592089033144795137,"text":"hi","createdAt":3}');
  const read = await reader.read(
    [record(0, json), record(1, Buffer.from('{"id":1')), record(2, Buffer.from('junk')), record(3, null)],
    poison,
  );
  reader.close();
  assert.deepEqual(
    read.map(({ value }) => toTweet(value)),
    [{ id: '592089033144795137', userId: '9223372036854775807', text: 'hi', createdAt: 3 }],
  );
  assert.deepEqual(
    reports.map((report) => report.slice(0, 1)),
    ['1', '2', '3'],
  );
  assert.match(reports[0]!, /not JSON/);
  assert.match(reports[1]!, /topic tweets, partition 0, offset 2/);
});
