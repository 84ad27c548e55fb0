import type { TopicsLive } from '../api/types.ts';

/**
 * Who works for a group: one without members whose name goes on from that of a group with some is run by that one, as the queries of streaming SQL
 * are, which keep their offsets under names of their own.
 */
export function runnerOf<G extends { groupId: string; members: readonly string[] }>(group: G, groups: readonly G[]): G {
  if (group.members.length > 0) return group;
  return (
    groups
      .filter(({ groupId, members }) => members.length > 0 && group.groupId.startsWith(`${groupId}-`))
      .sort((a, b) => b.groupId.length - a.groupId.length)[0] ?? group
  );
}

/** Which group a client id belongs to: a member of it, its namesake, or a part of it (`GROUP-…`, as Kafka Streams names them). */
export class GroupNames {
  private readonly groups: TopicsLive['groups'];

  constructor(groups: TopicsLive['groups']) {
    this.groups = groups;
  }

  runnerOf(group: TopicsLive['groups'][number]): TopicsLive['groups'][number] {
    return runnerOf(group, this.groups);
  }

  /** What stands for a group in the picture: several that have the same one member are one service. */
  serviceOf(groupId: string): string;
  serviceOf(groupId: string | null): string | null;
  serviceOf(groupId: string | null): string | null {
    const members = new Set(this.groups.find((group) => group.groupId === groupId)?.members);
    const [only] = members;
    if (only === undefined || members.size > 1) return groupId;
    const isShared = this.groups.filter((group) => group.members.includes(only)).length > 1;
    return isShared ? only : groupId;
  }

  of(clientId: string, topic: string | null): string | null {
    const asMember = this.groups.filter((group) => group.members.includes(clientId));
    const readsTopic = asMember.find((group) => group.topics.some((read) => read.topic === topic));
    const found =
      readsTopic ??
      asMember[0] ??
      this.groups.find((group) => group.groupId === clientId) ??
      this.groups.find((group) => clientId.startsWith(`${group.groupId}-`));
    return found?.groupId ?? null;
  }
}
