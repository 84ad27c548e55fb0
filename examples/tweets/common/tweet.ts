import { TweetsError } from './tweets-error.ts';

/**
 * A tweet. Both ids are 64-bit integers, kept as digits, because a JavaScript number changes the last ones of anything past 2^53; in a line
 * of JSON they are numbers: `{"userId":…,"id":…,"text":"…","createdAt":…,"lang":"…"}`. In `twitter-topic` it is Avro: `tweet-schema.ts`.
 */
export interface Tweet {
  id: string;
  userId: string;
  text: string;
  /** Epoch milliseconds. */
  createdAt: number;
  /** BCP 47; absent when nobody knows. */
  lang?: string;
}

/**
 * An id that a number cannot hold. The pattern finds none inside a text: there a quotation mark has a backslash before it, and
 * what follows a closing one is never a letter.
 */
const longId = /"(id|userId)"\s*:\s*(\d{16,19})(?=\s*[,}])/g;

/** A tweet as a line of JSON. */
export function encodeTweet(tweet: Tweet): string {
  const lang = tweet.lang === undefined ? '' : `,"lang":${JSON.stringify(tweet.lang)}`;
  return `{"userId":${tweet.userId},"id":${tweet.id},"text":${JSON.stringify(tweet.text)},"createdAt":${tweet.createdAt}${lang}}`;
}

/** Reads a tweet; throws HW_TWEETS_RECORD, naming the field, when it is none. More fields than these are ignored. */
export function decodeTweet(json: string): Tweet {
  let value: unknown;
  try {
    value = JSON.parse(json.replaceAll(longId, '"$1":"$2"'));
  } catch (error) {
    throw new TweetsError('HW_TWEETS_RECORD', `not JSON: ${(error as Error).message}`, error);
  }
  if (typeof value !== 'object' || value === null) throw new TweetsError('HW_TWEETS_RECORD', 'not a JSON object');
  const fields = value as Record<string, unknown>;
  const tweetText = fields['text'];
  if (typeof tweetText !== 'string') throw new TweetsError('HW_TWEETS_RECORD', '"text" is not a string');
  return {
    id: idOf(fields['id'], 'id'),
    userId: idOf(fields['userId'], 'userId'),
    text: tweetText,
    createdAt: millisecondsOf(fields['createdAt']),
    ...(typeof fields['lang'] === 'string' ? { lang: fields['lang'] } : {}),
  };
}

const longMax = 2n ** 63n - 1n;

function idOf(value: unknown, field: string): string {
  // Twitter's own API gives ids as text too, for readers that cannot hold them as numbers.
  const digits = typeof value === 'string' ? value : Number.isSafeInteger(value) ? String(value) : '';
  if (!/^\d{1,19}$/.test(digits) || BigInt(digits) > longMax) {
    throw new TweetsError('HW_TWEETS_RECORD', `"${field}" is not a whole number of 63 bits`);
  }
  return String(BigInt(digits));
}

function millisecondsOf(value: unknown): number {
  const ms = typeof value === 'string' ? Date.parse(value) : value;
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms)) {
    throw new TweetsError('HW_TWEETS_RECORD', '"createdAt" is not a time: give epoch milliseconds');
  }
  return ms;
}
