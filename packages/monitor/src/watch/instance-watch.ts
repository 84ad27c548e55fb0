import { createHash } from 'node:crypto';
import type {
  CrashRecord,
  LifecycleRecord,
  Run,
  ServiceStatus,
  StatusDetails,
  StatusRecord,
} from '../events/records.ts';
import { Flapping, type FlappingLimits, flappingLimits } from './flapping.ts';

export interface InstanceOptions {
  service: string;
  instance: string;
  address: string | null;
  source: StatusDetails['source'];
  crawler: string;
  limits?: WatchLimits;
  /** What a crawler before this one knew of it. */
  memory?: { status: ServiceStatus; sinceMs: number; reason: string; run: Run | null };
  /** The end of this run has been told already. */
  isToldCrash?: (run: Run, nowMs: number) => boolean;
}

export interface WatchLimits {
  /** Who never answered is STARTING for so long. Default 30 s. */
  startMs: number;
  /** So many looks in a row are refused: nobody is there. Default 2. */
  refusals: number;
  /** So many looks in a row are not answered in time: it is DOWN. Default 2. */
  silences: number;
  /** Not answering for so long counts as a missing heartbeat. Default 10 s. */
  silentMs: number;
  /** Who said that it goes may go within so long without having crashed. Default 60 s. */
  leavingMs: number;
  flapping: FlappingLimits;
}

export const watchLimits: WatchLimits = {
  startMs: 30_000,
  refusals: 2,
  silences: 2,
  silentMs: 10_000,
  leavingMs: 60_000,
  flapping: flappingLimits,
};

export interface Identity {
  pid?: number | null;
  /** When its process started, milliseconds since 1970. */
  startedMs?: number | null;
  version?: string | null;
}

export interface Exit {
  pid: number | null;
  exitCode: number | null;
  signal: string | null;
  uptimeMs: number | null;
  restarts: number | null;
  lastLines: readonly string[];
  isExpected: boolean;
}

export type CrashFacts = Omit<Exit, 'isExpected'> & { kind: CrashRecord['kind'] };

/** What the watch of an instance says. */
export interface WatchOutput {
  status(record: StatusRecord): void;
  crash(record: CrashRecord): void;
}

/** Start times are told in whole seconds by some and with an error of the clock by others: below this they are the same. */
const startToleranceMs = 2_500;
/** Ended runs that late news may still come of. */
const endedMax = 20;
/** Signals by which a process is asked to end, and what shells make of them. */
const askingSignals = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);
const askingCodes = new Set([129, 130, 143]);

/**
 * What is known of one instance, and what follows from each new observation: its status with the reason, and its crashes. No I/O and no timers; times
 * are passed in. A process is a run, told from others by pid and start time; a run ends once, cleanly or by a crash, however many ways there are to notice it.
 */
export class InstanceWatch {
  readonly service: string;
  readonly instance: string;
  address: string | null;
  status: ServiceStatus = 'UNKNOWN';
  reason = 'not looked at yet';
  sinceMs = 0;
  checkMs: number | null = null;
  lastSeenMs: number | null = null;
  version: string | null = null;
  isGone = false;
  source: StatusDetails['source'];
  run: Run | null = null;
  readonly #crawler: string;
  readonly #limits: WatchLimits;
  readonly #flapping: Flapping;
  readonly #output: WatchOutput;
  readonly #isToldCrash: (run: Run, nowMs: number) => boolean;
  /** Pids and start times of runs that have ended, the newest last. */
  readonly #ended: Run[] = [];
  #firstMs: number | null = null;
  #lastStatus: ServiceStatus | null = null;
  #failures = 0;
  #failingSinceMs = 0;
  #leavingMs = Number.NEGATIVE_INFINITY;
  #listed: ServiceStatus = 'UP';
  #isCrashed = false;
  /** Its supervisor has started it, and nothing else has been heard of it: what others say is of the process before it. */
  #isOnlyStarted = false;

  constructor(options: InstanceOptions, output: WatchOutput) {
    this.service = options.service;
    this.instance = options.instance;
    this.address = options.address;
    this.source = options.source;
    this.#crawler = options.crawler;
    this.#limits = options.limits ?? watchLimits;
    this.#flapping = new Flapping(this.#limits.flapping);
    this.#output = output;
    this.#isToldCrash = options.isToldCrash ?? (() => false);
    const { memory } = options;
    if (memory === undefined) return;
    this.status = memory.status;
    this.#lastStatus = memory.status;
    this.sinceMs = memory.sinceMs;
    this.reason = memory.reason;
    this.run = memory.run === null ? null : { ...memory.run };
    if (this.run?.end === null && this.#isToldCrash(this.run, memory.sinceMs)) this.run.end = 'crash';
    this.#isCrashed = this.run?.end === 'crash';
  }

  isFlapping(nowMs: number): boolean {
    return this.#flapping.isFlapping(nowMs);
  }

  /** It answers a look, and says how it is. */
  answered(nowMs: number, status: ServiceStatus, reason: string, checkMs: number | null): void {
    this.#seen(nowMs);
    this.lastSeenMs = nowMs;
    this.checkMs = checkMs;
    this.#failures = 0;
    this.#isOnlyStarted = false;
    this.isGone = false;
    if (status === 'OUT_OF_SERVICE' || status === 'DRAINING') this.#leavingMs = nowMs;
    else if (status === 'UP' && this.#listed === 'UP') this.#leavingMs = Number.NEGATIVE_INFINITY;
    if (this.run === null) this.run = newRun(nowMs);
    else if (this.run.end !== null) {
      // Who it is now is told by its identity; until then it is somebody new.
      this.#remember(this.run);
      this.run = newRun(nowMs);
    }
    const isTakenOut = status === 'UP' && this.#listed !== 'UP' && this.#listed !== 'UNKNOWN';
    if (isTakenOut) this.#set(nowMs, this.#listed, `is ${this.#listed} in discovery, and answers: ${reason}`);
    else this.#set(nowMs, status, reason);
  }

  /**
   * A look was not answered: refused (nobody listens), or silent (nothing came in time).
   *
   * @returns true when it should be made sure that nobody is there any more: `gone` or `alive` is told then
   */
  failed(nowMs: number, how: 'refused' | 'silent', reason: string, checkMs: number | null): boolean {
    this.#seen(nowMs);
    if (this.isGone) return false;
    this.checkMs = checkMs;
    if (this.#failures === 0) this.#failingSinceMs = nowMs;
    this.#failures += 1;
    if (this.run === null) {
      const isStarting = nowMs - this.#firstMs! < this.#limits.startMs;
      this.#set(nowMs, isStarting ? 'STARTING' : 'DOWN', `has not answered yet: ${reason}`);
      return false;
    }
    if (this.#isOnlyStarted && nowMs - this.run.seenMs < this.#limits.startMs) return false;
    if (this.run.end !== null) {
      if (this.run.end === 'crash') this.#set(nowMs, 'DOWN', this.#isCrashed ? this.reason : reason);
      return false;
    }
    if (this.#isLeaving(nowMs) && how === 'refused') {
      this.run.end = 'clean';
      this.#set(nowMs, 'OUT_OF_SERVICE', 'stopped, as it had said');
      return false;
    }
    const isSilent = how === 'silent';
    if (isSilent && this.#failures < this.#limits.silences) return false;
    this.#set(nowMs, 'DOWN', reason);
    return isSilent ? nowMs - this.#failingSinceMs >= this.#limits.silentMs : this.#failures >= this.#limits.refusals;
  }

  /** Looks fail, and nothing says that it was taken away: its heartbeat is missing. */
  gone(nowMs: number, reason: string): void {
    if (this.run === null || this.run.end !== null || this.#failures === 0 || this.#isOnlyStarted) return;
    this.#crash(
      nowMs,
      { ...nothingKnown, kind: 'heartbeat', pid: this.run.pid, uptimeMs: this.#uptimeMs(nowMs) },
      reason,
    );
  }

  /** Looks fail, but its process is there: it hangs, or the way to it is broken. */
  alive(nowMs: number, reason: string): void {
    if (this.#failures > 0 && this.run?.end === null) this.#set(nowMs, 'DOWN', reason);
  }

  /** Who it is, as it says itself or as discovery has it. */
  identified(nowMs: number, { pid = null, startedMs = null, version }: Identity): void {
    this.#seen(nowMs);
    if (version !== undefined && version !== null) this.version = version;
    if (pid === null && startedMs === null) return;
    const { run } = this;
    if (run === null) {
      // Known before it answered: discovery or a supervisor was first.
      this.run = { ...newRun(nowMs), pid, startedMs };
      return;
    }
    if (isOther(run, pid, startedMs)) {
      if (this.#ended.some((ended) => !isOther(ended, pid, startedMs) && isKnown(ended))) {
        // Late news of a process that was before this one, unless that one was taken for dead and is back.
        if (run.end === null || run.pid !== null) return;
      }
      if (run.end === null) {
        const facts = { ...nothingKnown, kind: 'restart', pid: run.pid, uptimeMs: this.#uptimeMs(nowMs) } as const;
        if (this.#isLeaving(nowMs)) this.run!.end = 'clean';
        else
          this.#crash(
            nowMs,
            facts,
            `started again without having been stopped: ${nameOf(run)} is ${nameOf({ pid, startedMs })} now`,
          );
      }
      this.#remember(run);
      this.run = { ...newRun(nowMs), pid, startedMs };
      this.#isCrashed = false;
      this.#leavingMs = Number.NEGATIVE_INFINITY;
      this.#tellIdentity(nowMs);
      return;
    }
    const before = this.#ended.findLast((ended) => isKnown(ended) && !isOther(ended, pid, startedMs));
    if (!isKnown(run) && before !== undefined && run.end === null) run.returned = before.returned + 1;
    const isNews = (run.pid === null && pid !== null) || (run.startedMs === null && startedMs !== null);
    run.pid ??= pid;
    run.startedMs ??= startedMs;
    this.#isOnlyStarted = false;
    if (isNews) this.#tellIdentity(nowMs);
  }

  /** What discovery says of it. */
  listed(nowMs: number, status: ServiceStatus, identity: Identity): void {
    this.#seen(nowMs);
    this.isGone = false;
    const isLeaving = status === 'OUT_OF_SERVICE' || status === 'DOWN';
    if (isLeaving && this.#listed !== status) this.#leavingMs = nowMs;
    this.#listed = status;
    this.identified(nowMs, identity);
  }

  /** Discovery does not have it any more. */
  left(nowMs: number, cause: 'cancelled' | 'expired' | 'unknown'): void {
    if (this.isGone) {
      // Whoever was taken for stopped did not say so: its lease ran out.
      if (cause !== 'expired' || this.#failures === 0) return;
    }
    if (this.#isOnlyStarted && this.run?.end === null) return;
    this.isGone = true;
    const { run } = this;
    if (run === null || run.end !== null) {
      if (run?.end !== 'crash') this.#set(nowMs, 'OUT_OF_SERVICE', 'has left discovery', true);
      else this.#set(nowMs, 'DOWN', this.reason, true);
      return;
    }
    const isFailing = this.#failures >= this.#limits.refusals;
    const isDead =
      cause === 'expired' ? this.#failures > 0 : cause === 'unknown' && isFailing && !this.#isLeaving(nowMs);
    if (isDead) {
      const how = cause === 'expired' ? 'its lease in discovery has run out' : 'discovery does not have it any more';
      const facts = { ...nothingKnown, kind: 'heartbeat', pid: run.pid, uptimeMs: this.#uptimeMs(nowMs) } as const;
      this.#crash(nowMs, facts, `does not answer, and ${how}`);
      return;
    }
    if (cause === 'expired') {
      // It answers, so it lives: it only does not renew its lease.
      this.isGone = false;
      this.#set(nowMs, 'UNKNOWN', 'answers, but its lease in discovery has run out', true);
      return;
    }
    run.end = 'clean';
    this.#set(
      nowMs,
      'OUT_OF_SERVICE',
      cause === 'cancelled' ? 'stopped: it has left discovery' : 'has left discovery',
      true,
    );
  }

  /** A supervisor has started its process. */
  started(nowMs: number, pid: number | null, startedMs: number): void {
    this.#seen(nowMs);
    this.isGone = false;
    if (this.run !== null && this.run.end === null && isOther(this.run, pid, startedMs)) {
      // The supervisor tells of exits before starts: this one was not told.
      this.identified(nowMs, { pid, startedMs });
    } else if (this.run === null || this.run.end !== null) {
      if (this.run !== null) this.#remember(this.run);
      this.run = { ...newRun(nowMs), pid, startedMs };
      this.#isCrashed = false;
      this.#isOnlyStarted = true;
    }
    if (this.status !== 'UP') this.#set(nowMs, 'STARTING', `started with pid ${pid ?? 'unknown'}`);
  }

  /** A supervisor has seen the end of its process. */
  exited(nowMs: number, exit: Exit): void {
    this.#seen(nowMs);
    const { run } = this;
    const isPast = run !== null && exit.pid !== null && run.pid !== null && run.pid !== exit.pid;
    const isClean = exit.isExpected || isAskedEnd(exit);
    if (isPast) {
      const past = this.#ended.findLast((ended) => ended.pid === exit.pid);
      if (past !== undefined || isClean) return;
      // Its successor was noticed before its end, and before it itself ever was.
      const startedMs = exit.uptimeMs === null ? null : nowMs - exit.uptimeMs;
      const unseen = { ...newRun(nowMs), pid: exit.pid, startedMs, end: 'crash' as const };
      this.#remember(unseen);
      this.#tellCrash(nowMs, unseen, { ...exit, kind: 'exit' });
      return;
    }
    if (run === null) this.run = { ...newRun(nowMs), pid: exit.pid };
    else if (run.end !== null) return;
    else run.pid ??= exit.pid;
    this.#failures = Math.max(1, this.#failures);
    if (isClean) {
      this.run!.end = 'clean';
      this.#set(nowMs, 'OUT_OF_SERVICE', `stopped: ${endInWords(exit)}`);
    } else this.#crash(nowMs, { ...exit, kind: 'exit' }, `crashed: ${endInWords(exit)}`);
  }

  /** Nobody looks after it any more; what is known of it is old. */
  forgotten(nowMs: number, reason: string): void {
    this.#set(nowMs, 'UNKNOWN', reason);
  }

  /** Its status as it is, said again. */
  heartbeat(nowMs: number): void {
    this.#output.status({ ...this.#record(nowMs), isHeartbeat: true });
  }

  /** Who it is must be on the topic: a crawler that starts after this one knows by it who was replaced. */
  #tellIdentity(nowMs: number): void {
    if (this.#lastStatus !== null) this.heartbeat(nowMs);
  }

  #seen(nowMs: number): void {
    this.#firstMs ??= nowMs;
    if (this.sinceMs === 0) this.sinceMs = nowMs;
  }

  #isLeaving(nowMs: number): boolean {
    return nowMs - this.#leavingMs <= this.#limits.leavingMs;
  }

  #uptimeMs(nowMs: number): number | null {
    if (this.run === null) return null;
    return Math.max(0, (this.lastSeenMs ?? nowMs) - (this.run.startedMs ?? this.run.seenMs));
  }

  #crash(nowMs: number, facts: CrashFacts, reason: string): void {
    const run = this.run!;
    run.end = 'crash';
    // DOWN because of the crash is no flap, nor is being UP again after it.
    if (this.status === 'DOWN') this.#flapping.takeBack();
    this.#isCrashed = true;
    this.#tellCrash(nowMs, run, facts);
    this.reason = reason;
    this.#set(nowMs, 'DOWN', reason, true);
  }

  #tellCrash(
    nowMs: number,
    run: Run,
    { exitCode, kind, lastLines, pid, restarts, signal, uptimeMs }: CrashFacts,
  ): void {
    if (this.#isToldCrash(run, nowMs)) return;
    this.#output.crash({
      timestampMs: nowMs,
      service: this.service,
      instance: this.instance,
      kind,
      pid,
      exitCode,
      signal,
      uptimeMs,
      restarts,
      lastLines,
      startedMs: run.startedMs,
      returned: run.returned,
      id: this.#crashId(run),
    });
  }

  #crashId(run: Run): string {
    const who = `${run.pid}\n${run.startedMs ?? run.seenMs}\n${run.returned}`;
    return createHash('sha256').update(`${this.service}\n${this.instance}\n${who}`).digest('hex').slice(0, 24);
  }

  #remember(run: Run): void {
    this.#ended.push(run);
    if (this.#ended.length > endedMax) this.#ended.shift();
  }

  #set(nowMs: number, status: ServiceStatus, reason: string, isTold = false): void {
    const previous = this.status;
    this.reason = reason;
    if (status === previous && this.#lastStatus !== null) {
      if (isTold) this.#output.status(this.#record(nowMs));
      return;
    }
    this.status = status;
    this.sinceMs = nowMs;
    const isFromCrash = this.#isCrashed;
    if (status === 'UP') this.#isCrashed = false;
    const isFirst = this.#lastStatus === null || previous === 'STARTING' || previous === 'UNKNOWN';
    if (!isFirst && !isFromCrash && (status === 'UP' || status === 'DOWN')) this.#flapping.changed(nowMs);
    this.#output.status({ ...this.#record(nowMs), previous: this.#lastStatus });
    this.#lastStatus = status;
  }

  #record(nowMs: number): StatusRecord {
    return {
      timestampMs: nowMs,
      service: this.service,
      instance: this.instance,
      status: this.status,
      previous: this.status,
      reason: this.reason,
      isFlapping: this.isFlapping(nowMs),
      checkMs: this.checkMs === null ? null : Math.round(this.checkMs * 10) / 10,
      details: {
        address: this.address,
        version: this.version,
        run: this.run === null ? null : { ...this.run },
        source: this.source,
        isGone: this.isGone,
        crawler: this.#crawler,
      },
    };
  }
}

const nothingKnown: Exit = {
  pid: null,
  exitCode: null,
  signal: null,
  uptimeMs: null,
  restarts: null,
  lastLines: [],
  isExpected: false,
};

/** The facts of an exit, as a supervisor's record has them. */
export function exitOf(record: LifecycleRecord): Exit {
  const { exitCode, isExpected, lastLines, pid, restarts, signal, uptimeMs } = record;
  return { exitCode, isExpected, lastLines, pid, restarts, signal, uptimeMs };
}

function newRun(seenMs: number): Run {
  return { pid: null, startedMs: null, seenMs, returned: 0, end: null };
}

function isKnown(run: Pick<Run, 'pid' | 'startedMs'>): boolean {
  return run.pid !== null || run.startedMs !== null;
}

/** Whether a process is surely another one: what is not known of one of them tells nothing. */
function isOther(run: Pick<Run, 'pid' | 'startedMs'>, pid: number | null, startedMs: number | null): boolean {
  if (run.pid !== null && pid !== null && run.pid !== pid) return true;
  if (run.startedMs === null || startedMs === null) return false;
  // With the same pid, times that differ by less than any process takes to be replaced are two ways to tell one time.
  return Math.abs(run.startedMs - startedMs) > (run.pid !== null && run.pid === pid ? 60_000 : startToleranceMs);
}

function isAskedEnd({ exitCode, signal }: Exit): boolean {
  if (signal !== null) return askingSignals.has(signal);
  return exitCode === 0 || (exitCode !== null && askingCodes.has(exitCode));
}

function endInWords({ exitCode, signal }: Exit): string {
  if (signal !== null) return `ended by ${signal}`;
  return exitCode === null ? 'ended' : `exit code ${exitCode}`;
}

function nameOf({ pid, startedMs }: Pick<Run, 'pid' | 'startedMs'>): string {
  const started = startedMs === null ? '' : ` of ${new Date(startedMs).toISOString()}`;
  return pid === null ? `the process${started}` : `pid ${pid}${started}`;
}
