import type { Port } from './service.ts';

/** Where the services listen when they run alone, unless the environment says otherwise; 0: on any port. */
export const ports = {
  twitterToKafka: { variable: 'HEADWATER_TWEETS_TWITTER_TO_KAFKA_PORT', default: 0 },
  kafkaToElastic: { variable: 'HEADWATER_TWEETS_KAFKA_TO_ELASTIC_PORT', default: 0 },
  queryService: { variable: 'HEADWATER_TWEETS_QUERY_SERVICE_PORT', default: 8183 },
  streams: { variable: 'HEADWATER_TWEETS_STREAMS_PORT', default: 8187 },
  analytics: { variable: 'HEADWATER_TWEETS_ANALYTICS_PORT', default: 8188 },
} as const satisfies Record<string, Port>;
