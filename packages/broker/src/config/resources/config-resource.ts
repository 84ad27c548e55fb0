import type { BrokerContext } from '../../context.ts';
import type { ConfigChange } from '../config-change.ts';
import type { DescribedConfig, DescribeWhat } from '../described-config.ts';

/** Kinds of things that have settings, by their numbers on the wire. */
export const resourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const;

/**
 * A kind of thing whose settings clients see and change. Methods throw Refusal or StorageError; what is changed is written when they
 * return and on the disk after `store.flushMetadata()`.
 */
export interface ConfigResource {
  readonly type: number;
  /** Settings of one, those that have their default too. */
  describe(context: BrokerContext, name: string, what: DescribeWhat): DescribedConfig[];
  /** Makes single changes, or only checks that they could be made. The changes have been through `checkChanges`. */
  alter(context: BrokerContext, name: string, changes: readonly ConfigChange[], isOnlyChecked: boolean): void;
  /** Replaces all that was set; absent when AlterConfigs does not know this kind. */
  replace?(
    context: BrokerContext,
    name: string,
    settings: Readonly<Record<string, string>>,
    isOnlyChecked: boolean,
  ): void;
  /** Names that ListConfigResources tells. */
  list(context: BrokerContext): string[];
}
