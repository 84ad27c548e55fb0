import type { SearchDocument, SinkRecord } from '@headwater/connect';
import { toTweet } from '../common/tweet-reader.ts';
import type { TweetWithLangModel } from '../common/tweet-schema.ts';

/** The index of tweets: ids as keywords (they are names, not quantities), the text analysed, times as dates. */
export const tweetIndex = {
  mappings: {
    properties: {
      id: { type: 'keyword' },
      userId: { type: 'long' },
      text: { type: 'text' },
      createdAt: { type: 'date' },
      lang: { type: 'keyword' },
      indexedAt: { type: 'date' },
      record: { properties: { topic: { type: 'keyword' }, partition: { type: 'integer' }, offset: { type: 'long' } } },
    },
  },
} as const;

/** A tweet under its id, with the record that it came in: one is found from the other. Written by hand, which keeps the digits of 64-bit ids. */
export function tweetDocument(
  value: TweetWithLangModel,
  { offset, partition, topic }: SinkRecord,
  nowMs: number,
): SearchDocument {
  const { createdAt, id, lang, text, userId } = toTweet(value);
  const language = lang === undefined ? '' : `"lang":${JSON.stringify(lang)},`;
  const record = `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset}}`;
  return {
    id,
    json:
      `{"id":"${id}","userId":${userId},"text":${JSON.stringify(text)},${language}` +
      `"createdAt":${createdAt},"indexedAt":${nowMs},"record":${record}}`,
  };
}
