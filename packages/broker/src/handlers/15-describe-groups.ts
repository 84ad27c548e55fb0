import { ApiKey, type DescribeGroupsResponseInput, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { ClassicGroup } from '../groups/classic/classic-group.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { authorizedOperations, operationsNotRequested } from '../topics/authorized-operations.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeGroups (15), versions 0-6: https://kafka.apache.org/protocol#The_Messages_DescribeGroups
 *
 * No known differences from Kafka. Metadata and assignments are there only in state Stable. A group that does not exist is described
 * as Dead, from version 6 on as GROUP_ID_NOT_FOUND.
 */
export const describeGroups = defineHandler({
  apiKey: ApiKey.DescribeGroups,
  minVersion: 0,
  maxVersion: 6,
  handle(context, body, request) {
    const { connection } = request;
    const mayDescribe = (groupId: string) =>
      context.authorizer.isAllowed(connection, AclOperation.DESCRIBE, ResourceType.GROUP, groupId);
    const refused: GroupAnswer[] = [];
    const described: GroupAnswer[] = [];
    for (const groupId of body.groups) {
      if (!mayDescribe(groupId)) {
        refused.push(notDescribed(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED, null));
        continue;
      }
      const group = describe(context, groupId, request.apiVersion);
      group.authorizedOperations =
        body.includeAuthorizedOperations && group.errorCode === 0
          ? authorizedOperations(context, connection, ResourceType.GROUP, groupId)
          : operationsNotRequested;
      described.push(group);
    }
    return { groups: [...refused, ...described] };
  },
});

type GroupAnswer = DescribeGroupsResponseInput['groups'][number];

function notDescribed(groupId: string, errorCode: number, errorMessage: string | null): GroupAnswer {
  return { errorCode, errorMessage, groupId, groupState: '', protocolType: '', protocolData: '', members: [] };
}

function describe({ groups }: BrokerContext, groupId: string, version: number): GroupAnswer {
  const group = groups.find(groupId)?.group;
  if (!(group instanceof ClassicGroup)) {
    const isError = version >= 6;
    const dead = isError
      ? notDescribed(groupId, ErrorCode.GROUP_ID_NOT_FOUND, notFound(groupId, group !== undefined))
      : notDescribed(groupId, 0, null);
    return { ...dead, groupState: 'Dead' };
  }
  const isStable = group.state === 'Stable';
  const members = Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: isStable ? member.metadata(group.protocolName) : nothing,
    memberAssignment: isStable ? member.assignment : nothing,
  }));
  return {
    errorCode: 0,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members,
  };
}

function notFound(groupId: string, isOtherKind: boolean): string {
  return isOtherKind ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`;
}

const nothing = Buffer.alloc(0);
