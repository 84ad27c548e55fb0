import { HeadwaterError } from './headwater-error.ts';

/** A running service of an example. */
export interface RunningService {
  url?: string;
  close(): Promise<void>;
}

/** A service of an example: it knows URLs, given by its environment, and nothing else. */
export type ExampleService = NodeService | CommandService;

interface AnyService {
  name: string;
  /** The port that it listens on by default; absent when it serves nothing. */
  port?: number;
  /** The ports of further instances of it, which are started too. */
  morePorts?: readonly number[];
  /** The variable of the environment that holds the port. */
  portVariable?: string;
  /** The variable under which other services find its address. */
  urlVariable?: string;
}

/** One that runs in a thread of this process, or as a child of it. */
export interface NodeService extends AnyService {
  /** The file that runs it alone: `node main.ts`. It is a `ServiceModule`. */
  main: URL;
  command?: never;
}

export interface ServiceModule {
  start(env: Readonly<Record<string, string | undefined>>, options: { logger: unknown }): Promise<RunningService>;
}

/** One in any language: always a process of its own. */
export interface CommandService extends AnyService {
  /** The program and its arguments. One that is not in PATH is left out, visibly; `node` is this process' own. */
  command: readonly [program: string, ...args: string[]];
  main?: never;
  /** More of its environment. `restarts`: how often it was started again. */
  environment?(env: Readonly<Record<string, string | undefined>>, restarts: number): Record<string, string>;
}

export interface ExampleRoute {
  id: string;
  uri: string;
  predicates: readonly string[];
  filters?: readonly (string | { name: string; args: Readonly<Record<string, unknown>> })[];
  metadata?: Readonly<Record<string, unknown>>;
}

/** An example: services, and the gateway's routes to them. */
export interface Example {
  name: string;
  services: readonly ExampleService[];
  /** Configuration files that a new data directory begins with. */
  configDir?: URL;
  /** Files of views that streaming SQL is given once all is ready; `<example>.views` of headwater.yaml is a file instead of them, or none. */
  views?: readonly URL[];
  /**
   * Routes in Spring Cloud Gateway's shape; `${NAME}` in a uri is the environment's variable NAME. `lb://name` is looked up in discovery, or is
   * the services' own addresses where there is none.
   */
  routes: readonly ExampleRoute[];
  /** Settings of circuit breakers by name, as in `gateway.circuitBreakers` of headwater.yaml, which goes before. */
  circuitBreakers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const examples: Record<string, () => Promise<Example>> = {
  clickstream: async () => (await import('@headwater/example-clickstream')).example as unknown as Example,
  'service-monitor': async () => (await import('@headwater/example-service-monitor')).example as unknown as Example,
  tweets: async () => (await import('@headwater/example-tweets')).example as Example,
};

/** Loads an example by name; undefined for `none`. Throws HW_CLI_EXAMPLE. */
export async function loadExample(name: string): Promise<Example | undefined> {
  if (name === 'none') return undefined;
  const load = examples[name];
  if (load === undefined) {
    throw new HeadwaterError(
      'HW_CLI_EXAMPLE',
      `there is no example "${name}": the examples are ${Object.keys(examples).join(', ')}, and none`,
    );
  }
  return await load();
}
