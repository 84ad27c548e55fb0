import { ErrorCode } from '@headwater/protocol';
import { ClassicGroup } from '../classic/classic-group.ts';
import type { JoinReply, SyncReply } from '../classic/classic-member.ts';
import {
  type JoinRequest,
  joinError,
  type MemberIdentity,
  type SyncRequest,
  syncError,
} from '../classic/classic-requests.ts';
import { GroupChanges } from '../group-changes.ts';
import { GroupRefusal } from '../group-refusal.ts';
import { ClassicMembers } from './classic-members.ts';
import type { ConsumerContext } from './consumer-context.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { staticMemberAway } from './consumer-member.ts';
import { Conversions } from './conversions.ts';
import { Fencing } from './fencing.ts';
import { Heartbeats, memberBytes } from './heartbeat.ts';
import {
  checkHeartbeat,
  type HeartbeatAnswer,
  type HeartbeatRequest,
  joinEpoch,
  leaveEpoch,
} from './heartbeat-request.ts';
import { TopicRegexes } from './topic-regexes.ts';

/** The consumer protocol: what its members ask for, answered when the log has it. */
export class ConsumerGroups {
  readonly #context: ConsumerContext;
  readonly #conversions: Conversions;
  readonly #fencing: Fencing;
  readonly #heartbeats: Heartbeats;
  readonly #classic: ClassicMembers;

  constructor(context: ConsumerContext) {
    this.#context = context;
    this.#conversions = new Conversions(context);
    this.#fencing = new Fencing(context, this.#conversions);
    const regexes = new TopicRegexes(context);
    this.#heartbeats = new Heartbeats(context, this.#fencing, regexes);
    this.#classic = new ClassicMembers(context, this.#fencing, this.#heartbeats, regexes, this.#conversions);
  }

  /** For members that do not ask for one. */
  get defaultAssignor(): string {
    return this.#context.settings.assignorNames[0] ?? 'uniform';
  }

  /** @throws GroupRefusal with the error of the protocol; nothing has changed then */
  heartbeat(request: HeartbeatRequest): HeartbeatAnswer {
    checkHeartbeat(request, this.#context.settings.assignorNames);
    const isLeaving = request.memberEpoch === leaveEpoch || request.memberEpoch === staticMemberAway;
    return this.#write(request.groupId, (changes) =>
      isLeaving ? this.#leave(changes, request) : this.#stay(changes, request),
    );
  }

  /** Does something to a group and writes it; all or nothing. */
  #write<T>(groupId: string, action: (changes: GroupChanges) => T): T {
    const changes = new GroupChanges();
    let result: T;
    try {
      result = action(changes);
    } catch (error) {
      changes.rollback();
      throw error;
    }
    const errorCode = changes.commit((entries) => this.#context.append(groupId, entries));
    if (errorCode !== 0) throw new GroupRefusal(errorCode, 'The change could not be written to the log.');
    return result;
  }

  #stay(changes: GroupChanges, request: HeartbeatRequest): HeartbeatAnswer {
    const group = this.#groupFor(changes, request);
    return this.#heartbeats.heartbeat(changes, group, request);
  }

  #leave(changes: GroupChanges, { groupId, instanceId, memberEpoch, memberId }: HeartbeatRequest): HeartbeatAnswer {
    const group = this.existing(groupId);
    const member = this.#fencing.member(group, memberId, instanceId);
    if (memberEpoch === staticMemberAway) this.#fencing.suspend(changes, group, member);
    else this.#fencing.remove(changes, group, [member]);
    return { memberId: member.memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null };
  }

  /** @throws GroupRefusal GROUP_ID_NOT_FOUND */
  existing(groupId: string): ConsumerGroup {
    const group = this.#context.directory.get(groupId);
    if (group instanceof ConsumerGroup) return group;
    throw notFound(groupId, group !== undefined);
  }

  #groupFor(changes: GroupChanges, { groupId, memberEpoch }: HeartbeatRequest): ConsumerGroup {
    const { directory } = this.#context;
    const known = directory.get(groupId);
    if (known instanceof ConsumerGroup) return known;
    if (memberEpoch !== joinEpoch) throw notFound(groupId, known !== undefined, 'Consumer group');
    if (known === undefined && directory.isFull) {
      throw new GroupRefusal(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'This broker has as many groups as it may have.');
    }
    if (known instanceof ClassicGroup && !known.isIdle) {
      const group = this.#conversions.upgrade(changes, known);
      changes.after(() => this.restored(group));
      return group;
    }
    if (known !== undefined && !known.isIdle) throw notFound(groupId, true);
    const group = new ConsumerGroup(groupId);
    // An empty group of another kind is taken over with its offsets.
    for (const { key } of known?.records() ?? []) changes.made({ key, value: null }, () => {});
    directory.put(groupId, group);
    changes.made(null, () => directory.put(groupId, known ?? null));
    return group;
  }

  // --- members of the classic protocol -----------------------------------------------------------------------------------

  join(group: ConsumerGroup, request: JoinRequest, reply: JoinReply): void {
    try {
      this.#write(group.groupId, (changes) => this.#classic.join(changes, group, request, reply));
    } catch (error) {
      reply(joinError(errorCodeOf(error), request.memberId));
    }
  }

  sync(group: ConsumerGroup, request: SyncRequest, reply: SyncReply): void {
    try {
      this.#classic.sync(group, request, reply);
    } catch (error) {
      reply(syncError(errorCodeOf(error)));
    }
  }

  classicHeartbeat(group: ConsumerGroup, request: MemberIdentity & { generationId: number }): number {
    try {
      return this.#classic.heartbeat(group, request);
    } catch (error) {
      return errorCodeOf(error);
    }
  }

  leave(group: ConsumerGroup, identities: readonly MemberIdentity[]): number[] {
    try {
      return this.#write(group.groupId, (changes) => this.#classic.leave(changes, group, identities));
    } catch (error) {
      const errorCode = errorCodeOf(error);
      return identities.map(() => errorCode);
    }
  }

  /** After the log has been read, or the group was made from another: sessions begin anew. */
  restored(group: ConsumerGroup): void {
    for (const member of group.members.values()) {
      this.#fencing.timers(group, member.memberId).reserve(memberBytes(member));
      this.#fencing.extendSession(group, member);
      this.#fencing.watchRevocation(group, member);
    }
  }
}

function errorCodeOf(error: unknown): number {
  if (error instanceof GroupRefusal) return error.errorCode;
  throw error;
}

export function notFound(groupId: string, isOtherKind: boolean, what = 'Group'): GroupRefusal {
  const message = isOtherKind ? `Group ${groupId} is not a consumer group.` : `${what} ${groupId} not found.`;
  return new GroupRefusal(ErrorCode.GROUP_ID_NOT_FOUND, message);
}
