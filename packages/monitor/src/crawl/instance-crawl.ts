import type { Clock } from '../clock.ts';
import type { BoundedGetter } from '../poll/bounded-get.ts';
import { HealthProbe } from '../poll/health-probe.ts';
import type { InstanceWatch } from '../watch/instance-watch.ts';

export interface CrawlTimes {
  /** Between two looks at one instance. Default 1 s. */
  everyMs: number;
  /** For one look. Default 2 s. */
  timeoutMs: number;
  /** Between two records of its process' state. Default 15 s. */
  processEveryMs: number;
  /** Between two heartbeats of its status. Default a minute. */
  heartbeatMs: number;
}

export const crawlTimes: CrawlTimes = { everyMs: 1_000, timeoutMs: 2_000, processEveryMs: 15_000, heartbeatMs: 60_000 };

export interface InstanceCrawlHost {
  clock: Clock;
  getter: BoundedGetter;
  times: CrawlTimes;
  /** Runs work when there is room for it. */
  bounded<T>(work: () => Promise<T>): Promise<T>;
  random(): number;
  /** Another crawler, beside the service, looks after it: nothing is said of it here. */
  isElsewhere(crawl: InstanceCrawl): boolean;
  /** Whether it has surely gone, where it does not answer: 'wait' when something else will tell. */
  confirm(crawl: InstanceCrawl): Promise<{ is: 'gone' | 'alive' | 'wait'; reason: string }>;
  /** Reads who it is and how its process does; tells its state. */
  readProcess(crawl: InstanceCrawl): Promise<void>;
}

/** After a look that was refused the next one is soon: whether it is back or gone. */
const againMs = 250;

/** Looks after one instance: its health each second, its process now and then. */
export class InstanceCrawl {
  readonly watch: InstanceWatch;
  readonly url: string | null;
  /** Given or from discovery; a process that says who it is itself is believed where these are silent. */
  isIdentityTold = false;
  /** CPU seconds at the last look at its process. */
  cpu: { seconds: number; atMs: number; pid: number | null } | undefined;
  restarts: number | null = null;
  readonly #host: InstanceCrawlHost;
  readonly #probe: HealthProbe | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelProcess: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;
  #isLooking = false;
  #isStopped = true;
  #isConfirming = false;

  constructor(host: InstanceCrawlHost, watch: InstanceWatch, url: string | null, healthUrls: readonly string[] = []) {
    this.#host = host;
    this.watch = watch;
    this.url = url;
    if (url !== null) this.#probe = new HealthProbe(host.getter, url, healthUrls);
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    const { clock, random, times } = this.#host;
    // Spread from the start: hundreds of services found at once are not asked at once.
    if (this.#probe === undefined) {
      // Its process is all that there is to look at.
      this.#cancelProcess ??= clock.schedule(500, () => this.#process());
    } else {
      this.#schedule(random() * Math.min(250, times.everyMs));
      this.#cancelProcess ??= clock.schedule(500 + random() * 1_000, () => this.#process());
    }
    this.#cancelHeartbeat ??= clock.schedule(times.heartbeatMs * (0.5 + random() / 2), () => this.#heartbeat());
  }

  /** Stops looking; heartbeats of its status go on. */
  pause(): void {
    this.#isStopped = true;
    this.#cancelLook?.();
    this.#cancelProcess?.();
    this.#cancelLook = undefined;
    this.#cancelProcess = undefined;
  }

  close(): void {
    this.pause();
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = undefined;
  }

  /** Looks once, now. */
  async look(): Promise<void> {
    if (this.#probe === undefined || this.#isLooking || this.#host.isElsewhere(this)) return;
    this.#isLooking = true;
    const { bounded, clock, times } = this.#host;
    try {
      const wasDown = this.watch.status !== 'UP';
      const found = await bounded(() => this.#probe!.look(times.timeoutMs));
      const nowMs = clock.now();
      if (found.how === 'answered') {
        this.watch.answered(nowMs, found.status, found.reason, found.tookMs);
        // Back again: who is it?
        if (wasDown && !this.#isStopped) this.#soonProcess();
        return;
      }
      if (this.watch.failed(nowMs, found.how, found.reason, found.tookMs)) await this.#confirm(found.reason);
    } finally {
      this.#isLooking = false;
    }
  }

  async #confirm(reason: string): Promise<void> {
    if (this.#isConfirming) return;
    this.#isConfirming = true;
    try {
      const verdict = await this.#host.confirm(this);
      const nowMs = this.#host.clock.now();
      if (verdict.is === 'gone') this.watch.gone(nowMs, reason);
      else if (verdict.is === 'alive') this.watch.alive(nowMs, `${reason}; ${verdict.reason}`);
    } finally {
      this.#isConfirming = false;
    }
  }

  #schedule(delayMs: number): void {
    this.#cancelLook = this.#host.clock.schedule(delayMs, () => {
      const { clock, random, times } = this.#host;
      const startMs = clock.now();
      void this.look().finally(() => {
        if (this.#isStopped) return;
        const isSoon = this.watch.status === 'DOWN' && this.watch.run?.end === null;
        const everyMs = isSoon ? againMs : times.everyMs * (0.9 + random() * 0.2);
        this.#schedule(Math.max(isSoon ? againMs : 0, startMs + everyMs - clock.now()));
      });
    });
  }

  #soonProcess(): void {
    this.#cancelProcess?.();
    this.#cancelProcess = this.#host.clock.schedule(0, () => this.#process());
  }

  #process(): void {
    const { bounded, clock, random, readProcess, times } = this.#host;
    const read = async (): Promise<void> => {
      if (!this.#host.isElsewhere(this)) await readProcess(this);
    };
    void bounded(read).finally(() => {
      if (this.#isStopped) return;
      this.#cancelProcess?.();
      this.#cancelProcess = clock.schedule(times.processEveryMs * (0.95 + random() / 10), () => this.#process());
    });
  }

  #heartbeat(): void {
    const { clock, times } = this.#host;
    if (!this.#host.isElsewhere(this)) this.watch.heartbeat(clock.now());
    this.#cancelHeartbeat = clock.schedule(times.heartbeatMs, () => this.#heartbeat());
  }
}
