import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { AdminOptions } from './admin-topics.ts';
import { brokerError, type ClientError } from './client-error.ts';
import type { Cluster } from './cluster.ts';

export interface ConfigResource {
  type: 'topic' | 'broker' | 'group';
  name: string;
}

export interface ConfigEntry {
  name: string;
  /** Null: not set, or not to be shown. */
  value: string | null;
  isDefault: boolean;
  isReadOnly: boolean;
  isSensitive: boolean;
  /** Where the value comes from: DYNAMIC_TOPIC_CONFIG, STATIC_BROKER_CONFIG, DEFAULT_CONFIG … */
  source: string;
  /** Where the value could come from, the one in force first; empty unless asked for. */
  synonyms: { name: string; value: string | null; source: string }[];
}

export interface ConfigResult {
  resource: ConfigResource;
  configs: ConfigEntry[];
  error: ClientError | null;
}

/** The numbers of the protocol. */
export const RESOURCE_TYPES = { topic: 2, broker: 4, group: 32 } as const;

const SOURCES: Record<number, string> = {
  1: 'DYNAMIC_TOPIC_CONFIG',
  2: 'DYNAMIC_BROKER_CONFIG',
  3: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  4: 'STATIC_BROKER_CONFIG',
  5: 'DEFAULT_CONFIG',
  6: 'DYNAMIC_BROKER_LOGGER_CONFIG',
  7: 'CLIENT_METRICS_CONFIG',
  8: 'GROUP_CONFIG',
};
const DEFAULT_CONFIG = 5;

/** The configuration of topics, brokers or groups: every key, or the ones named. A broker is asked for its own. */
export async function describeConfigs(
  cluster: Cluster,
  resources: readonly ConfigResource[],
  options: AdminOptions & { keys?: readonly string[]; includeSynonyms?: boolean } = {},
): Promise<ConfigResult[]> {
  const ask = async (asked: readonly ConfigResource[], brokerId: number | null) => {
    const body = {
      includeSynonyms: options.includeSynonyms === true,
      resources: asked.map(({ type, name }) => ({
        resourceType: RESOURCE_TYPES[type],
        resourceName: name,
        configurationKeys: options.keys ?? null,
      })),
    };
    const broker = brokerId === null ? undefined : cluster.broker(brokerId);
    if (broker === undefined) return cluster.requestAny(ApiKey.DescribeConfigs, body, { signal: options.signal });
    return cluster.retrying(
      () => cluster.pool.link(broker.id, broker).request(ApiKey.DescribeConfigs, body, { signal: options.signal }),
      options.signal,
    );
  };
  const brokers = resources.filter(({ type, name }) => type === 'broker' && name !== '');
  const others = resources.filter((resource) => !brokers.includes(resource));
  if (brokers.length > 0 && cluster.allBrokers().length === 0) await cluster.refresh([], options);
  const answers = await Promise.all([
    ...(others.length > 0 ? [ask(others, null)] : []),
    ...brokers.map((resource) => ask([resource], Number(resource.name))),
  ]);
  return answers.flatMap((answer) =>
    answer.results.map((result): ConfigResult => {
      const { resourceType, resourceName: name, errorCode, errorMessage } = result;
      const type =
        resourceType === RESOURCE_TYPES.topic ? 'topic' : resourceType === RESOURCE_TYPES.broker ? 'broker' : 'group';
      return {
        resource: { type, name },
        error: errorCode === ErrorCode.NONE ? null : brokerError(errorCode, `configs of ${type} ${name}`, errorMessage),
        configs: result.configs.map((config) => ({
          name: config.name,
          value: config.value,
          isDefault: config.configSource === DEFAULT_CONFIG,
          isReadOnly: config.readOnly,
          isSensitive: config.isSensitive,
          source: SOURCES[config.configSource] ?? 'UNKNOWN',
          synonyms: config.synonyms.map(({ name: synonym, value, source }) => ({
            name: synonym,
            value,
            source: SOURCES[source] ?? 'UNKNOWN',
          })),
        })),
      };
    }),
  );
}
