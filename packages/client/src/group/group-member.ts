import { ApiKey, ErrorCode, type JoinGroupResponse } from '@headwater/protocol';
import { backoffDelayMs, delay } from '../backoff.ts';
import { brokerError, ClientError, isRetriable } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { LinkPool } from '../link-pool.ts';
import { askCoordinator } from './group-coordinator.ts';
import { Heartbeats } from './heartbeats.ts';

export interface JoinedMember {
  memberId: string;
  groupInstanceId: string | null;
  metadata: Buffer;
}

export interface Joined {
  memberId: string;
  generationId: number;
  /** Of those that the members offer, the one that the coordinator chose. */
  protocol: string;
  isLeader: boolean;
  /** What the leader has assigned to this member; empty bytes for nothing. */
  assignment: Buffer;
}

export interface GroupMemberOptions {
  groupId: string;
  /** 'consumer', 'connect', 'sr', or another of your own: all members of a group have the same. */
  protocolType: string;
  /** Asked before each join: what this member offers, the one it likes best first. */
  protocols: () => readonly { name: string; metadata: Uint8Array }[];
  /** Called on the leader of each generation: the assignment of each member by its id; who is left out gets empty bytes. */
  assign: (
    protocol: string,
    members: readonly JoinedMember[],
    leaderId: string,
  ) => ReadonlyMap<string, Uint8Array> | Promise<ReadonlyMap<string, Uint8Array>>;
  /** Awaited before the member joins anew, when it was in the group: give up what it has. */
  onRejoin?: (() => void | Promise<void>) | undefined;
  /** Awaited when a generation is complete; the next one may begin meanwhile, and is joined after it. */
  onJoined: (joined: Joined) => void | Promise<void>;
  /** A heartbeat was answered: the session lasts at least its timeout from `askedAtMs` on, which is of `performance.now()`. */
  onAlive?: ((askedAtMs: number) => void) | undefined;
  /** Awaited when the group goes on without this member: what it had belongs to others by now. It then joins anew. */
  onLost?: ((error: ClientError) => void | Promise<void>) | undefined;
  /** The member has ended for good: it was fenced, or the group refuses it. */
  onFailed?: ((error: unknown) => void) | undefined;
  /** A static member (KIP-345): it may restart within the session timeout without a rebalance. */
  groupInstanceId?: string | undefined;
  /** The coordinator gives the member up when it has heard nothing for so long. Default 45,000. */
  sessionTimeoutMs?: number | undefined;
  /** How long members may take to join anew. Default 300,000. */
  rebalanceTimeoutMs?: number | undefined;
  /** Default 3,000. */
  heartbeatIntervalMs?: number | undefined;
}

/** Errors after which the member is not in the group any more, but may join anew. */
const LOST = new Set<number>([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION]);

/**
 * A member of a group of the classic protocol, whatever it is that the group shares out: metadata and assignments are
 * bytes. It joins in the background, keeps itself alive, and joins anew when the group rebalances, until it leaves.
 *
 * @example
 * const member = client.groupMember({
 *   groupId: 'schema-registry', protocolType: 'sr',
 *   protocols: () => [{ name: 'v0', metadata: Buffer.from('{"host":"a"}') }],
 *   assign: (protocol, members) => new Map(members.map(({ memberId }) => [memberId, members[0].metadata])),
 *   onJoined: ({ assignment }) => console.log('the leader is', String(assignment)),
 * });
 * member.start();
 * await member.close();
 */
export class GroupMember {
  readonly groupId: string;
  memberId = '';
  /** -1: not in the group. */
  generationId = -1;
  private readonly cluster: Cluster;
  private readonly options: GroupMemberOptions;
  /** A join is answered when all have joined: nothing else must wait behind it. */
  private readonly pool: LinkPool;
  private readonly heartbeats: Heartbeats;
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private closing: Promise<void> | null = null;
  /** Why to join anew; null: no need. */
  private rejoinReason: string | null = null;
  private interruption: unknown = null;
  private wake: (() => void) | null = null;
  private isSuspended = false;

  constructor(cluster: Cluster, options: GroupMemberOptions) {
    this.cluster = cluster;
    this.options = options;
    this.groupId = options.groupId;
    this.pool = cluster.openPool();
    this.heartbeats = new Heartbeats(options.heartbeatIntervalMs ?? 3000, () => this.beat());
    const onClosed = () => this.stop(cluster.closed.reason);
    if (cluster.isClosed) onClosed();
    else cluster.closed.addEventListener('abort', onClosed, { once: true, signal: this.stopping.signal });
  }

  /** Whether it is in a generation at present. */
  get isJoined(): boolean {
    return this.generationId >= 0 && this.rejoinReason === null;
  }

  /** Aborts when the member has ended. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Joins the group in the background. May be called twice. */
  start(): void {
    if (!this.stopping.signal.aborted) this.running ??= this.run();
  }

  /** Begins a rebalance: something that the assignment depends on has changed. */
  rejoin(reason: string): void {
    this.rejoinReason ??= reason;
    this.wake?.();
  }

  /** Leaves the group until `resume()`; static members are only silent. `onLost` is called then. */
  suspend(reason: string): void {
    if (this.isSuspended) return;
    this.isSuspended = true;
    this.heartbeats.stop();
    const left = this.options.groupInstanceId === undefined ? this.leave(reason) : Promise.resolve();
    left.catch(() => {});
    this.interrupt(new ClientError('HW_CLIENT_GROUP_FENCED', `left group ${this.groupId}: ${reason}`));
  }

  resume(): void {
    this.isSuspended = false;
    this.wake?.();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        while (this.isSuspended && !this.stopping.signal.aborted) await this.awoken();
        if (this.generationId >= 0) await this.options.onRejoin?.();
        this.throwIfInterrupted();
        await this.joinAndSync();
        failures = 0;
        while (this.rejoinReason === null && this.interruption === null && !this.stopping.signal.aborted) {
          await this.awoken();
        }
        this.throwIfInterrupted();
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        try {
          if (await this.recover(error)) continue;
          await delay(backoffDelayMs(failures++), this.stopping.signal);
        } catch (fatal) {
          if (this.stopping.signal.aborted) break;
          this.heartbeats.stop();
          this.generationId = -1;
          this.stop(fatal);
          this.options.onFailed?.(fatal);
        }
      }
    }
  }

  /** True: join at once; false: after a pause. Throws what no further attempt mends. */
  private async recover(error: unknown): Promise<boolean> {
    const kafkaCode = error instanceof ClientError ? error.kafkaCode : null;
    const { logger } = this.cluster.options;
    logger.debug({ groupId: this.groupId, error: String(error) }, 'group member: joining anew');
    if (kafkaCode === ErrorCode.REBALANCE_IN_PROGRESS) {
      this.rejoinReason ??= 'the group rebalances';
      return true;
    }
    const isSuspension = error instanceof ClientError && error.code === 'HW_CLIENT_GROUP_FENCED';
    if (isSuspension || (kafkaCode !== null && LOST.has(kafkaCode))) {
      this.heartbeats.stop();
      this.generationId = -1;
      if (isSuspension || kafkaCode === ErrorCode.UNKNOWN_MEMBER_ID) this.memberId = '';
      await this.options.onLost?.(error as ClientError);
      return true;
    }
    if (!isRetriable(error)) {
      if (kafkaCode === ErrorCode.FENCED_INSTANCE_ID) await this.options.onLost?.(error as ClientError);
      throw error;
    }
    return false;
  }

  private async joinAndSync(): Promise<void> {
    this.heartbeats.stop();
    const reason = this.rejoinReason;
    this.rejoinReason = null;
    let joined: JoinGroupResponse;
    try {
      joined = await this.join(reason);
    } catch (error) {
      this.rejoinReason ??= reason;
      throw error;
    }
    this.memberId = joined.memberId;
    this.generationId = joined.generationId;
    this.heartbeats.start();
    const protocol = joined.protocolName ?? '';
    const isLeader = joined.leader === joined.memberId;
    const assignments =
      isLeader && !joined.skipAssignment
        ? await this.options.assign(protocol, joined.members, joined.leader)
        : new Map<string, Uint8Array>();
    const assignment = await this.sync(protocol, assignments);
    const { memberId, generationId } = this;
    await this.options.onJoined({ memberId, generationId, protocol, isLeader, assignment });
  }

  private async join(reason: string | null): Promise<JoinGroupResponse> {
    const { groupId, protocolType, groupInstanceId = null } = this.options;
    const { sessionTimeoutMs = 45_000, rebalanceTimeoutMs = 300_000 } = this.options;
    for (;;) {
      const answer = await askCoordinator(
        this.cluster,
        this.pool,
        groupId,
        ApiKey.JoinGroup,
        (version) => ({
          groupId,
          sessionTimeoutMs,
          ...(version >= 1 ? { rebalanceTimeoutMs } : {}),
          memberId: this.memberId,
          ...(version >= 5 ? { groupInstanceId } : {}),
          protocolType,
          protocols: this.options.protocols(),
          ...(version >= 8 ? { reason } : {}),
        }),
        ({ errorCode }) => errorCode,
        // It is answered when the last member has joined.
        { signal: this.stopping.signal, timeoutMs: this.cluster.options.requestTimeoutMs + rebalanceTimeoutMs },
      );
      if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.memberId = answer.memberId;
      else if (answer.errorCode === ErrorCode.NONE) return answer;
      else throw brokerError(answer.errorCode, `joining group ${groupId}`);
    }
  }

  private async sync(protocolName: string, assignments: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
    const { groupId, protocolType, groupInstanceId = null, rebalanceTimeoutMs = 300_000 } = this.options;
    const { generationId, memberId } = this;
    const answer = await askCoordinator(
      this.cluster,
      this.pool,
      groupId,
      ApiKey.SyncGroup,
      (version) => ({
        groupId,
        generationId,
        memberId,
        ...(version >= 3 ? { groupInstanceId } : {}),
        ...(version >= 5 ? { protocolType, protocolName } : {}),
        assignments: [...assignments].map(([member, assignment]) => ({ memberId: member, assignment })),
      }),
      ({ errorCode }) => errorCode,
      { signal: this.stopping.signal, timeoutMs: this.cluster.options.requestTimeoutMs + rebalanceTimeoutMs },
    );
    if (answer.errorCode !== ErrorCode.NONE) throw brokerError(answer.errorCode, `joining group ${groupId}`);
    return answer.assignment;
  }

  private async beat(): Promise<void> {
    const { groupId, groupInstanceId = null } = this.options;
    const { generationId, memberId } = this;
    const askedAtMs = performance.now();
    const { errorCode } = await askCoordinator(
      this.cluster,
      this.cluster.pool,
      groupId,
      ApiKey.Heartbeat,
      (version) => ({ groupId, generationId, memberId, ...(version >= 3 ? { groupInstanceId } : {}) }),
      (answer) => answer.errorCode,
      { signal: this.stopping.signal },
    );
    const isKnown = errorCode === ErrorCode.NONE || errorCode === ErrorCode.REBALANCE_IN_PROGRESS;
    if (isKnown && generationId === this.generationId) this.options.onAlive?.(askedAtMs);
    // An answer to an older generation says nothing about this one.
    if (errorCode === ErrorCode.NONE || generationId !== this.generationId) return;
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) this.rejoin('the group rebalances');
    else {
      const error = brokerError(errorCode, `heartbeat in group ${groupId}`);
      if (!error.retriable) this.interrupt(error);
    }
  }

  private awoken(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = null;
        resolve();
      };
    });
  }

  private interrupt(error: unknown): void {
    this.interruption ??= error;
    this.wake?.();
  }

  private throwIfInterrupted(): void {
    const { interruption } = this;
    this.interruption = null;
    if (interruption !== null) throw interruption;
  }

  private async leave(reason: string, signal?: AbortSignal): Promise<void> {
    const { memberId } = this;
    if (memberId === '') return;
    const { groupId, groupInstanceId = null } = this.options;
    this.memberId = '';
    await askCoordinator(
      this.cluster,
      this.cluster.pool,
      groupId,
      ApiKey.LeaveGroup,
      (version) =>
        version < 3
          ? { groupId, memberId }
          : { groupId, members: [{ memberId, groupInstanceId, ...(version >= 5 ? { reason } : {}) }] },
      ({ errorCode }) => errorCode,
      { signal },
    );
  }

  private stop(reason: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.heartbeats.stop();
    this.stopping.abort(reason);
    this.pool.close();
    this.wake?.();
  }

  /**
   * Ends the member, and tells the group so that others take over at once; a static member stays in the group for its
   * session timeout unless `leave` is true. May be called twice.
   */
  close(options: { leave?: boolean; timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.shutDown(options);
    return this.closing;
  }

  private async shutDown({ leave, timeoutMs = 5000 }: { leave?: boolean; timeoutMs?: number }): Promise<void> {
    this.stop(new ClientError('HW_CLIENT_CLOSED', `the member of group ${this.groupId} is closed`));
    await this.running;
    const mayLeave = leave ?? this.options.groupInstanceId === undefined;
    if (mayLeave && !this.cluster.isClosed) {
      await this.leave('the member closes', AbortSignal.timeout(timeoutMs)).catch(() => {});
    }
    this.generationId = -1;
  }
}
