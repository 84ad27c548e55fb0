import { type Environment, text } from './settings.ts';

/** The names that the services share. Each can be changed, so that several systems live side by side on one cluster. */
export interface Names {
  /** Tweets as they arrive. */
  tweetsTopic: string;
  /** The running count by word. */
  countsTopic: string;
  /** Where the tweets can be searched. */
  index: string;
  /** The consumer group of a service: its name, after this prefix. */
  groupPrefix: string;
}

export function names(env: Environment): Names {
  return {
    tweetsTopic: text(env, 'HEADWATER_TWEETS_TOPIC', 'twitter-topic'),
    countsTopic: text(env, 'HEADWATER_TWEETS_ANALYTICS_TOPIC', 'twitter-analytics-topic'),
    index: text(env, 'HEADWATER_TWEETS_INDEX', 'twitter-index'),
    groupPrefix: text(env, 'HEADWATER_TWEETS_GROUP_PREFIX', ''),
  };
}
