import type { InstanceMemory } from '../crawl/crawler.ts';
import type {
  MonitorKind,
  MonitorRecords,
  ProcessStateRecord,
  Run,
  ServiceStatus,
  StatusRecord,
} from '../events/records.ts';
import { CrashBook, type CrashMark } from './crash-book.ts';

/** An instance as it is now. */
export interface InstanceView {
  instance: string;
  status: ServiceStatus;
  sinceMs: number;
  reason: string;
  isFlapping: boolean;
  address: string | null;
  version: string | null;
  pid: number | null;
  restarts: number | null;
  uptimeMs: number | null;
  cpuPercent: number | null;
  residentBytes: number | null;
  heapBytes: number | null;
  openFiles: number | null;
  eventLoopDelayMs: number | null;
  lastSeenMs: number;
}

interface InstanceEntry {
  status: StatusRecord;
  sinceMs: number;
  heardMs: number;
  process: ProcessStateRecord | undefined;
}

export interface BoardState {
  instances: { status: StatusRecord; sinceMs: number; process?: ProcessStateRecord }[];
  crashes: [string, CrashMark[]][];
}

/** Heartbeats come each minute: after so many are missing nobody looks after it. */
const unheardMs = 150_000;
/** What has left is shown for so long: cleanly, or by a crash. */
const goneCleanMs = 10 * 60_000;
const goneCrashMs = 24 * 3_600_000;

/** What is known of all instances, made from the records on the topics alone: whoever wrote them, before or after a restart. */
export class Board {
  readonly #services = new Map<string, Map<string, InstanceEntry>>();
  readonly #crashes = new CrashBook();
  readonly #instancesMax: number;
  #instances = 0;
  dropped = 0;

  constructor(instancesMax = 10_000) {
    this.#instancesMax = instancesMax;
  }

  /** @returns false for what is known already: a crash that was told before */
  take<K extends MonitorKind>(kind: K, record: MonitorRecords[K], nowMs: number): boolean {
    if (kind === 'status') this.#status(record as StatusRecord, nowMs);
    else if (kind === 'process') {
      const state = record as ProcessStateRecord;
      const entry = this.#services.get(state.service)?.get(state.instance);
      if (entry !== undefined) entry.process = state;
    } else if (kind === 'crash') {
      const crash = record as MonitorRecords['crash'];
      return this.#crashes.add(crash.service, crash.instance, crash);
    }
    return true;
  }

  isToldCrash(service: string, instance: string, run: Run, nowMs: number): boolean {
    return this.#crashes.has(service, instance, run, nowMs);
  }

  services(): string[] {
    return [...this.#services.keys()].sort();
  }

  instances(service: string, nowMs: number): InstanceView[] {
    const entries = this.#services.get(service);
    if (entries === undefined) return [];
    return [...entries.values()]
      .sort((a, b) => (a.status.instance < b.status.instance ? -1 : 1))
      .map((entry) => viewOf(entry, nowMs));
  }

  /** What a crawler that starts again goes on from. */
  memory(service: string, instance: string): InstanceMemory | undefined {
    const entry = this.#services.get(service)?.get(instance);
    if (entry === undefined) return undefined;
    const { reason, status, details } = entry.status;
    return { service, instance, status, reason, sinceMs: entry.sinceMs, run: details.run };
  }

  /** All that have not left. */
  memories(): (InstanceMemory & { address: string | null; source: StatusRecord['details']['source'] })[] {
    const found = [];
    for (const entries of this.#services.values()) {
      for (const { sinceMs, status } of entries.values()) {
        const { details, instance, reason, service, status: last } = status;
        if (details.isGone) continue;
        const { address, run, source } = details;
        found.push({ service, instance, status: last, sinceMs, reason, run, address, source });
      }
    }
    return found;
  }

  /** Whether a crawler beside it, which has been heard of lately, looks after an instance. */
  isBeside(service: string, instance: string, nowMs: number): boolean {
    const entry = this.#services.get(service)?.get(instance);
    return entry !== undefined && entry.status.details.source === 'beside' && nowMs - entry.heardMs <= unheardMs;
  }

  /** Takes out what left long ago. */
  forgetOld(nowMs: number): void {
    for (const [service, entries] of this.#services) {
      for (const [instance, { heardMs, status }] of entries) {
        const isCrashed = status.details.run?.end === 'crash';
        const isGone = status.details.isGone || nowMs - heardMs > unheardMs * 4;
        if (!isGone || nowMs - heardMs < (isCrashed ? goneCrashMs : goneCleanMs)) continue;
        entries.delete(instance);
        this.#instances -= 1;
      }
      if (entries.size === 0) this.#services.delete(service);
    }
  }

  save(): BoardState {
    const instances: BoardState['instances'] = [];
    for (const entries of this.#services.values())
      for (const { process, sinceMs, status } of entries.values())
        instances.push({ status, sinceMs, ...(process && { process }) });
    return { instances, crashes: this.#crashes.save() };
  }

  load(state: BoardState): void {
    for (const { process, sinceMs, status } of state.instances) {
      this.#status(status, status.timestampMs);
      const entry = this.#services.get(status.service)?.get(status.instance);
      if (entry === undefined) continue;
      entry.sinceMs = sinceMs;
      entry.process = process;
    }
    this.#crashes.load(state.crashes);
  }

  #status(status: StatusRecord, nowMs: number): void {
    let entries = this.#services.get(status.service);
    const known = entries?.get(status.instance);
    if (known === undefined) {
      if (this.#instances >= this.#instancesMax) {
        this.dropped += 1;
        return;
      }
      if (entries === undefined) this.#services.set(status.service, (entries = new Map()));
      this.#instances += 1;
      const heardMs = Math.min(nowMs, status.timestampMs);
      entries.set(status.instance, { status, sinceMs: status.timestampMs, heardMs, process: undefined });
      return;
    }
    // What is told late does not change what is newer.
    if (status.timestampMs < known.status.timestampMs) return;
    if (status.status !== known.status.status) known.sinceMs = status.timestampMs;
    if (status.details.run?.pid !== known.status.details.run?.pid) known.process = undefined;
    known.status = status;
    known.heardMs = Math.min(nowMs, status.timestampMs);
  }
}

function viewOf({ heardMs, process, sinceMs, status }: InstanceEntry, nowMs: number): InstanceView {
  const { details } = status;
  const run = details.run;
  const isUnheard = !details.isGone && nowMs - heardMs > unheardMs;
  const isRunning = run !== null && run.end === null;
  const state = isRunning ? process : undefined;
  const uptimeMs =
    state?.uptimeMs != null
      ? state.uptimeMs + (nowMs - state.timestampMs)
      : isRunning
        ? nowMs - (run.startedMs ?? run.seenMs)
        : null;
  return {
    instance: status.instance,
    status: isUnheard ? 'UNKNOWN' : status.status,
    sinceMs: isUnheard ? heardMs + unheardMs : sinceMs,
    reason: isUnheard
      ? `its crawler has not been heard of since ${new Date(heardMs).toISOString()}; before that: ${status.reason}`
      : status.reason,
    isFlapping: status.isFlapping,
    address: details.address,
    version: details.version,
    pid: isRunning ? (run.pid ?? state?.pid ?? null) : null,
    restarts: process?.restarts ?? null,
    uptimeMs: uptimeMs === null ? null : Math.max(0, Math.round(uptimeMs)),
    cpuPercent: state?.cpuPercent ?? null,
    residentBytes: state?.residentBytes ?? null,
    heapBytes: state?.heapBytes ?? null,
    openFiles: state?.openFiles ?? null,
    eventLoopDelayMs: state?.eventLoopDelayMs ?? null,
    lastSeenMs: Math.max(heardMs, state?.timestampMs ?? 0),
  };
}
