import { type Environment, text } from './settings.ts';

/** The names that the services share. Each can be changed, so that several systems live side by side on one cluster. */
export interface Names {
  /** Tweets as they arrive. */
  tweetsTopic: string;
  /** The running count by word. */
  countsTopic: string;
  /** Who may read which documents. */
  permissionsTopic: string;
  /** Where the tweets can be searched. */
  index: string;
}

export function names(env: Environment): Names {
  return {
    tweetsTopic: text(env, 'HEADWATER_TWEETS_TOPIC', 'twitter-topic'),
    countsTopic: text(env, 'HEADWATER_TWEETS_ANALYTICS_TOPIC', 'twitter-analytics-topic'),
    permissionsTopic: text(env, 'HEADWATER_TWEETS_PERMISSIONS_TOPIC', 'document-permissions'),
    index: text(env, 'HEADWATER_TWEETS_INDEX', 'twitter-index'),
  };
}

/** Who a service is in its consumer group. */
export interface Membership {
  groupId: string;
  /**
   * Names the member over its lives: the next one takes the place of one that died, at once. For whoever makes sure that a
   * service runs once, because two that live at the same time with one name push each other out.
   */
  instanceId?: string;
}

export function membership(env: Environment, service: string): Membership {
  const instanceId = text(env, 'HEADWATER_TWEETS_INSTANCE', text(env, 'HEADWATER_INSTANCE', ''));
  return {
    groupId: text(env, 'HEADWATER_TWEETS_GROUP_PREFIX', '') + service,
    ...(instanceId === '' ? {} : { instanceId }),
  };
}
