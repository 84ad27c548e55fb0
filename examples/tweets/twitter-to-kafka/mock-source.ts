import { decimal, type Environment, integer, list } from '../common/settings.ts';
import { mockTweets } from './mock-tweets.ts';
import { pace } from './pace.ts';
import { Snowflake } from './snowflake.ts';
import type { Source } from './source.ts';

const defaultKeywords = [
  'Kafka',
  'TypeScript',
  'Elasticsearch',
  'Java',
  'microservices',
  'event sourcing',
  'Node.js',
  'Kubernetes',
  'Postgres',
  'Headwater',
];

/** What the configuration says of `tweets.rate` at the moment; undefined when it says nothing, or the environment has the word. */
export type LiveRate = () => unknown;

/** Made-up tweets: texts and users follow from the seed, ids and times from the clock. */
export function mockSource(env: Environment, liveRate: LiveRate): Source {
  const tweetsPerSecond = decimal(env, 'HEADWATER_TWEETS_RATE', 8, 0.01, 100_000);
  const rate = (): number => {
    const live = Number(liveRate());
    return live >= 0.01 && live <= 100_000 ? live : tweetsPerSecond;
  };
  const keywords = list(env, 'HEADWATER_TWEETS_KEYWORDS', defaultKeywords);
  const minWords = integer(env, 'HEADWATER_TWEETS_MIN_WORDS', 5, 1, 200);
  const maxWords = integer(env, 'HEADWATER_TWEETS_MAX_WORDS', Math.max(15, minWords), minWords, 400);
  const seed = integer(env, 'HEADWATER_TWEETS_SEED', Math.floor(Math.random() * 2 ** 32), 0, Number.MAX_SAFE_INTEGER);
  return {
    async *batches(signal, logger) {
      logger.info({ source: 'mock', tweetsPerSecond, seed, keywords }, 'making tweets up');
      const tweets = mockTweets({ keywords, minWords, maxWords, seed });
      const ids = new Snowflake();
      for await (const due of pace(rate, signal)) {
        yield Array.from({ length: due }, () => ({
          tweet: { ...tweets.next().value, id: ids.next(), createdAt: Date.now() },
        }));
      }
    },
  };
}
