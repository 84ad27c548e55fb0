import { ErrorCode } from '@headwater/protocol';
import { ClientError } from '../client-error.ts';
import type { Cluster, TopicMetadata } from '../cluster.ts';
import type { Assignor, Subscriber } from './assignors/assignor.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts';
import { GroupMember, type JoinedMember } from './group-member.ts';
import { type Membership, type MembershipHost, without } from './membership.ts';

export interface ClassicOptions {
  groupId: string;
  groupInstanceId?: string | undefined;
  rackId?: string | undefined;
  assignors: readonly Assignor[];
  sessionTimeoutMs?: number | undefined;
  rebalanceTimeoutMs?: number | undefined;
  heartbeatIntervalMs?: number | undefined;
}

/** A consumer in a group of the classic protocol: the member that leads assigns, by an assignor that all of them have. */
export class ClassicMembership implements Membership {
  private readonly cluster: Cluster;
  private readonly options: ClassicOptions;
  private readonly host: MembershipHost;
  private readonly member: GroupMember;
  private topics: readonly string[] = [];
  /** Of the assignors offered: 'eager' as long as one of them is, so that a group can be moved over (KIP-429). */
  private readonly isCooperative: boolean;
  private isLeader = false;
  /** As leader: what the assignment was made from. */
  private assignedFrom = '';

  constructor(cluster: Cluster, options: ClassicOptions, host: MembershipHost) {
    this.cluster = cluster;
    this.options = options;
    this.host = host;
    this.isCooperative = options.assignors.every(({ rebalanceProtocol }) => rebalanceProtocol === 'cooperative');
    this.member = new GroupMember(cluster, {
      ...options,
      protocolType: 'consumer',
      protocols: () => this.protocols(),
      assign: (protocol, members) => this.assign(protocol, members),
      onRejoin: () => this.beforeJoin(),
      onJoined: ({ protocol, isLeader, assignment }) => {
        this.isLeader = isLeader;
        return this.take(protocol, assignment);
      },
      onLost: (error) => host.lose(error),
      onFailed: (error) => host.fail(error),
    });
  }

  get memberId(): string {
    return this.member.memberId;
  }

  get epoch(): number {
    return this.member.generationId;
  }

  start(): void {
    this.member.start();
  }

  subscribe(topics: readonly string[]): void {
    const hasChanged = topics.join() !== this.topics.join();
    this.topics = topics;
    if (hasChanged && this.epoch >= 0) this.member.rejoin('the topics subscribed to have changed');
  }

  topicsChanged(): void {
    if (!this.isLeader || this.epoch < 0) return;
    // The leader looks after the topics of all members; a change of any of them is seen here.
    void this.fingerprint(this.assignedTopics).then(
      (now) => {
        if (now !== this.assignedFrom) this.member.rejoin('partitions were added or removed');
      },
      () => {},
    );
  }

  private protocols() {
    const owned = this.isCooperative ? this.host.owned() : [];
    return this.options.assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription({
        topics: this.topics,
        userData: assignor.userData?.(this.topics, owned, this.epoch) ?? null,
        owned,
        generationId: this.epoch,
        rackId: this.options.rackId ?? null,
      }),
    }));
  }

  private async beforeJoin(): Promise<void> {
    const owned = this.host.owned();
    const given = this.isCooperative ? owned.filter(({ topic }) => !this.topics.includes(topic)) : owned;
    if (given.length > 0) await this.host.revoke(given);
  }

  private assignedTopics: readonly string[] = [];

  private async assign(protocol: string, joined: readonly JoinedMember[]): Promise<Map<string, Uint8Array>> {
    const assignor = this.options.assignors.find(({ name }) => name === protocol)!;
    const members: Subscriber[] = joined.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      ...decodeSubscription(metadata),
    }));
    this.assignedTopics = [...new Set(members.flatMap(({ topics }) => topics))].sort();
    const topics = await this.metadataOf(this.assignedTopics);
    this.assignedFrom = describe(topics);
    const shares = await assignor.assign(members, topics);
    return new Map(
      [...shares].map(([memberId, { partitions, userData = null }]) => [
        memberId,
        encodeAssignment(partitions, userData),
      ]),
    );
  }

  private async metadataOf(names: readonly string[]): Promise<Map<string, TopicMetadata>> {
    const found = new Map<string, TopicMetadata>();
    if (names.length === 0) return found;
    const { topics } = await this.cluster.refresh(names);
    for (const topic of topics) if (topic.errorCode === ErrorCode.NONE) found.set(topic.name, topic);
    return found;
  }

  private async fingerprint(names: readonly string[]): Promise<string> {
    return describe(await this.metadataOf(names));
  }

  private async take(protocol: string, bytes: Buffer): Promise<void> {
    const { partitions, userData } = decodeAssignment(bytes);
    const assignor = this.options.assignors.find(({ name }) => name === protocol);
    if (assignor === undefined) {
      throw new ClientError('HW_CLIENT_BAD_ANSWER', `the group chose an assignor that was not offered: ${protocol}`);
    }
    const owned = this.host.owned();
    const given = without(owned, partitions);
    if (given.length > 0) await this.host.revoke(given);
    assignor.onAssignment?.(partitions, userData, this.epoch);
    await this.host.assign(without(partitions, owned));
    // Only now are they free for the members that are to have them.
    if (this.isCooperative && given.length > 0) this.member.rejoin('partitions were given up for others');
  }

  suspend(reason: string): void {
    this.member.suspend(reason);
  }

  resume(): void {
    this.member.resume();
  }

  close(options: { leave?: boolean | undefined; timeoutMs?: number }): Promise<void> {
    const { leave, timeoutMs } = options;
    return this.member.close({
      ...(leave === undefined ? {} : { leave }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }
}

function describe(topics: ReadonlyMap<string, TopicMetadata>): string {
  return [...topics.values()].map(({ name, topicId, partitions }) => `${name} ${topicId} ${partitions.length}`).join();
}
