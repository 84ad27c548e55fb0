import type { Logger } from '@headwater/logger';
import type { Clock } from '../clock.ts';
import type { Change } from '../registry/change.ts';
import type { Lease } from '../registry/lease.ts';
import type { Registry } from '../registry/registry.ts';
import { decodeEntry, type EncodedEntry, type Entry, encodeLease, encodeRemoval, type Origin } from './lease-codec.ts';
import { type LogRecord, SharedLog } from './shared-log.ts';

const tickMs = 1_000;
/** A server that was not heard of for so long is taken to be gone. */
const serverSilenceMs = 5_000;
const serverForgottenMs = 600_000;
const ticksAlone = 3;
/** That the log is away is told at most so often; `state` has it at any time. */
const toldEveryMs = 60_000;
/** How much longer a lease is kept here than its holder keeps it: the holder's heartbeats come through the log. */
const othersGraceMs = 3_000;
/** After the event store was away the others first tell what they have heard meanwhile. */
const returnGraceMs = 10_000;
/** How long closing waits for the last changes to be written. */
const lastWritesMs = 1_500;
const atOnceMax = 500;
const renewalsAtOnceMax = 2_000;

export interface OtherServer {
  name: string;
  url: string;
  lastSeenMs: number;
}

export interface SharingState {
  /** Where the registry is kept besides this process's memory. */
  mode: 'memory' | 'log';
  /** What is written to the log is read back. Always true in memory. */
  isConnected: boolean;
  /** Since when it is not connected, epoch ms; 0: it is. */
  degradedSinceMs: number;
  /** Changes that the log does not have yet. */
  waiting: number;
  servers: OtherServer[];
  explanation: string;
}

interface Pulse {
  url: string;
  server: string;
  atMs: number;
  /** Key and how many ms ago it was heard. */
  renewals: [string, number][];
  /** The server leaves in order. */
  isLast?: boolean;
}

export interface SharedRegistryOptions {
  bootstrap: string;
  /** Of the state; signs of life go to the same with `-pulse`. */
  topic: string;
  registry: Registry;
  /** This server. */
  name: string;
  url: () => string;
  clock: Clock;
  logger: Logger;
}

/**
 * Keeps the registry on a compacted topic, so that it survives a restart, and several servers have the same.
 *
 * Every server changes its own copy at once, and writes the change down; the order of the log decides. While a change of its own for an
 * instance has not come back from the log, what others wrote of that instance before is not looked at: the log will end with its own.
 */
export class SharedRegistry {
  readonly log: SharedLog;
  readonly #options: SharedRegistryOptions;
  readonly #stateTopic: string;
  readonly #pulseTopic: string;
  readonly #servers = new Map<string, OtherServer & { seenAtMs: number }>();
  /** Changes that are not written yet: how the last one came about. */
  readonly #unwritten = new Map<string, Origin>();
  /** Sequence of the last change here, by key, until it is read back. */
  readonly #unread = new Map<string, number>();
  /** Heartbeats that others have not been told of. */
  readonly #renewed = new Map<string, Lease>();
  readonly #caughtUp = Promise.withResolvers<void>();
  /** What was read before all was: the last record of each instance. */
  readonly #restored = new Map<string, Entry>();
  #sequence = 0;
  #ticks = 0;
  #isPulsing = false;
  #isCaughtUp = false;
  #isApplying = false;
  #isWriting = false;
  /** The write that is under way, or was last. */
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;
  #cancelTick: (() => void) | null = null;
  /** When the last sign of life of this server came back, and when the log came back after it was away; both monotonic. */
  #readBackAtMs = -Infinity;
  #returnedAtMs = -Infinity;
  #tickedAtMs: number;
  #degradedSinceMs: number;
  /** What the log of this server says. */
  #isToldConnected = false;
  #toldAwayAtMs = -Infinity;

  constructor(options: SharedRegistryOptions) {
    this.#options = options;
    this.#stateTopic = options.topic;
    this.#pulseTopic = `${options.topic}-pulse`;
    this.#degradedSinceMs = options.clock.now();
    this.#tickedAtMs = options.clock.monotonicMs();
    this.log = new SharedLog({
      bootstrap: options.bootstrap,
      stateTopic: this.#stateTopic,
      pulseTopic: this.#pulseTopic,
      logger: options.logger,
      onRecord: (record) => this.#onRecord(record),
      onCaughtUp: () => this.#onCaughtUp(),
    });
  }

  /** Reads what the log has. Resolves after `timeoutMs` all the same: then it goes on in the background. */
  async restore(timeoutMs: number): Promise<void> {
    this.log.start();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    await Promise.race([this.#caughtUp.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Tells the others that this server is there, from now on. */
  announce(): void {
    this.#tick();
  }

  get state(): SharingState {
    const isConnected = this.#degradedSinceMs === 0;
    const nowMs = this.#options.clock.monotonicMs();
    const servers: OtherServer[] = [];
    for (const { seenAtMs, ...server } of this.#servers.values()) {
      if (nowMs - seenAtMs < serverSilenceMs) servers.push(server);
    }
    return {
      mode: 'log',
      isConnected,
      degradedSinceMs: this.#degradedSinceMs,
      waiting: this.#unwritten.size,
      servers,
      explanation: this.#explain(isConnected, servers),
    };
  }

  /** Something changed. */
  changed({ kind, lease, reason, address, server, atMs }: Change): void {
    if (this.#isApplying || this.#isClosed) return;
    const sequence = ++this.#sequence;
    // Setting anew puts it last: instances are written in the order of their last change.
    this.#unwritten.delete(lease.key);
    this.#unwritten.set(lease.key, { server, sequence, kind, reason, address, atMs });
    this.#unread.set(lease.key, sequence);
    void this.#write();
  }

  renewed(lease: Lease): void {
    this.#renewed.set(lease.key, lease);
  }

  /** Why a lease that has run out is kept for now: others may have heard of its instance. */
  keptUntil(lease: Lease): { untilMs: number; reason: string } | null {
    const { name } = this.#options;
    if (lease.holder === name) return null;
    if (this.#degradedSinceMs > 0) {
      const reason = `the event store is away, and with it what discovery server ${lease.holder} hears`;
      return { untilMs: Infinity, reason };
    }
    const untilMs = Math.max(lease.expiresAtMs + othersGraceMs, this.#returnedAtMs + returnGraceMs);
    return { untilMs, reason: `discovery server ${lease.holder} may have heard it` };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTick?.();
    if (this.#isCaughtUp) {
      // What was said last is not lost: it is what a server that starts again is asked for.
      const stopped = new Promise((resolve) => setTimeout(resolve, lastWritesMs).unref());
      const last = this.#pulses(this.#takeRenewals(), true).map((pulse) => this.log.append(this.#pulseTopic, [pulse]));
      await Promise.race([Promise.allSettled([...last, this.#writing.then(() => this.#write())]), stopped]);
    }
    await this.log.close();
  }

  #explain(isConnected: boolean, servers: readonly OtherServer[]): string {
    if (!isConnected) {
      const since = new Date(this.#degradedSinceMs).toISOString();
      return (
        `The event store is away since ${since}: this server goes on with what it knows, ${this.#unwritten.size} changes wait to be written, ` +
        'and instances that renew their leases elsewhere are kept.'
      );
    }
    const others = servers.map(({ url }) => url).join(', ');
    return `The registry is kept on the topic ${this.#stateTopic}${others === '' ? ', by this server alone' : ` together with ${others}`}.`;
  }

  #onCaughtUp(): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    for (const entry of this.#restored.values()) if (entry.type === 'lease') this.#restore(entry.lease, entry.origin);
    this.#restored.clear();
    this.#caughtUp.resolve();
    void this.#write();
  }

  /** Writes what has changed here. One write at a time: what changes meanwhile goes with the next round of it. */
  #write(): Promise<void> {
    if (!this.#isWriting && this.#isCaughtUp) {
      this.#isWriting = true;
      this.#writing = this.#writeAll();
    }
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#unwritten.size > 0) {
        const taken = [...this.#unwritten].slice(0, atOnceMax);
        for (const [key] of taken) this.#unwritten.delete(key);
        try {
          await this.log.append(
            this.#stateTopic,
            taken.map(([key, origin]) => this.#encode(key, origin)),
          );
        } catch (error) {
          // What has changed again meanwhile is written as it is then.
          for (const [key, origin] of taken) if (!this.#unwritten.has(key)) this.#unwritten.set(key, origin);
          throw error;
        }
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isClosed) this.#options.logger.debug({ reason }, 'changes wait for the event store');
    } finally {
      this.#isWriting = false;
    }
  }

  #encode(key: string, origin: Origin): EncodedEntry {
    const [app, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    const lease = this.#options.registry.get(app, id);
    return lease === undefined ? encodeRemoval(key, origin) : encodeLease(lease, origin);
  }

  #onRecord(record: LogRecord): void {
    try {
      if (record.topic === this.#pulseTopic) this.#onPulse(JSON.parse(record.value ?? '{}') as Pulse);
      else {
        const entry = decodeEntry(record.key, record.value, record.headers);
        if (entry !== undefined) this.#onEntry(entry);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn({ topic: record.topic, key: record.key, reason }, 'a record of discovery was skipped');
    }
  }

  #onEntry(entry: Entry): void {
    const { key, origin } = entry;
    const { name, registry } = this.#options;
    if (origin?.server === name) {
      if (this.#unread.get(key) === origin.sequence) this.#unread.delete(key);
      return;
    }
    if (!this.#isCaughtUp) {
      this.#restored.set(key, entry);
      return;
    }
    if (this.#unread.has(key)) return;
    this.#isApplying = true;
    try {
      if (entry.type === 'lease') this.#put(entry.lease, entry.origin);
      else {
        const slash = key.indexOf('/');
        const lease = registry.get(key.slice(0, slash), key.slice(slash + 1));
        if (lease !== undefined) this.#remove(lease, origin);
      }
    } finally {
      this.#isApplying = false;
    }
  }

  /** Nobody could be heard while no server ran: everyone has a whole lease to be heard again. */
  #restore(lease: Lease, origin: Origin): void {
    if (this.#unread.has(lease.key)) return;
    const { clock, registry } = this.#options;
    lease.expiresAtMs = clock.monotonicMs() + lease.instance.durationInSecs * 1000;
    this.#isApplying = true;
    registry.put(lease, 'RESTORED', 'found in the log at the start', null, origin.server);
    this.#isApplying = false;
  }

  #put(lease: Lease, origin: Origin): void {
    const { clock, registry } = this.#options;
    const known = registry.get(lease.app, lease.id);
    const nowMs = clock.monotonicMs();
    const durationMs = lease.instance.durationInSecs * 1000;
    lease.expiresAtMs = nowMs + durationMs - Math.max(0, origin.atMs - lease.lastRenewalTimestamp);
    if (known !== undefined && known.lastRenewalTimestamp > lease.lastRenewalTimestamp) {
      lease.lastRenewalTimestamp = known.lastRenewalTimestamp;
      lease.expiresAtMs = Math.max(lease.expiresAtMs, known.expiresAtMs);
      lease.holder = known.holder;
    }
    registry.put(lease, origin.kind, origin.reason, origin.address, origin.server);
  }

  #remove(lease: Lease, origin: Origin | null): void {
    const { clock, name, registry } = this.#options;
    const isHeardHere = lease.holder === name && lease.expiresAtMs > clock.monotonicMs();
    if (origin?.kind === 'EXPIRED' && isHeardHere) {
      // The other server did not know that the instance renews its lease here now: it is told.
      this.#isApplying = false;
      this.changed({
        kind: 'RENEWED_AGAIN',
        lease,
        reason: 'renews its lease here',
        address: null,
        server: name,
        atMs: clock.now(),
        version: registry.version,
      });
      return;
    }
    registry.remove(
      lease,
      origin?.kind ?? 'CANCELLED',
      origin?.reason ?? 'removed',
      origin?.address ?? null,
      origin?.server,
    );
  }

  #onPulse({ server, url, atMs, renewals, isLast }: Pulse): void {
    const { clock, name, registry } = this.#options;
    const nowMs = clock.monotonicMs();
    if (server === name) {
      this.#readBackAtMs = nowMs;
      this.#setConnected(true);
      return;
    }
    if (isLast === true) this.#servers.delete(server);
    else this.#servers.set(server, { name: server, url, lastSeenMs: atMs, seenAtMs: nowMs });
    for (const [key, ageMs] of renewals) {
      const slash = key.indexOf('/');
      const lease = registry.get(key.slice(0, slash), key.slice(slash + 1));
      const heardMs = clock.now() - Math.max(0, ageMs);
      if (lease === undefined || heardMs <= lease.lastRenewalTimestamp) continue;
      lease.lastRenewalTimestamp = heardMs;
      lease.expiresAtMs = nowMs + lease.instance.durationInSecs * 1000 - Math.max(0, ageMs);
      lease.holder = server;
      lease.silentSinceMs = 0;
    }
  }

  #tick(): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    // While this process itself got no time to run, nothing could come back: that time does not count.
    this.#readBackAtMs += Math.max(0, nowMs - this.#tickedAtMs - tickMs);
    this.#tickedAtMs = nowMs;
    const pulseEveryMs = this.#servers.size > 0 ? 0 : ticksAlone * tickMs;
    if (nowMs - this.#readBackAtMs > serverSilenceMs + pulseEveryMs) this.#setConnected(false);
    for (const [name, { seenAtMs }] of this.#servers) {
      if (nowMs - seenAtMs > serverForgottenMs) this.#servers.delete(name);
    }
    this.#cancelTick = clock.schedule(tickMs, () => this.#tick());
    void this.#write();
    // One that is alone has nobody to tell, and asks less often whether the log is there.
    if (this.#servers.size > 0 || this.#degradedSinceMs > 0 || this.#ticks % ticksAlone === 0) void this.#sendPulse();
    this.#ticks++;
  }

  async #sendPulse(): Promise<void> {
    if (this.#isPulsing || !this.#isCaughtUp) return;
    this.#isPulsing = true;
    const told = this.#takeRenewals();
    try {
      for (const pulse of this.#pulses(told, false)) await this.log.append(this.#pulseTopic, [pulse]);
    } catch {
      // That nothing comes back tells that the log is away. What was heard meanwhile is told when it is there again.
      for (const lease of told) if (!this.#renewed.has(lease.key)) this.#renewed.set(lease.key, lease);
    } finally {
      this.#isPulsing = false;
    }
  }

  /** What others have not been told of; nobody needs to be when nobody is there. */
  #takeRenewals(): Lease[] {
    const told = this.#servers.size === 0 ? [] : [...this.#renewed.values()];
    this.#renewed.clear();
    return told;
  }

  /** A sign of life with the heartbeats that were heard, in pieces. */
  #pulses(told: readonly Lease[], isLast: boolean): EncodedEntry[] {
    const { clock, name: server, url } = this.#options;
    const atMs = clock.now();
    const renewals = told.map((lease): [string, number] => [lease.key, atMs - lease.lastRenewalTimestamp]);
    const pieces: EncodedEntry[] = [];
    for (let i = 0; i === 0 || i < renewals.length; i += renewalsAtOnceMax) {
      const piece = renewals.slice(i, i + renewalsAtOnceMax);
      const pulse: Pulse = { server, url: url(), atMs, renewals: piece, ...(isLast && { isLast }) };
      pieces.push({ key: server, value: JSON.stringify(pulse), headers: [] });
    }
    return pieces;
  }

  #setConnected(isConnected: boolean): void {
    const { clock, logger } = this.#options;
    if (isConnected !== (this.#degradedSinceMs === 0)) {
      this.#degradedSinceMs = isConnected ? 0 : clock.now();
      if (isConnected) this.#returnedAtMs = clock.monotonicMs();
    }
    if (isConnected === this.#isToldConnected) return;
    const nowMs = clock.monotonicMs();
    if (isConnected) logger.info({}, 'the registry is shared by the log');
    else if (nowMs - this.#toldAwayAtMs < toldEveryMs) return;
    else logger.warn({}, 'what is written to the log does not come back: the registry is kept here for now');
    if (!isConnected) this.#toldAwayAtMs = nowMs;
    this.#isToldConnected = isConnected;
  }
}
