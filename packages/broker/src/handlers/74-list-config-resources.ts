import { ApiKey, ErrorCode } from '@headwater/protocol';
import { resourceType } from '../config/resources/config-resource.ts';
import { configResources } from '../config/resources/index.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * ListConfigResources (74), versions 0-1: https://kafka.apache.org/protocol#The_Messages_ListConfigResources
 *
 * Names of things that have settings. Version 0 was ListClientMetricsResources; 1 takes the kinds that are asked for.
 */
export const listConfigResources = defineHandler({
  apiKey: ApiKey.ListConfigResources,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, request) {
    if (!isAllowedOnCluster(context.authorizer, request.connection, AclOperation.DESCRIBE_CONFIGS)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, configResources: [] };
    }
    const asked = request.apiVersion === 0 ? [resourceType.clientMetrics] : body.resourceTypes;
    const types = asked.length === 0 ? [...configResources.keys()] : [...new Set(asked)];
    const known = new Set<number>(Object.values(resourceType));
    if (types.some((type) => !known.has(type))) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const found = types.flatMap((type) =>
      (configResources.get(type)?.list(context) ?? []).map((resourceName) => ({ resourceName, resourceType: type })),
    );
    return { throttleTimeMs: 0, errorCode: 0, configResources: found };
  },
});
