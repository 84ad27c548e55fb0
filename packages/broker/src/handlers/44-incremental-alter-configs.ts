import { ApiKey } from '@headwater/protocol';
import { alterableTopic, changedConfigs } from '../config/alter-configs.ts';
import { checkConfigAccess } from '../config/config-access.ts';
import { AclOperation } from '../security/authorizer.ts';
import { errorOf } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * IncrementalAlterConfigs (44), versions 0-1: https://kafka.apache.org/protocol#The_Messages_IncrementalAlterConfigs
 *
 * Differences from Kafka: only topics have settings that can be changed; those of the broker come with its start and are refused with
 * INVALID_REQUEST, as Kafka refuses its read-only ones. Version 1 is flexible.
 */
export const incrementalAlterConfigs = defineHandler({
  apiKey: ApiKey.IncrementalAlterConfigs,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, request) {
    const responses = body.resources.map(({ resourceType, resourceName, configs }) => {
      try {
        checkConfigAccess(context, request.connection, AclOperation.ALTER_CONFIGS, resourceType, resourceName);
        const keys = configs.map(({ name }) => name);
        const topic = alterableTopic(context, resourceType, resourceName, keys);
        const changed = changedConfigs(context, topic, configs);
        if (!body.validateOnly) context.store.setTopicConfigs(topic.name, changed);
        return { errorCode: 0, errorMessage: null, resourceType, resourceName };
      } catch (error) {
        return { ...errorOf(error), resourceType, resourceName };
      }
    });
    return context.store.flushMetadata().then(() => ({ throttleTimeMs: 0, responses }));
  },
});
