import { ApiKey } from '@headwater/protocol';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * ListGroups (16), versions 0-5: https://kafka.apache.org/protocol#The_Messages_ListGroups
 *
 * Differences from Kafka: all groups are of type classic until the newer protocols are served.
 * Version 3 is flexible; 4 adds the filter by state, 5 by type; both are compared without case.
 */
export const listGroups = defineHandler({
  apiKey: ApiKey.ListGroups,
  minVersion: 0,
  maxVersion: 5,
  handle(context, body, request) {
    const { authorizer } = context;
    const { connection } = request;
    const maySeeAll = isAllowedOnCluster(authorizer, connection, AclOperation.DESCRIBE, false);
    const maySee = (groupId: string) =>
      maySeeAll || authorizer.isAllowed(connection, AclOperation.DESCRIBE, ResourceType.GROUP, groupId, false);
    const states = body.statesFilter.map((state) => state.toLowerCase());
    const types = body.typesFilter.map((type) => type.toLowerCase());
    const groups = [];
    for (const [groupId, { group }] of context.groups.entries()) {
      const { kind, protocolType, state } = group;
      if (types.length > 0 && !types.includes(kind)) continue;
      if (states.length > 0 && !states.includes(state.toLowerCase())) continue;
      if (!maySee(groupId)) continue;
      groups.push({ groupId, protocolType: protocolType ?? '', groupState: state, groupType: kind });
    }
    return { errorCode: 0, groups };
  },
});
