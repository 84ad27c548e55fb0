import { names } from './common/names.ts';
import { ports } from './common/ports.ts';
import { countsTopic, tweetsTopic } from './common/topics.ts';

export type { RunningService, Start, StartOptions } from './common/service.ts';

/** A service of the example, for whoever starts it. */
export interface ExampleService {
  name: string;
  /** The file that runs it alone, `node main.ts`, and whose `start` (`Start`) runs it in a process of others. */
  main: URL;
  /** The parts that it must be told by `HEADWATER_<PART>_URL`; they may start later than the service. */
  needs: readonly ('kafka' | 'registry' | 'search' | 'postgres')[];
  /** The port that it listens on under `headwater up`. */
  port?: number;
  /** Those of further instances. */
  morePorts?: readonly number[];
  /** The variable of the environment that holds the port. */
  portVariable?: string;
  /** The variable under which other services find its address. */
  urlVariable?: string;
}

const services: readonly ExampleService[] = [
  {
    name: 'twitter-to-kafka',
    main: new URL('./twitter-to-kafka/main.ts', import.meta.url),
    needs: ['kafka', 'registry'],
    port: 8181,
    portVariable: ports.twitterToKafka.variable,
  },
  {
    name: 'kafka-to-elastic',
    main: new URL('./kafka-to-elastic/main.ts', import.meta.url),
    needs: ['kafka', 'registry', 'search'],
    port: 8182,
    portVariable: ports.kafkaToElastic.variable,
  },
  {
    name: 'streams',
    main: new URL('./streams/main.ts', import.meta.url),
    needs: ['kafka', 'registry'],
    port: ports.streams.default,
    portVariable: ports.streams.variable,
    urlVariable: 'HEADWATER_TWEETS_STREAMS_URL',
  },
  {
    name: 'analytics',
    main: new URL('./analytics/main.ts', import.meta.url),
    needs: ['kafka', 'registry', 'postgres'],
    port: ports.analytics.default,
    portVariable: ports.analytics.variable,
    urlVariable: 'HEADWATER_TWEETS_ANALYTICS_URL',
  },
  {
    name: 'query-service',
    main: new URL('./query-service/main.ts', import.meta.url),
    needs: ['kafka', 'registry', 'search'],
    port: ports.queryService.default,
    morePorts: [8185],
    portVariable: ports.queryService.variable,
    urlVariable: 'HEADWATER_TWEETS_QUERY_SERVICE_URL',
  },
];

/** Each user's: five requests a second come back, ten may come at once. */
const perUser = {
  name: 'RequestRateLimiter',
  args: {
    'redis-rate-limiter.replenishRate': 5,
    'redis-rate-limiter.burstCapacity': 10,
    'key-resolver': '#{@userKeyResolver}',
  },
} as const;

/** Another instance is asked when one does not answer; what only looks things up may be sent again. */
const again = {
  name: 'Retry',
  args: { retries: 2, methods: 'GET', statuses: 'BAD_GATEWAY,SERVICE_UNAVAILABLE' },
} as const;

/** The gateway's routes, in Spring Cloud Gateway's shape. */
const routes = [
  route('query', 'query-service'),
  route('streams', 'streams'),
  route('analytics', 'analytics'),
  fallback('query', { fallbackMessage: 'Tweets cannot be searched at the moment: try again in a few seconds.' }),
  fallback('streams', { wordCount: 0 }),
  fallback('analytics', { wordCount: 0 }),
];

function route(path: string, service: string) {
  const breaker = { name: `${path}ServiceCircuitBreaker`, fallbackUri: `forward:/fallback/${path}-fallback` };
  return {
    id: service,
    uri: `lb://${service}`,
    predicates: [`Path=/${path}/**`],
    filters: ['StripPrefix=1', perUser, { name: 'CircuitBreaker', args: breaker }, again],
  };
}

function fallback(path: string, answer: unknown) {
  return {
    id: `${path}-fallback`,
    uri: 'no://op',
    predicates: [`Path=/fallback/${path}-fallback`],
    metadata: { answer },
  };
}

/** The canonical system's, but open for 10 s instead of a minute. */
const breaker = {
  slidingWindowSize: 10,
  minimumNumberOfCalls: 10,
  failureRateThreshold: 50,
  slowCallRateThreshold: 50,
  slowCallDurationThreshold: '3s',
  permittedNumberOfCallsInHalfOpenState: 10,
  waitDurationInOpenState: '10s',
} as const;

const defaultNames = names({});

/** The canonical system: tweets from source to insight. */
export const example = {
  name: 'tweets',
  /** What the configuration part serves at first. */
  configDir: new URL('./config/', import.meta.url),
  services,
  /** What is tweeted about now, in SQL. */
  views: [new URL('./trends/trends.sql', import.meta.url)],
  routes,
  circuitBreakers: {
    queryServiceCircuitBreaker: breaker,
    streamsServiceCircuitBreaker: breaker,
    analyticsServiceCircuitBreaker: breaker,
  },
  /** The topics it uses; the services create them when they are missing. */
  topics: [tweetsTopic(defaultNames), countsTopic(defaultNames)],
} as const;
