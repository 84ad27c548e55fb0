import { ApiKey } from '@headwater/protocol';
import { alterAll } from '../config/alter-all.ts';
import { checkChanges } from '../config/config-change.ts';
import { defineHandler } from './handler.ts';

/*
 * IncrementalAlterConfigs (44), versions 0-1: https://kafka.apache.org/protocol#The_Messages_IncrementalAlterConfigs
 *
 * Topics, this broker and the defaults of all brokers, its logger, subscriptions to client metrics. Version 1 is flexible.
 */
export const incrementalAlterConfigs = defineHandler({
  apiKey: ApiKey.IncrementalAlterConfigs,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, request) {
    return alterAll(context, request.connection, body.resources, (resource, { resourceName, configs }) => {
      checkChanges(configs);
      resource.alter(context, resourceName, configs, body.validateOnly);
      return true;
    });
  },
});
