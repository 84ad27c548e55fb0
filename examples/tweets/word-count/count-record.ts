/** A record of `twitter-analytics-topic`: key = the word; value = this, as JSON. */
export interface CountRecord {
  word: string;
  wordCount: number;
  /** Epoch milliseconds. */
  createdAt: number;
}

/** Header of such a record: the tweet that made the count, as `<id of its topic>/<partition>:<offset>`. */
export function countedHeader(tweetsTopicId: string, tweet: string) {
  return { key: 'counted', value: Buffer.from(`${tweetsTopicId}/${tweet}`) };
}

/** The count that a record's value holds; undefined when it holds none. */
export function countIn(value: Buffer): number | undefined {
  try {
    const count = (JSON.parse(value.toString()) as { wordCount?: unknown } | null)?.wordCount;
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
  } catch {
    return undefined;
  }
}
