import type { GroupMember, Joined, JoinedMember, KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { SchemaLog } from '../log/schema-log.ts';
import { errors } from '../registry-error.ts';
import { chooseLeader } from './choose-leader.ts';
import {
  assignmentErrors,
  decodeAssignment,
  decodeIdentity,
  encodeAssignment,
  encodeIdentity,
  type RegistryIdentity,
  urlOf,
} from './identity.ts';

export interface LeadershipOptions {
  client: KafkaClient;
  log: SchemaLog;
  logger: Logger;
  groupId: string;
  identity: Omit<RegistryIdentity, 'isLeader'>;
  sessionTimeoutMs: number;
  heartbeatIntervalMs: number;
  /** How long a call waits until a leader is known. */
  waitMs: number;
  /** This registry leads from now on, and knows all that was written before. */
  onLeading: () => void;
}

/** Who leads without a word from Kafka for this part of the session stops to write: it may have been given up soon. */
const leaseShare = 0.8;

/**
 * Who of several registries on one topic writes: they elect a leader by Kafka's group protocol, as Confluent's do, and with them. A
 * leader counts as such while Kafka keeps it in the group; before it writes the first time it has read all that there is.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #member: GroupMember;
  #leader: RegistryIdentity | null = null;
  /** Of `performance.now()`: until then no other one can lead. */
  #leaseEndsAtMs = 0;
  #problem = 'no leader was elected yet';
  #generation = 0;
  #waiting = new Set<() => void>();

  constructor(options: LeadershipOptions) {
    const { groupId, identity, sessionTimeoutMs } = options;
    this.#options = options;
    this.#member = options.client.groupMember({
      groupId,
      protocolType: 'sr',
      protocols: () => [{ name: 'v0', metadata: encodeIdentity({ ...identity, isLeader: this.isLeading }) }],
      assign: (_protocol, members) => this.#assign(members),
      onJoined: (joined) => this.#joined(joined),
      onAlive: (askedAtMs) => this.#extendLease(askedAtMs),
      onLost: (error) => this.#lost(`this registry has lost its place in group ${groupId}: ${error.message}`),
      onFailed: (error) => this.#failed(error),
      // One that comes back under its address takes its place again at once, and does not wait for its own old session to end.
      groupInstanceId: `registry-${identity.host}-${identity.port}`.replaceAll(/[^\w.-]/g, '_'),
      sessionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      rebalanceTimeoutMs: Math.max(30_000, sessionTimeoutMs),
    });
  }

  start(): void {
    this.#member.start();
  }

  /** Whether this registry may write now. */
  get isLeading(): boolean {
    return this.#isSelf(this.#leader) && performance.now() < this.#leaseEndsAtMs;
  }

  /** @returns null when this registry leads, else who does. @throws RegistryError 50004 */
  async leader(): Promise<RegistryIdentity | null> {
    const deadlineMs = performance.now() + this.#options.waitMs;
    for (;;) {
      if (this.isLeading) return null;
      if (this.#leader !== null && !this.#isSelf(this.#leader)) return this.#leader;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw errors.unknownLeader(`Leader not known: ${this.#problem}`);
      await this.changed(leftMs);
    }
  }

  /** Resolves when it has changed who leads, or may have, and `atMostMs` from now in any case. */
  changed(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, atMostMs);
      this.#waiting.add(done);
    });
  }

  /** @throws RegistryError 50004 when this registry leads no longer */
  check(): void {
    if (!this.isLeading) throw errors.unknownLeader('This registry has ceased to lead: try again.');
  }

  /** Leaves the group, so that another one leads at once. May be called twice. */
  async close(): Promise<void> {
    this.#problem = 'this registry stops';
    await this.#member.close({ leave: true });
    this.#set(null);
  }

  #assign(members: readonly JoinedMember[]): Map<string, Uint8Array> {
    const identities = new Map<string, RegistryIdentity>();
    for (const { memberId, metadata } of members) identities.set(memberId, decodeIdentity(metadata));
    const assignment = encodeAssignment(chooseLeader(identities));
    return new Map(members.map(({ memberId }) => [memberId, assignment]));
  }

  async #joined({ assignment: bytes }: Joined): Promise<void> {
    const { log, logger, onLeading } = this.#options;
    const generation = ++this.#generation;
    const joinedAtMs = performance.now();
    const { error, leader } = decodeAssignment(bytes);
    if (error === assignmentErrors.sameUrl) {
      this.#problem = 'several registries tell the same address: give each its own `advertisedHost`';
      logger.error({ leader }, this.#problem);
      return this.#set(null);
    }
    if (leader === null) this.#problem = 'no registry of the group may lead';
    if (!this.#isSelf(leader)) return this.#set(leader);
    // What the leader before this one has written is known before anything is written here.
    if (!this.isLeading) await log.catchUp();
    if (generation !== this.#generation) return;
    this.#extendLease(joinedAtMs);
    this.#set(leader);
    logger.info({ leader: urlOf(leader!) }, 'this registry leads');
    onLeading();
  }

  #lost(problem: string): void {
    this.#problem = problem;
    this.#generation += 1;
    this.#leaseEndsAtMs = 0;
    this.#set(null);
  }

  #failed(error: unknown): void {
    const { groupId, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    this.#lost(`this registry cannot be in group ${groupId}: ${reason}`);
    logger.error({ error, groupId }, 'no schemas can be written here: the election of a leader has failed');
  }

  #extendLease(fromMs: number): void {
    this.#leaseEndsAtMs = Math.max(this.#leaseEndsAtMs, fromMs + this.#options.sessionTimeoutMs * leaseShare);
    if (this.#isSelf(this.#leader)) this.#wake();
  }

  #set(leader: RegistryIdentity | null): void {
    this.#leader = leader;
    this.#wake();
  }

  #isSelf(leader: RegistryIdentity | null): boolean {
    const { identity } = this.#options;
    return leader !== null && urlOf(leader) === urlOf({ ...identity, isLeader: true });
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
