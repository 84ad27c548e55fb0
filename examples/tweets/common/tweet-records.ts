import type { PoisonPolicy } from './poison.ts';
import type { InRecord } from './topic-reader.ts';
import { decodeTweet, type Tweet } from './tweet.ts';

export interface TweetRecord {
  record: InRecord;
  tweet: Tweet;
}

/** The tweets in records of `twitter-topic`; what is none goes to the poison policy. */
export function tweetsIn(records: readonly InRecord[], topic: string, poison: PoisonPolicy): TweetRecord[] {
  const tweets: TweetRecord[] = [];
  for (const record of records) {
    let tweet: Tweet;
    try {
      if (record.value === null) throw new Error('it has no value');
      tweet = decodeTweet(record.value.toString('utf8'));
    } catch (error) {
      poison.report(topic, record, (error as Error).message);
      continue;
    }
    tweets.push({ record, tweet });
  }
  return tweets;
}
