import { ApiKey, type DescribeConfigsResponseInput, ErrorCode } from '@headwater/protocol';
import { configAccessError } from '../config/config-access.ts';
import { describedBrokerConfigs, describedConfigs, resourceType } from '../config/describe-configs.ts';
import type { BrokerContext } from '../context.ts';
import { AclOperation } from '../security/authorizer.ts';
import { topicNameProblem } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeConfigs (32), versions 1-4: https://kafka.apache.org/protocol#The_Messages_DescribeConfigs
 *
 * Differences from Kafka: broker settings are those that exist here (COMPATIBILITY.md), and none of them is dynamic; groups, client
 * metrics and loggers have no settings and are refused with INVALID_REQUEST. Version 1 adds sources, 3 types and texts; 4 is flexible.
 */
export const describeConfigs = defineHandler({
  apiKey: ApiKey.DescribeConfigs,
  minVersion: 1,
  maxVersion: 4,
  handle(context, body, request) {
    const results = body.resources.map(({ resourceType, resourceName, configurationKeys }) => {
      const access = configAccessError(
        context,
        request.connection,
        AclOperation.DESCRIBE_CONFIGS,
        resourceType,
        resourceName,
      );
      if (access !== null) return { ...refused(access.errorCode, access.message), resourceType, resourceName };
      const found = describe(context, resourceType, resourceName, body.includeSynonyms, body.includeDocumentation);
      const configs = found.configs.filter(
        ({ name }) => configurationKeys === null || configurationKeys.includes(name),
      );
      return { ...found, resourceType, resourceName, configs };
    });
    return { throttleTimeMs: 0, results };
  },
});

type Described = Pick<DescribeConfigsResponseInput['results'][number], 'errorCode' | 'errorMessage' | 'configs'>;

function describe(
  context: BrokerContext,
  type: number,
  name: string,
  withSynonyms: boolean,
  withDocumentation: boolean,
): Described {
  if (type === resourceType.topic) {
    const topic = context.store.topic(name);
    if (topic !== undefined) {
      const configs = describedConfigs(context, topic.configs, withSynonyms, withDocumentation);
      return { errorCode: 0, errorMessage: null, configs };
    }
    const nameProblem = topicNameProblem(name);
    if (nameProblem !== null) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);
    return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${name}.`);
  }
  if (type !== resourceType.broker)
    return refused(ErrorCode.INVALID_REQUEST, `Resources of type ${type} have no settings here.`);
  // The empty name is the default for all brokers, of which there are only dynamic settings in Kafka.
  if (name === '') return { errorCode: 0, errorMessage: null, configs: [] };
  if (name !== String(context.brokerId)) {
    return refused(
      ErrorCode.INVALID_REQUEST,
      `Unexpected broker id, expected ${context.brokerId} or empty string, but received ${name}`,
    );
  }
  return {
    errorCode: 0,
    errorMessage: null,
    configs: describedBrokerConfigs(context, withSynonyms, withDocumentation),
  };
}

function refused(errorCode: number, errorMessage: string): Described {
  return { errorCode, errorMessage, configs: [] };
}
