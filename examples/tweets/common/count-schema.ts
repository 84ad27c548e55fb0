/** Values of `twitter-analytics-topic`. */
export const countSchema = {
  type: 'record',
  name: 'TwitterAnalyticsAvroModel',
  namespace: 'com.microservices.demo.kafka.avro.model',
  fields: [
    { name: 'word', type: ['null', 'string'] },
    { name: 'wordCount', type: ['null', 'long'] },
    { name: 'createdAt', type: ['null', 'long'], doc: 'Epoch milliseconds.' },
  ],
} as const;

/** A value of `countSchema`: how often a word had been tweeted. Services of this example write no nulls; others may. */
export interface CountModel {
  readonly word: string | null;
  /** 0 to 2^53-1. */
  readonly wordCount: number | null;
  /** Epoch milliseconds. */
  readonly createdAt: number | null;
}
