const fields = [
  { name: 'userId', type: 'long' },
  { name: 'id', type: 'long' },
  { name: 'text', type: 'string' },
  { name: 'createdAt', type: { type: 'long', logicalType: 'timestamp-millis' }, doc: 'Epoch milliseconds.' },
] as const;

const model = {
  type: 'record',
  name: 'TwitterAvroModel',
  namespace: 'com.microservices.demo.kafka.avro.model',
} as const;

/** Values of `twitter-topic`, as they began. */
export const tweetSchema = { ...model, fields } as const;

/** The same with the language, since it is known. The default is what a reader finds in tweets from before. */
export const tweetWithLangSchema = {
  ...model,
  fields: [...fields, { name: 'lang', type: 'string', default: 'und', doc: 'BCP 47; und: not known.' }],
} as const;

/** All that streams reads: whatever else a tweet holds, now or later, is passed over without being decoded. */
export const tweetTextSchema = { ...model, fields: [fields[2]] } as const;

/** A value of `tweetSchema`: Avro's long is a bigint, and keeps all its digits. */
export interface TweetModel {
  userId: bigint;
  id: bigint;
  text: string;
  createdAt: number;
}

export interface TweetWithLangModel extends TweetModel {
  lang: string;
}

/** What a reader finds as `lang` when nobody knew. */
export const unknownLang = 'und';
