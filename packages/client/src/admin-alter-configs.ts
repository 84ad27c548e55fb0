import { ApiKey, ErrorCode } from '@headwater/protocol';
import { type ConfigResource, RESOURCE_TYPES } from './admin-configs.ts';
import type { AdminOptions } from './admin-topics.ts';
import { brokerError, type ClientError } from './client-error.ts';
import type { Cluster } from './cluster.ts';

export interface ConfigChange {
  name: string;
  /** Null sets the key back to what it is without being set. */
  value: string | null;
}

export interface ConfigAlteration {
  resource: ConfigResource;
  changes: readonly ConfigChange[];
}

export interface ConfigAlterationResult {
  resource: ConfigResource;
  /** Null: all changes of the resource are made; else none is. */
  error: ClientError | null;
}

const SET = 0;
const DELETE = 1;

/**
 * Changes single settings of topics, brokers (name '': the default of all brokers) or groups, and leaves the others alone
 * (IncrementalAlterConfigs, KIP-339). Each resource has its own outcome, in the order given.
 */
export async function alterConfigs(
  cluster: Cluster,
  alterations: readonly ConfigAlteration[],
  options: AdminOptions & { validateOnly?: boolean } = {},
): Promise<ConfigAlterationResult[]> {
  // A broker's own settings are changed by that broker; everything else by any.
  const isOwn = ({ resource }: ConfigAlteration) => resource.type === 'broker' && resource.name !== '';
  const own = alterations.filter(isOwn);
  const others = alterations.filter((alteration) => !isOwn(alteration));
  if (own.length > 0 && cluster.allBrokers().length === 0) await cluster.refresh([], options);
  const results = new Map<ConfigAlteration, ClientError | null>();
  await Promise.all(
    [...(others.length > 0 ? [others] : []), ...own.map((alteration) => [alteration])].map(async (group) => {
      const body = {
        validateOnly: options.validateOnly === true,
        resources: group.map(({ resource, changes }) => ({
          resourceType: RESOURCE_TYPES[resource.type],
          resourceName: resource.name,
          configs: changes.map(({ name, value }) => ({ name, value, configOperation: value === null ? DELETE : SET })),
        })),
      };
      const broker = isOwn(group[0]!) ? cluster.broker(Number(group[0]!.resource.name)) : undefined;
      const answer = await (broker === undefined
        ? cluster.requestAny(ApiKey.IncrementalAlterConfigs, body, { signal: options.signal })
        : cluster.retrying(
            () =>
              cluster.pool
                .link(broker.id, broker)
                .request(ApiKey.IncrementalAlterConfigs, body, { signal: options.signal }),
            options.signal,
          ));
      for (const { resourceType, resourceName, errorCode, errorMessage } of answer.responses) {
        const altered = group.find(
          ({ resource }) => RESOURCE_TYPES[resource.type] === resourceType && resource.name === resourceName,
        );
        if (altered === undefined) continue;
        const about = `configs of ${altered.resource.type} ${resourceName}`;
        results.set(altered, errorCode === ErrorCode.NONE ? null : brokerError(errorCode, about, errorMessage));
      }
    }),
  );
  return alterations.map((alteration) => ({ resource: alteration.resource, error: results.get(alteration) ?? null }));
}
