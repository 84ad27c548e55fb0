import type { Clock } from '../clock.ts';
import { DiscoveryError } from '../discovery-error.ts';
import type { Change, ChangeKind } from './change.ts';
import { StatusCounts } from './hash-code.ts';
import { type ActionType, type Instance, idOf, metadataEntriesMax, type Status, sizeOf } from './instance.ts';
import { effectiveStatus, keyOf, type Lease } from './lease.ts';
import { RecentChanges } from './recent-changes.ts';

/** Who asks, and how. */
export interface Caller {
  /** Null where it is not known. */
  address: string | null;
  /** Another Eureka server passes on what it was told. */
  isReplica: boolean;
}

export type RenewOutcome =
  /** The lease runs anew. */
  | 'renewed'
  /** The client is to register. */
  | 'unknown'
  /** The client has changed since it registered here: it is to register again. */
  | 'outdated'
  /** A replica knows less than this server: it is told what there is. */
  | 'conflict';

export interface RegistryOptions {
  clock: Clock;
  /** Name of this discovery server. */
  server: string;
  /** Default 100,000. */
  instancesMax?: number;
  onChange: (change: Change) => void;
  /** After each heartbeat that was taken. */
  onRenewed?: (lease: Lease) => void;
}

/** All instances together, about. */
const charsMax = 256 * 1024 * 1024;
const instanceCharsMax = 256 * 1024;

/** All instances by application and id, with Netflix's rules for what they may do. No I/O: it is told everything, and tells `onChange`. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #clock: Clock;
  readonly #instancesMax: number;
  readonly #apps = new Map<string, Map<string, Lease>>();
  readonly #counts = new StatusCounts();
  readonly #recent = new RecentChanges();
  #size = 0;
  #chars = 0;
  #version = 1;
  /** Heartbeats taken in this minute and the last one, and the minute they are of. */
  #renewals = { minute: 0, current: 0, last: 0 };

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#instancesMax = options.instancesMax ?? 100_000;
  }

  get size(): number {
    return this.#size;
  }

  get version(): number {
    return this.#version;
  }

  get statusCounts(): StatusCounts {
    return this.#counts;
  }

  get recent(): RecentChanges {
    return this.#recent;
  }

  get apps(): ReadonlyMap<string, ReadonlyMap<string, Lease>> {
    return this.#apps;
  }

  /** Heartbeats of the last whole minute. */
  get renewalsLastMinute(): number {
    this.#countRenewals(0);
    return this.#renewals.last;
  }

  get(app: string, id: string): Lease | undefined {
    return this.#apps.get(app)?.get(id);
  }

  /** The first instance with this id, in any application. */
  find(id: string): Lease | undefined {
    for (const instances of this.#apps.values()) {
      const lease = instances.get(id);
      if (lease !== undefined) return lease;
    }
    return undefined;
  }

  *leases(): Generator<Lease> {
    for (const instances of this.#apps.values()) yield* instances.values();
  }

  /** @throws DiscoveryError 503 when the registry is full */
  register(instance: Instance, caller: Caller): Lease {
    const id = idOf(instance);
    const known = this.get(instance.app, id);
    if (known === undefined && this.#size >= this.#instancesMax) {
      throw new DiscoveryError(503, 'HW_DISCOVERY_FULL', `the registry holds ${this.#instancesMax} instances already`);
    }
    if (this.#chars + sizeOf(instance) > charsMax) {
      throw new DiscoveryError(503, 'HW_DISCOVERY_FULL', 'the instances say more of themselves than this server keeps');
    }
    const nowMs = this.#clock.now();
    // What is known is newer than what comes now: a registration that was under way for long, or a replica's.
    const kept =
      known !== undefined && known.instance.lastDirtyTimestamp > instance.lastDirtyTimestamp
        ? known.instance
        : instance;
    let override = known?.override ?? null;
    if (override === null && kept.overriddenStatus !== 'UNKNOWN') {
      override = { status: kept.overriddenStatus, sinceMs: nowMs, by: caller.address };
    }
    const lease: Lease = {
      key: keyOf(instance.app, id),
      app: instance.app,
      id,
      instance: kept,
      status: effectiveStatus(kept.status, override),
      override,
      actionType: 'ADDED',
      registrationTimestamp: nowMs,
      lastRenewalTimestamp: nowMs,
      serviceUpTimestamp: known?.serviceUpTimestamp ?? 0,
      lastUpdatedTimestamp: nowMs,
      evictionTimestamp: 0,
      expiresAtMs: 0,
      graceUntilMs: 0,
      graceReason: '',
      holder: this.#options.server,
      silentSinceMs: 0,
    };
    this.#extend(lease);
    this.#put(lease, known);
    const isNew = known === undefined;
    this.#tell(isNew ? 'REGISTERED' : 'REGISTERED_AGAIN', lease, describeRegistration(lease, known), caller.address);
    return lease;
  }

  /** Takes a heartbeat. `lastDirtyTimestamp`: the client's, if it said it. */
  renew(app: string, id: string, lastDirtyTimestamp: number | undefined, caller: Caller): RenewOutcome {
    const lease = this.get(app, id);
    // An override that was taken away without a status leaves UNKNOWN: the instance is to say anew what it is.
    if (lease === undefined || lease.status === 'UNKNOWN') return 'unknown';
    this.#countRenewals(1);
    this.#extend(lease);
    lease.lastRenewalTimestamp = this.#clock.now();
    lease.holder = this.#options.server;
    if (lease.silentSinceMs > 0) {
      const silentSeconds = Math.round((lease.lastRenewalTimestamp - lease.silentSinceMs) / 1000);
      lease.silentSinceMs = 0;
      this.#tell('RENEWED_AGAIN', lease, `heard again, ${silentSeconds} s after its lease had run out`, caller.address);
    }
    this.#options.onRenewed?.(lease);
    if (lastDirtyTimestamp === undefined) return 'renewed';
    const known = lease.instance.lastDirtyTimestamp;
    if (lastDirtyTimestamp > known) return 'outdated';
    return lastDirtyTimestamp < known && caller.isReplica ? 'conflict' : 'renewed';
  }

  /** Takes an instance out because it, or somebody, says so. */
  cancel(app: string, id: string, caller: Caller): boolean {
    const lease = this.get(app, id);
    if (lease === undefined) return false;
    this.remove(lease, 'CANCELLED', caller.isReplica ? 'cancelled on another server' : 'cancelled', caller.address);
    return true;
  }

  /** Overrides the status. As in Eureka, the status that it has already is no override. */
  setStatus(app: string, id: string, status: Status, lastDirtyTimestamp: number | undefined, caller: Caller): boolean {
    const lease = this.get(app, id);
    if (lease === undefined) return false;
    // Somebody's word is no sign of life of the instance: its lease stays as it is.
    if (lease.status === status) return true;
    lease.override = { status, sinceMs: this.#clock.now(), by: caller.address };
    this.#update(lease, status, lastDirtyTimestamp, 'OVERRIDE', `overridden: ${status}`, caller);
    return true;
  }

  /** Takes the override away; the status is then `status` until the instance says what it is. */
  removeOverride(
    app: string,
    id: string,
    status: Status,
    lastDirtyTimestamp: number | undefined,
    caller: Caller,
  ): boolean {
    const lease = this.get(app, id);
    if (lease === undefined) return false;
    if (lease.override === null) return true;
    lease.override = null;
    this.#update(lease, status, lastDirtyTimestamp, 'OVERRIDE_REMOVED', `override removed: ${status}`, caller);
    return true;
  }

  /** @throws DiscoveryError 400 when the instance would say more than one may */
  setMetadata(app: string, id: string, entries: Iterable<readonly [string, string]>, caller: Caller): boolean {
    const lease = this.get(app, id);
    if (lease === undefined) return false;
    const metadata = new Map([...lease.instance.metadata, ...entries]);
    const instance = { ...lease.instance, metadata };
    if (metadata.size > metadataEntriesMax || sizeOf(instance) > instanceCharsMax) {
      const most = `${metadataEntriesMax} entries and ${instanceCharsMax} characters`;
      throw new DiscoveryError(400, 'HW_DISCOVERY_PARAMETER', `metadata of an instance may have ${most} at most`);
    }
    this.#chars += sizeOf(instance) - sizeOf(lease.instance);
    lease.instance = instance;
    lease.lastUpdatedTimestamp = this.#clock.now();
    lease.actionType = 'ADDED';
    this.#tell('METADATA', lease, 'metadata changed', caller.address);
    return true;
  }

  /** Takes an instance out. */
  remove(lease: Lease, kind: ChangeKind, reason: string, address: string | null, server?: string): void {
    const instances = this.#apps.get(lease.app);
    if (instances?.get(lease.id) !== lease) return;
    instances.delete(lease.id);
    if (instances.size === 0) this.#apps.delete(lease.app);
    this.#size--;
    this.#chars -= sizeOf(lease.instance);
    this.#counts.add(lease.status, -1);
    lease.actionType = 'DELETED';
    lease.evictionTimestamp = lease.lastUpdatedTimestamp = this.#clock.now();
    this.#tell(kind, lease, reason, address, server);
  }

  /** Puts in what another server, or this one before it was restarted, has told. */
  put(lease: Lease, kind: ChangeKind, reason: string, address: string | null, server: string): void {
    this.#put(lease, this.get(lease.app, lease.id));
    this.#tell(kind, lease, reason, address, server);
  }

  #put(lease: Lease, known: Lease | undefined): void {
    let instances = this.#apps.get(lease.app);
    if (instances === undefined) {
      instances = new Map();
      this.#apps.set(lease.app, instances);
    }
    instances.set(lease.id, lease);
    this.#chars += sizeOf(lease.instance) - (known === undefined ? 0 : sizeOf(known.instance));
    if (known === undefined) this.#size++;
    else this.#counts.add(known.status, -1);
    this.#counts.add(lease.status, 1);
    if (lease.status === 'UP' && lease.serviceUpTimestamp === 0) lease.serviceUpTimestamp = this.#clock.now();
  }

  #update(
    lease: Lease,
    status: Status,
    lastDirtyTimestamp: number | undefined,
    kind: ChangeKind,
    reason: string,
    caller: Caller,
  ): void {
    this.#counts.add(lease.status, -1);
    this.#counts.add(status, 1);
    lease.status = status;
    const { instance } = lease;
    // The instance's own status stays what it said last, except for UNKNOWN, on which its next heartbeat is refused.
    const lastDirty = Math.max(instance.lastDirtyTimestamp, lastDirtyTimestamp ?? 0);
    lease.instance = { ...instance, lastDirtyTimestamp: lastDirty, ...(lease.override === null && { status }) };
    if (status === 'UP' && lease.serviceUpTimestamp === 0) lease.serviceUpTimestamp = this.#clock.now();
    lease.actionType = 'MODIFIED' satisfies ActionType;
    lease.lastUpdatedTimestamp = this.#clock.now();
    this.#tell(kind, lease, reason, caller.address);
  }

  #extend(lease: Lease): void {
    lease.expiresAtMs = this.#clock.monotonicMs() + lease.instance.durationInSecs * 1000;
  }

  #tell(kind: ChangeKind, lease: Lease, reason: string, address: string | null, server = this.#options.server): void {
    const nowMs = this.#clock.now();
    this.#version++;
    this.#recent.add(lease, nowMs);
    this.#options.onChange({ kind, lease, reason, address, server, atMs: nowMs, version: this.#version });
  }

  #countRenewals(count: number): void {
    const minute = Math.floor(this.#clock.monotonicMs() / 60_000);
    const renewals = this.#renewals;
    if (minute !== renewals.minute) {
      renewals.last = minute === renewals.minute + 1 ? renewals.current : 0;
      renewals.current = 0;
      renewals.minute = minute;
    }
    renewals.current += count;
  }
}

function describeRegistration(lease: Lease, known: Lease | undefined): string {
  const { durationInSecs } = lease.instance;
  if (known === undefined) return `registered as ${lease.status}, with a lease of ${durationInSecs} s`;
  if (known.status !== lease.status) return `registered again: ${lease.status} (was ${known.status})`;
  return `registered again, ${lease.status} as before`;
}
