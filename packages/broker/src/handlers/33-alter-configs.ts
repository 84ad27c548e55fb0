import { ApiKey } from '@headwater/protocol';
import { alterAll } from '../config/alter-all.ts';
import { alterOperation, checkChanges } from '../config/config-change.ts';
import { defineHandler } from './handler.ts';

/*
 * AlterConfigs (33), versions 0-2: https://kafka.apache.org/protocol#The_Messages_AlterConfigs
 *
 * Replaces all settings of a thing by the given ones (IncrementalAlterConfigs changes single ones). Version 2 is flexible.
 */
export const alterConfigs = defineHandler({
  apiKey: ApiKey.AlterConfigs,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, request) {
    return alterAll(context, request.connection, body.resources, (resource, { resourceName, configs }) => {
      checkChanges(configs.map(({ name, value }) => ({ name, value, configOperation: alterOperation.set })));
      const settings = Object.fromEntries(configs.map(({ name, value }) => [name, value ?? '']));
      if (resource.replace === undefined) return false;
      resource.replace(context, resourceName, settings, body.validateOnly);
      return true;
    });
  },
});
