import { type Logger, silentLogger } from '@headwater/logger';
import { type Clock, systemClock } from '../clock.ts';
import type { LifecycleRecord, Run, ServiceStatus, StatusDetails, Tell } from '../events/records.ts';
import { BoundedGetter } from '../poll/bounded-get.ts';
import { isThisMachine, readLocalProcess } from '../poll/local-process.ts';
import { forgetPages, readProcess } from '../poll/read-process.ts';
import { exitOf, type Identity, InstanceWatch, type WatchLimits } from '../watch/instance-watch.ts';
import { type CrawlTimes, crawlTimes, InstanceCrawl, type InstanceCrawlHost } from './instance-crawl.ts';
import { type DiscoveredInstance, defaultInstance, type Target } from './target.ts';
import { WorkBound } from './work-bound.ts';

export interface InstanceMemory {
  service: string;
  instance: string;
  status: ServiceStatus;
  sinceMs: number;
  reason: string;
  run: Run | null;
}

export interface CrawlerOptions {
  tell: Tell;
  /** Names it in records. */
  name: string;
  clock?: Clock;
  times?: Partial<CrawlTimes>;
  limits?: WatchLimits;
  /** Looks at once. Default 64. */
  looksMax?: number;
  /** Instances at most; one more is counted and left out. Default 5,000. */
  instancesMax?: number;
  ca?: string | undefined;
  /** Asks discovery now; resolves when what it told is current. */
  refresh?: () => Promise<void>;
  /** Another crawler, beside the service, looks after it. */
  isElsewhere?: (service: string, instance: string) => boolean;
  memory?: (service: string, instance: string) => InstanceMemory | undefined;
  isToldCrash?: (service: string, instance: string, run: Run, nowMs: number) => boolean;
  random?: () => number;
  logger?: Logger;
}

/** Why an instance left is told by another way than that it left: so long it is waited for. */
const causeWaitMs = 1_000;
/** Clocks of two processes, and answers of one that drains. */
const causeToleranceMs = 3_000;
/** Instances that have left stay known for so long, for late news of them. */
const goneKeptMs = 120_000;

interface Entry {
  crawl: InstanceCrawl;
  watch: InstanceWatch;
  goneMs: number | null;
  /** It left, or is another process now, and why is not known yet. */
  cancelWait: (() => void) | undefined;
  pending: (() => void) | undefined;
}

type Cause = 'cancelled' | 'expired';

/** Looks after instances: those that discovery has, those that are listed, and those that supervisors tell of. */
export class Crawler {
  readonly #options: CrawlerOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #getter: BoundedGetter;
  readonly #bound: WorkBound;
  readonly #entries = new Map<string, Entry>();
  /** Pid → how often its supervisor has started it again. */
  readonly #restarts = new Map<number, number>();
  readonly #causes = new Map<string, { cause: Cause; atMs: number }>();
  readonly #host: InstanceCrawlHost;
  readonly #instancesMax: number;
  #isClosed = false;
  #isStarted = false;
  left = 0;

  constructor(options: CrawlerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#getter = new BoundedGetter({ ca: options.ca });
    this.#bound = new WorkBound(options.looksMax ?? 64);
    this.#instancesMax = options.instancesMax ?? 5_000;
    this.#host = {
      clock: this.#clock,
      getter: this.#getter,
      times: { ...crawlTimes, ...options.times },
      bounded: (work) => this.#bound.run(work),
      random: options.random ?? Math.random,
      isElsewhere: ({ watch }) => options.isElsewhere?.(watch.service, watch.instance) ?? false,
      confirm: (crawl) => this.#confirm(crawl),
      readProcess: async (crawl) => {
        const state = await readProcess(this.#getter, crawl, () => this.#clock.now());
        if (state !== undefined && !this.#isClosed) options.tell('process', state);
      },
    };
  }

  /** Instances that are looked after, and looks that run or wait now. */
  get state(): { instances: number; leftOut: number; running: number; waiting: number } {
    return {
      instances: this.#entries.size,
      leftOut: this.left,
      running: this.#bound.running,
      waiting: this.#bound.waiting,
    };
  }

  watches(): InstanceWatch[] {
    return [...this.#entries.values()].map(({ watch }) => watch);
  }

  start(): void {
    this.#isStarted = true;
    for (const { crawl, goneMs } of this.#entries.values()) if (goneMs === null) crawl.start();
  }

  /** May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const { cancelWait, crawl } of this.#entries.values()) {
      cancelWait?.();
      crawl.close();
    }
    this.#getter.close();
  }

  /** All that are listed by people, now. */
  setTargets(targets: readonly Target[], source: StatusDetails['source'] = 'list'): void {
    const wanted = new Set<string>();
    for (const target of targets) {
      const { pid, service, url } = target;
      const instance = target.instance ?? defaultInstance(service, url);
      wanted.add(keyOf(service, instance));
      const entry = this.#entry(service, instance, url, source, []);
      if (entry === undefined) continue;
      if (pid !== undefined) {
        entry.watch.identified(this.#clock.now(), { pid });
        entry.crawl.isIdentityTold = true;
      }
    }
    for (const [key, { watch }] of [...this.#entries]) {
      if (watch.source !== source || wanted.has(key)) continue;
      watch.left(this.#clock.now(), 'unknown');
      this.#drop(key);
    }
  }

  /** One service that this crawler is there for. */
  addBeside(target: { service: string; instance: string; url: string | null; pid: number | undefined }): InstanceWatch {
    const { instance, pid, service, url } = target;
    const { crawl, watch } = this.#entry(service, instance, url, 'beside', [])!;
    if (pid !== undefined) {
      watch.identified(this.#clock.now(), { pid });
      crawl.isIdentityTold = true;
    }
    return watch;
  }

  /** Those that were looked after before: what became of them meanwhile is found out. */
  restore(memories: readonly (InstanceMemory & { address: string | null; source: StatusDetails['source'] })[]): void {
    for (const { address, instance, service, source } of memories)
      if (source !== 'list' && source !== 'beside') this.#entry(service, instance, address, source, []);
  }

  /** All that discovery has, now. */
  setDiscovered(instances: readonly DiscoveredInstance[]): void {
    const listed = new Set<string>();
    for (const each of instances) {
      const key = keyOf(each.service, each.instance);
      listed.add(key);
      const entry = this.#entry(each.service, each.instance, each.url, 'discovery', each.healthUrls);
      if (entry === undefined) continue;
      const apply = (): void => this.#list(entry, each);
      if (entry.pending !== undefined) {
        // It left and is here again before it was known why.
        entry.cancelWait?.();
        this.#settle(key, entry);
        apply();
      } else if (isReplaced(entry.watch, each)) {
        // Another process has its name: how the one before ended is told in a moment, if anybody saw it.
        if (this.#cause(key, entry.watch) !== undefined) {
          entry.pending = apply;
          this.#settle(key, entry);
        } else {
          entry.pending = apply;
          entry.cancelWait = this.#clock.schedule(causeWaitMs, () => this.#settle(key, entry));
        }
      } else apply();
    }
    for (const [key, entry] of this.#entries) {
      if (entry.watch.source !== 'discovery' || entry.goneMs !== null || listed.has(key)) continue;
      this.#leave(key, entry);
    }
    this.#forgetOld();
  }

  /** Why discovery does not have an instance any more, or has it anew. */
  discoveryTold(service: string, instance: string, event: string, atMs: number): void {
    if (event !== 'CANCELLED' && event !== 'EXPIRED') return;
    const key = keyOf(service.toLowerCase(), instance);
    const cause: Cause = event === 'CANCELLED' ? 'cancelled' : 'expired';
    this.#causes.delete(key);
    this.#causes.set(key, { cause, atMs });
    if (this.#causes.size > 10_000) this.#causes.delete(this.#causes.keys().next().value!);
    const entry = this.#entries.get(key);
    if (entry?.pending === undefined) return;
    entry.cancelWait?.();
    this.#settle(key, entry);
  }

  /** What a supervisor tells of a process. */
  supervisorTold(record: LifecycleRecord): void {
    const nowMs = this.#clock.now();
    const { pid, restarts } = record;
    if (pid !== null) {
      this.#restarts.set(pid, restarts);
      if (this.#restarts.size > 1_000) this.#restarts.delete(this.#restarts.keys().next().value!);
    }
    const entry = this.#supervised(record);
    if (entry === undefined) return;
    const { crawl, watch } = entry;
    crawl.restarts = restarts;
    if (record.event === 'exit') watch.exited(nowMs, exitOf(record));
    else watch.started(nowMs, pid, record.timestampMs);
  }

  #entry(
    service: string,
    instance: string,
    url: string | null,
    source: StatusDetails['source'],
    healthUrls: readonly string[],
  ): Entry | undefined {
    const key = keyOf(service, instance);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      const isMoved = url !== null && known.crawl.url !== url;
      if (isMoved) this.#rehouse(known, url, healthUrls);
      if (source === 'discovery') known.watch.source = 'discovery';
      if (known.goneMs !== null) {
        known.goneMs = null;
        forgetPages(known.crawl);
      }
      if (this.#isStarted) known.crawl.start();
      return known;
    }
    if (this.#entries.size >= this.#instancesMax) {
      this.left += 1;
      if (this.left === 1)
        this.#logger.warn({ instancesMax: this.#instancesMax }, 'too many instances: some are not looked after');
      return undefined;
    }
    const memory = this.#options.memory?.(service, instance);
    const watch = new InstanceWatch(
      {
        service,
        instance,
        address: url,
        source,
        crawler: this.#options.name,
        ...(this.#options.limits && { limits: this.#options.limits }),
        ...(memory && { memory }),
        isToldCrash: (run, nowMs) => this.#options.isToldCrash?.(service, instance, run, nowMs) ?? false,
      },
      {
        status: (record) => this.#options.tell('status', record),
        crash: (record) => this.#options.tell('crash', record),
      },
    );
    const crawl = new InstanceCrawl(this.#host, watch, url, healthUrls);
    const entry: Entry = { crawl, watch, goneMs: null, cancelWait: undefined, pending: undefined };
    this.#entries.set(key, entry);
    if (this.#isStarted) crawl.start();
    return entry;
  }

  #rehouse(entry: Entry, url: string, healthUrls: readonly string[]): void {
    entry.crawl.close();
    entry.watch.address = url;
    const { isIdentityTold, restarts } = entry.crawl;
    entry.crawl = new InstanceCrawl(this.#host, entry.watch, url, healthUrls);
    entry.crawl.isIdentityTold = isIdentityTold;
    entry.crawl.restarts = restarts;
  }

  #list(entry: Entry, { pid = null, startedMs = null, status, version = null }: DiscoveredInstance): void {
    entry.crawl.isIdentityTold = pid !== null || startedMs !== null;
    if (pid !== null) entry.crawl.restarts = this.#restarts.get(pid) ?? entry.crawl.restarts;
    this.#replaceNameless(entry.watch.service);
    entry.watch.listed(this.#clock.now(), status, { pid, startedMs, version });
    if (this.#isStarted) entry.crawl.start();
  }

  #leave(key: string, entry: Entry): void {
    const nowMs = this.#clock.now();
    entry.goneMs = nowMs;
    entry.crawl.pause();
    entry.pending = () => {};
    if (this.#cause(key, entry.watch) !== undefined) this.#settle(key, entry);
    else entry.cancelWait = this.#clock.schedule(causeWaitMs, () => this.#settle(key, entry));
  }

  /** Why it left is known by now, or will not be. */
  #settle(key: string, entry: Entry): void {
    const { crawl, pending, watch } = entry;
    entry.pending = undefined;
    entry.cancelWait = undefined;
    const cause = this.#cause(key, watch);
    this.#causes.delete(key);
    const nowMs = this.#clock.now();
    if (entry.goneMs === null) {
      // Listed still, as another process.
      if (cause === 'cancelled') watch.left(nowMs, 'cancelled');
      pending?.();
      return;
    }
    if (cause !== 'expired' || watch.run?.end !== null) {
      watch.left(nowMs, cause ?? 'unknown');
      return;
    }
    // It may live and only not renew its lease.
    void crawl.look().finally(() => {
      if (!this.#isClosed && entry.goneMs !== null) watch.left(this.#clock.now(), 'expired');
    });
  }

  /** Why the process that is known of an instance left: what was told before that process was last seen is of another one. */
  #cause(key: string, { lastSeenMs, run }: InstanceWatch): Cause | undefined {
    const found = this.#causes.get(key);
    const seenMs = Math.max(run?.seenMs ?? 0, lastSeenMs ?? 0);
    return found !== undefined && found.atMs >= seenMs - causeToleranceMs ? found.cause : undefined;
  }

  async #confirm(crawl: InstanceCrawl): Promise<{ is: 'gone' | 'alive' | 'wait'; reason: string }> {
    const { url, watch } = crawl;
    const key = keyOf(watch.service, watch.instance);
    if (watch.source === 'discovery') {
      await this.#options.refresh?.().catch(() => {});
      const entry = this.#entries.get(key);
      if (entry === undefined || entry.goneMs !== null || entry.pending !== undefined)
        return { is: 'wait', reason: '' };
      if (this.#cause(key, watch) === 'cancelled') return { is: 'wait', reason: '' };
    }
    const pid = watch.run?.pid ?? null;
    if (pid !== null && url !== null && isThisMachine(new URL(url).hostname)) {
      const process_ = await readLocalProcess(pid);
      const startedMs = watch.run?.startedMs ?? null;
      const isIt = process_ !== undefined && (startedMs === null || Math.abs(process_.startedMs - startedMs) < 60_000);
      if (isIt) return { is: 'alive', reason: `its process ${pid} is there` };
    }
    return { is: 'gone', reason: '' };
  }

  /** Whom a supervisor means: it knows the service and the pid, not always the name in discovery. */
  #supervised({ host, instance, pid, service, event }: LifecycleRecord): Entry | undefined {
    const name = service.toLowerCase();
    if (instance !== null)
      return this.#entries.get(keyOf(name, instance)) ?? this.#entry(name, instance, null, 'lifecycle', []);
    const all = [...this.#entries.values()].filter(({ watch }) => watch.service === name);
    const isPid = ({ watch }: Entry): boolean => pid !== null && watch.run?.pid === pid;
    const found =
      all.find(isPid) ??
      [...this.#entries.values()].find((entry) => event === 'exit' && entry.watch.run?.end === null && isPid(entry));
    if (found !== undefined) return found;
    // A start, or the end of one that never registered: the only one there is of this service.
    if (all.length === 1 && (event === 'exit' || all[0]!.watch.run?.end !== null)) return all[0];
    // One that starts has a name in discovery soon; one that ended before that has none.
    return event !== 'exit' || all.length > 1 ? undefined : this.#entry(name, `${host}:${name}`, null, 'lifecycle', []);
  }

  /** An instance that only a supervisor knew is in discovery now, by its own name. */
  #replaceNameless(service: string): void {
    for (const [key, { crawl, watch }] of this.#entries) {
      if (watch.service !== service || watch.source !== 'lifecycle' || crawl.url !== null) continue;
      watch.left(this.#clock.now(), 'unknown');
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    entry?.cancelWait?.();
    entry?.crawl.close();
    this.#entries.delete(key);
  }

  #forgetOld(): void {
    const nowMs = this.#clock.now();
    for (const [key, { goneMs, pending }] of this.#entries)
      if (goneMs !== null && pending === undefined && nowMs - goneMs > goneKeptMs) this.#drop(key);
  }
}

function keyOf(service: string, instance: string): string {
  return `${service}\n${instance}`;
}

/** Whether discovery names another process than the one that was here, which nobody has seen end. */
function isReplaced({ run }: InstanceWatch, { pid = null, startedMs = null }: Identity): boolean {
  if (run === null || run.end !== null) return false;
  if (run.pid !== null && pid !== null) return run.pid !== pid;
  return run.startedMs !== null && startedMs !== null && Math.abs(run.startedMs - startedMs) > 2_500;
}
