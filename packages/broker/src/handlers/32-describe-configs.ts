import { ApiKey, type DescribeConfigsRequest, type DescribeConfigsResponseInput, ErrorCode } from '@headwater/protocol';
import { checkConfigAccess } from '../config/config-access.ts';
import type { DescribeWhat } from '../config/described-config.ts';
import { configResources } from '../config/resources/index.ts';
import type { BrokerContext } from '../context.ts';
import { AclOperation, type Subject } from '../security/authorizer.ts';
import { errorOf, Refusal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeConfigs (32), versions 1-4: https://kafka.apache.org/protocol#The_Messages_DescribeConfigs
 *
 * Differences from Kafka: of the broker the settings that exist here (COMPATIBILITY.md); one logger, root. Version 1 adds sources,
 * 3 types and texts; 4 is flexible.
 */
export const describeConfigs = defineHandler({
  apiKey: ApiKey.DescribeConfigs,
  minVersion: 1,
  maxVersion: 4,
  handle(context, body, request) {
    const what = { withSynonyms: body.includeSynonyms, withDocumentation: body.includeDocumentation };
    return {
      throttleTimeMs: 0,
      results: body.resources.map((resource) => describe(context, request.connection, resource, what)),
    };
  },
});

type Described = DescribeConfigsResponseInput['results'][number];

function describe(
  context: BrokerContext,
  subject: Subject,
  { resourceType, resourceName, configurationKeys }: DescribeConfigsRequest['resources'][number],
  what: DescribeWhat,
): Described {
  try {
    const resource = configResources.get(resourceType);
    if (resource === undefined) {
      throw new Refusal(ErrorCode.INVALID_REQUEST, `Resources of type ${resourceType} have no settings here.`);
    }
    checkConfigAccess(context, subject, AclOperation.DESCRIBE_CONFIGS, resourceType, resourceName);
    const described = resource.describe(context, resourceName, what);
    // No names are all names.
    const wanted = configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys);
    const configs = wanted === null ? described : described.filter(({ name }) => wanted.has(name));
    return { errorCode: 0, errorMessage: null, resourceType, resourceName, configs };
  } catch (error) {
    return { ...errorOf(error), resourceType, resourceName, configs: [] };
  }
}
