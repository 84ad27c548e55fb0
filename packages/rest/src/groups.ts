import type { KafkaClient } from '@headwater/client';
import { type HttpContext, HttpError } from '@headwater/http';
import type { GroupWatch } from './group-watch.ts';
import { toHttpError } from './rest-error.ts';

/** `GET /api/groups`. */
export async function listGroups(ctx: HttpContext, groups: GroupWatch): Promise<void> {
  const watched = await groups.groups();
  ctx.sendJson(200, {
    groups: watched.map((group) => ({
      groupId: group.groupId,
      state: group.state,
      protocolType: group.protocolType,
      members: group.members.length,
      topics: group.topics.map(({ topic }) => topic),
      lagRecords: group.topics.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
    })),
  });
}

/** `GET /api/groups/{group}`: its members with what they are assigned, and its offsets with lag. */
export async function describeGroup(ctx: HttpContext, client: KafkaClient, groups: GroupWatch): Promise<void> {
  const groupId = ctx.params['group']!;
  const [[described], known] = await Promise.all([
    client.describeGroups([groupId], { signal: ctx.signal }),
    groups.group(groupId),
  ]);
  if (described!.error !== null && described!.error.kafkaName !== 'GROUP_ID_NOT_FOUND') {
    throw toHttpError(described!.error, { groupId });
  }
  if (known === undefined && (described!.error !== null || described!.state === 'Dead')) {
    throw new HttpError(404, 'HW_REST_UNKNOWN_GROUP', `group "${groupId}" does not exist`, { groupId });
  }
  const topics = known?.topics ?? [];
  ctx.sendJson(200, {
    groupId,
    state: described!.state,
    protocolType: described!.protocolType,
    protocol: described!.protocol,
    coordinator: described!.coordinator,
    lagRecords: topics.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
    members: described!.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      assignments: member.assignment,
    })),
    offsets: topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, ...partition }))),
  });
}
