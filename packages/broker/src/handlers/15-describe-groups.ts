import { ApiKey, type DescribeGroupsResponseInput, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { ClassicGroup } from '../groups/classic/classic-group.ts';
import { groupOperations, operationsNotRequested } from '../topics/authorized-operations.ts';
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
    const authorizedOperations = body.includeAuthorizedOperations ? groupOperations : operationsNotRequested;
    const groups = body.groups.map((groupId) => ({
      ...describe(context, groupId, request.apiVersion),
      authorizedOperations,
    }));
    return { groups };
  },
});

function describe(
  { groups }: BrokerContext,
  groupId: string,
  version: number,
): DescribeGroupsResponseInput['groups'][number] {
  const group = groups.find(groupId)?.group;
  if (!(group instanceof ClassicGroup)) {
    const isError = version >= 6;
    return {
      errorCode: isError ? ErrorCode.GROUP_ID_NOT_FOUND : 0,
      errorMessage: isError ? notFound(groupId, group !== undefined) : null,
      groupId,
      groupState: 'Dead',
      protocolType: '',
      protocolData: '',
      members: [],
    };
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
