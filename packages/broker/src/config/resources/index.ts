import { brokerLoggerResource } from './broker-logger-resource.ts';
import { brokerResource } from './broker-resource.ts';
import { clientMetricsResource } from './client-metrics-resource.ts';
import type { ConfigResource } from './config-resource.ts';
import { groupResource } from './group-resource.ts';
import { topicResource } from './topic-resource.ts';

/** Everything that has settings, by its number on the wire. */
export const configResources: ReadonlyMap<number, ConfigResource> = new Map(
  [clientMetricsResource, brokerLoggerResource, brokerResource, groupResource, topicResource].map((resource) => [
    resource.type,
    resource,
  ]),
);
