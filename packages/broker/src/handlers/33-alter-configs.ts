import { ApiKey } from '@headwater/protocol';
import { alterableTopic } from '../config/alter-configs.ts';
import { checkConfigAccess } from '../config/config-access.ts';
import { AclOperation } from '../security/authorizer.ts';
import { checkTopicConfigs } from '../storage/index.ts';
import { errorOf } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * AlterConfigs (33), versions 0-2: https://kafka.apache.org/protocol#The_Messages_AlterConfigs
 *
 * Replaces all settings of a topic by the given ones (IncrementalAlterConfigs changes single ones).
 * Differences from Kafka: only topics have settings that can be changed. Version 2 is flexible.
 */
export const alterConfigs = defineHandler({
  apiKey: ApiKey.AlterConfigs,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, request) {
    const responses = body.resources.map(({ resourceType, resourceName, configs }) => {
      try {
        checkConfigAccess(context, request.connection, AclOperation.ALTER_CONFIGS, resourceType, resourceName);
        const keys = configs.map(({ name }) => name);
        const topic = alterableTopic(context, resourceType, resourceName, keys);
        const checked = checkTopicConfigs(Object.fromEntries(configs.map(({ name, value }) => [name, value])));
        if (!body.validateOnly) context.store.setTopicConfigs(topic.name, checked);
        return { errorCode: 0, errorMessage: null, resourceType, resourceName };
      } catch (error) {
        return { ...errorOf(error), resourceType, resourceName };
      }
    });
    return context.store.flushMetadata().then(() => ({ throttleTimeMs: 0, responses }));
  },
});
