import { names } from './common/names.ts';
import type { Start } from './common/service.ts';
import { countsTopic, tweetsTopic } from './common/topics.ts';
import { portVariable as kafkaToElasticPortVariable, start as startKafkaToElastic } from './kafka-to-elastic/main.ts';
import {
  defaultPort as queryServicePort,
  portVariable as queryServicePortVariable,
  start as startQueryService,
} from './query-service/main.ts';
import { start as startTwitterToKafka, portVariable as twitterToKafkaPortVariable } from './twitter-to-kafka/main.ts';
import {
  start as startWordCount,
  defaultPort as wordCountPort,
  portVariable as wordCountPortVariable,
} from './word-count/main.ts';

export type { RunningService, Start, StartOptions } from './common/service.ts';

/** A service of the example, for whoever starts it. */
export interface ExampleService {
  name: string;
  /** The file that runs it alone: `node main.ts`. */
  main: URL;
  /** The parts that it must be told by `HEADWATER_<PART>_URL`; they may start later than the service. */
  needs: readonly ('kafka' | 'registry' | 'search')[];
  /** The port that it listens on under `headwater up`. */
  port?: number;
  /** The variable of the environment that holds the port. */
  portVariable?: string;
  /** The variable under which other services find its address. */
  urlVariable?: string;
  start: Start;
}

const services: readonly ExampleService[] = [
  {
    name: 'twitter-to-kafka',
    main: new URL('./twitter-to-kafka/main.ts', import.meta.url),
    needs: ['kafka', 'registry'],
    port: 8181,
    portVariable: twitterToKafkaPortVariable,
    start: startTwitterToKafka,
  },
  {
    name: 'kafka-to-elastic',
    main: new URL('./kafka-to-elastic/main.ts', import.meta.url),
    needs: ['kafka', 'registry', 'search'],
    port: 8182,
    portVariable: kafkaToElasticPortVariable,
    start: startKafkaToElastic,
  },
  {
    name: 'word-count',
    main: new URL('./word-count/main.ts', import.meta.url),
    needs: ['kafka', 'registry'],
    port: wordCountPort,
    portVariable: wordCountPortVariable,
    urlVariable: 'HEADWATER_TWEETS_WORD_COUNT_URL',
    start: startWordCount,
  },
  {
    name: 'query-service',
    main: new URL('./query-service/main.ts', import.meta.url),
    needs: ['search'],
    port: queryServicePort,
    portVariable: queryServicePortVariable,
    urlVariable: 'HEADWATER_TWEETS_QUERY_SERVICE_URL',
    start: startQueryService,
  },
];

/** The gateway's routes, in Spring Cloud Gateway's shape; `${NAME}` is a variable of the environment. */
const routes = [
  {
    id: 'query-service',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: whoever starts the gateway fills it in
    uri: '${HEADWATER_TWEETS_QUERY_SERVICE_URL}',
    predicates: ['Path=/query/**'],
    filters: ['StripPrefix=1'],
  },
  {
    id: 'word-count',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: whoever starts the gateway fills it in
    uri: '${HEADWATER_TWEETS_WORD_COUNT_URL}',
    predicates: ['Path=/streams/**'],
    filters: ['StripPrefix=1'],
  },
] as const;

const defaultNames = names({});

/** The canonical system: tweets from source to insight. */
export const example = {
  name: 'tweets',
  /** What the configuration part serves at first. */
  configDir: new URL('./config/', import.meta.url),
  services,
  routes,
  /** The topics it uses; the services create them when they are missing. */
  topics: [tweetsTopic(defaultNames), countsTopic(defaultNames)],
} as const;
