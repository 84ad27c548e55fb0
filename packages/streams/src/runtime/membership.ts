import type { ClientError, GroupMember, GroupMetadata, Joined, JoinedMember, KafkaClient } from '@headwater/client';
import { assignTasks, type Instance } from './assignment/assign-tasks.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './assignment/group-protocol.ts';

export interface MembershipOptions {
  readonly client: KafkaClient;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly groupInstanceId: string | undefined;
  /** Told to the other instances: where the stores of this one are asked. */
  address(): string | undefined;
  /** Topics that are read. */
  topics(): readonly string[];
  /** All tasks that there are, as this instance knows them. */
  allTasks(): readonly string[];
  /** What a task reads. */
  inputsOf(task: string): readonly { readonly topic: string; readonly partition: number }[];
  /** Those that it works on, or is about to: nobody else may have them. */
  ownedTasks(): readonly string[];
  /** How far the state on its disk is behind, for tasks that it has some of. */
  stateLags(): ReadonlyMap<string, number>;
  /** Commits may fail from now on until `onAssigned`. */
  onRebalancing(): void | Promise<void>;
  onAssigned(active: readonly string[], standby: readonly string[]): void | Promise<void>;
  /** Replicas of the state of each of `statefulTasks`. */
  readonly standbys: number;
  statefulTasks(): readonly string[];
  /** Who has which tasks, by address. */
  onAddresses(addresses: Readonly<Record<string, readonly string[]>>): void;
  /** The group went on without this instance. */
  onLost(): void | Promise<void>;
  onFailed(error: unknown): void;
}

const protocolName = 'headwater-streams';

/**
 * The group of an application's instances: they share its tasks out among themselves. Nobody stops for a rebalance: an instance goes on with
 * the tasks that it keeps, lets go of those that are to move, and joins anew, and then they are given to others.
 */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #member: GroupMember;
  /** As leader: how many members the generation has; 0 as another. */
  #membersCount = 0;
  #announced: readonly string[] = [];

  constructor(options: MembershipOptions) {
    this.#options = options;
    const { client, groupId, groupInstanceId, heartbeatIntervalMs, rebalanceTimeoutMs, sessionTimeoutMs } = options;
    this.#member = client.groupMember({
      groupId,
      protocolType: 'consumer',
      protocols: () => [{ name: protocolName, metadata: this.#subscription() }],
      assign: (_protocol, members) => {
        this.#membersCount = members.length;
        return assignmentsOf(members, options.inputsOf);
      },
      onRejoin: () => {
        this.#membersCount = 0;
        return options.onRebalancing();
      },
      onJoined: (joined) => this.#joined(joined),
      onLost: (_error: ClientError) => options.onLost(),
      onFailed: (error) => options.onFailed(error),
      groupInstanceId,
      sessionTimeoutMs,
      heartbeatIntervalMs,
      rebalanceTimeoutMs,
    });
  }

  start(): void {
    this.#member.start();
  }

  /** All tasks are this instance's, and nobody has to be asked about more. */
  get isAlone(): boolean {
    return this.#member.isJoined && this.#membersCount === 1;
  }

  /** The assignment depends on something that has changed. */
  rejoin(reason: string): void {
    this.#member.rejoin(reason);
  }

  metadata(): GroupMetadata {
    const { generationId, groupId, memberId } = this.#member;
    return { groupId, memberId, epoch: generationId, groupInstanceId: this.#options.groupInstanceId };
  }

  close(): Promise<void> {
    return this.#member.close();
  }

  #subscription(): Buffer {
    const { allTasks, ownedTasks, standbys, statefulTasks, stateLags, topics } = this.#options;
    this.#announced = allTasks();
    const address = this.#options.address();
    return encodeSubscription(topics(), {
      version: 1,
      all: this.#announced,
      owned: ownedTasks(),
      lags: Object.fromEntries(stateLags()),
      ...(standbys > 0 ? { standbys, stateful: statefulTasks() } : {}),
      ...(address === undefined ? {} : { address }),
    });
  }

  async #joined({ assignment }: Joined): Promise<void> {
    const { active, addresses = {}, standby = [] } = decodeAssignment(assignment);
    this.#options.onAddresses(addresses);
    const owned = this.#options.ownedTasks();
    await this.#options.onAssigned(active, standby);
    // What was let go can be given to others now.
    const isGivenUp = owned.some((task) => !active.includes(task));
    if (isGivenUp) this.#member.rejoin('tasks were let go');
    const all = this.#options.allTasks();
    const isOutdated =
      all.length !== this.#announced.length || all.some((task, index) => task !== this.#announced[index]);
    if (isOutdated) this.#member.rejoin('topologies were added or removed');
  }
}

/** More would make the assignments of thousands of topologies large, for nobody to look at. */
const toldPartitionsMax = 2_000;

function assignmentsOf(
  members: readonly JoinedMember[],
  inputsOf: MembershipOptions['inputsOf'],
): Map<string, Uint8Array> {
  const subscriptions = members.map(({ memberId, metadata }) => ({
    memberId,
    subscription: decodeSubscription(metadata),
  }));
  const all = new Set(subscriptions.flatMap(({ subscription }) => subscription.all));
  const instances = subscriptions.map(({ memberId, subscription }): Instance => {
    const { lags, owned } = subscription;
    const known = new Set(subscription.all);
    return {
      memberId,
      known,
      owned: owned.filter((task) => known.has(task)),
      stateLags: new Map(Object.entries(lags)),
    };
  });
  const result = new Map<string, Uint8Array>();
  const replicas = Math.max(0, ...subscriptions.map(({ subscription }) => subscription.standbys ?? 0));
  const stateful = new Set(subscriptions.flatMap(({ subscription }) => subscription.stateful ?? []));
  const assigned = assignTasks([...all], instances, { replicas, stateful });
  const addresses: Record<string, readonly string[]> = {};
  for (const { memberId, subscription } of subscriptions) {
    if (subscription.address !== undefined) addresses[subscription.address] = assigned.get(memberId)!.active;
  }
  for (const [memberId, { active, standby }] of assigned) {
    const assignment = { version: 1, active, addresses, ...(replicas > 0 ? { standby } : {}) } as const;
    const inputs = active.length > toldPartitionsMax ? [] : active.flatMap(inputsOf);
    const partitions = new Map<string, number[]>();
    for (const { partition, topic } of inputs.slice(0, toldPartitionsMax)) {
      const list = partitions.get(topic);
      if (list === undefined) partitions.set(topic, [partition]);
      else if (!list.includes(partition)) list.push(partition);
    }
    for (const list of partitions.values()) list.sort((one, other) => one - other);
    result.set(memberId, encodeAssignment(assignment, partitions));
  }
  return result;
}
