/** Every part of the platform, by its one key: in the ready file, in `--only`, in `headwater run KEY`, and in the environment. */
export interface PartDefinition {
  key: PartKey;
  title: string;
  /** The real system's own port. */
  port: number;
  /** False for a part that later versions bring: it can be given by URL, not started. */
  isBuilt: boolean;
}

export const partKeys = [
  'gateway',
  'console',
  'kafka',
  'registry',
  'rest',
  'connect',
  'sql',
  'search',
  'postgres',
  'discovery',
  'config',
  'identity',
  'zipkin',
  'otlp',
  'logs',
  'prometheus',
  'monitor',
] as const;

export type PartKey = (typeof partKeys)[number];

export const partTable: Readonly<Record<PartKey, PartDefinition>> = {
  gateway: part('gateway', 'Gateway', 8080, true),
  console: part('console', 'Console', 8080, true),
  kafka: part('kafka', 'Event store (Kafka)', 9092, true),
  registry: part('registry', 'Schema registry', 8081, true),
  rest: part('rest', 'REST proxy', 8082, true),
  connect: part('connect', 'Connect', 8083, false),
  sql: part('sql', 'Streaming SQL', 8088, true),
  search: part('search', 'Query store (Elasticsearch)', 9200, true),
  postgres: part('postgres', 'PostgreSQL', 5432, true),
  discovery: part('discovery', 'Discovery (Eureka)', 8761, true),
  config: part('config', 'Configuration', 8888, true),
  identity: part('identity', 'Identity', 8180, true),
  zipkin: part('zipkin', 'Traces (Zipkin)', 9411, true),
  otlp: part('otlp', 'OpenTelemetry (OTLP)', 4318, true),
  logs: part('logs', 'Log lines', 5044, true),
  prometheus: part('prometheus', 'Metrics (Prometheus)', 9090, true),
  monitor: part('monitor', 'Monitor', 9093, true),
};

function part(key: PartKey, title: string, port: number, isBuilt: boolean): PartDefinition {
  return { key, title, port, isBuilt };
}

export function isPartKey(text: string): text is PartKey {
  return (partKeys as readonly string[]).includes(text);
}

export const builtPartKeys: readonly PartKey[] = partKeys.filter((key) => partTable[key].isBuilt);
