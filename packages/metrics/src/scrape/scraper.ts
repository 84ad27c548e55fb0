import { createHash } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import { LabelSet } from '../labels/label-set.ts';
import { discoverTargets } from './discover-targets.ts';
import { relabel } from './relabel.ts';
import type { ScrapeJob, TargetSource } from './scrape-config.ts';
import { type ScrapeHost, Target } from './target.ts';

const concurrencyMax = 16;
const droppedMax = 1_000;

interface Scraped {
  target: Target;
  timer: NodeJS.Timeout | undefined;
  isRunning: boolean;
}

interface Found {
  labels: LabelSet[];
  timer: NodeJS.Timeout | undefined;
}

/** Finds targets and scrapes each of them in its interval; the targets of one interval are spread over it. */
export class Scraper {
  readonly #host: ScrapeHost;
  readonly #logger: Logger;
  readonly #jobs: readonly ScrapeJob[];
  readonly #stop = new AbortController();
  readonly #found = new Map<TargetSource, Found>();
  readonly #targets = new Map<string, Scraped>();
  readonly #dropped = new Map<string, LabelSet>();
  readonly #told = new Set<string>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #under = new Set<Promise<void>>();
  skipped = 0;

  constructor(jobs: readonly ScrapeJob[], host: ScrapeHost, logger: Logger) {
    this.#jobs = jobs;
    this.#host = host;
    this.#logger = logger;
  }

  start(): void {
    for (const job of this.#jobs) for (const source of job.sources) this.#track(this.#discover(job, source));
  }

  targets(): readonly Target[] {
    return [...this.#targets.values()].map(({ target }) => target);
  }

  dropped(): readonly LabelSet[] {
    return [...this.#dropped.values()];
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the scraper is closing'));
    for (const { timer } of this.#targets.values()) clearTimeout(timer);
    for (const { timer } of this.#found.values()) clearTimeout(timer);
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(this.#under);
  }

  #track(work: Promise<void>): void {
    this.#under.add(work);
    void work.finally(() => this.#under.delete(work));
  }

  async #discover(job: ScrapeJob, source: TargetSource): Promise<void> {
    const { signal } = this.#stop;
    const found = this.#found.get(source) ?? { labels: [], timer: undefined };
    this.#found.set(source, found);
    const where =
      source.kind === 'static' || source.kind === 'own' ? source.kind : source.url.replace(/\/\/[^@/]*@/, '//');
    try {
      found.labels = await discoverTargets(source, this.#host.getter, signal);
      if (this.#told.delete(where)) this.#logger.info({ job: job.name, where }, 'targets are found again');
    } catch (error) {
      if (signal.aborted) return;
      // Those that were found before stay.
      if (!this.#told.has(where))
        this.#logger.warn(
          { job: job.name, where, reason: (error as Error).message },
          'targets cannot be asked for now: trying again',
        );
      this.#told.add(where);
    }
    if (signal.aborted) return;
    this.#settle(job);
    if (source.kind === 'static') return;
    const waitMs = this.#told.has(where) ? Math.min(2_000, source.refreshMs) : source.refreshMs;
    found.timer = setTimeout(() => this.#track(this.#discover(job, source)), waitMs);
    found.timer.unref();
  }

  /** Begins to scrape what is new, ends what is gone. */
  #settle(job: ScrapeJob): void {
    const wanted = new Map<string, Target>();
    for (const source of job.sources)
      for (const labels of this.#found.get(source)?.labels ?? []) {
        const target = targetOf(job, labels);
        if (target === undefined) {
          if (this.#dropped.size < droppedMax) this.#dropped.set(`${job.name} ${labels.key}`, labels);
        } else if (wanted.size < job.targetLimit) wanted.set(`${job.name} ${target.key}`, target);
      }
    for (const [key, scraped] of this.#targets) {
      if (scraped.target.job !== job || wanted.has(key)) continue;
      clearTimeout(scraped.timer);
      this.#targets.delete(key);
      scraped.target.end(this.#host, this.#host.now());
    }
    for (const [key, target] of wanted) {
      if (this.#targets.has(key)) continue;
      const scraped: Scraped = { target, timer: undefined, isRunning: false };
      this.#targets.set(key, scraped);
      this.#schedule(scraped, key);
    }
  }

  #schedule(scraped: Scraped, key: string): void {
    const { intervalMs } = scraped.target.job;
    const spreadMs = createHash('md5').update(key).digest().readUInt32LE(0) % intervalMs;
    const nowMs = this.#host.now();
    let nextMs = Math.floor(nowMs / intervalMs) * intervalMs + spreadMs;
    while (nextMs <= nowMs) nextMs += intervalMs;
    scraped.timer = setTimeout(() => {
      if (scraped.isRunning) this.skipped += 1;
      else {
        scraped.isRunning = true;
        this.#track(this.#scrape(scraped.target, nextMs).finally(() => (scraped.isRunning = false)));
      }
      if (!this.#stop.signal.aborted && this.#targets.get(key) === scraped) this.#schedule(scraped, key);
    }, nextMs - nowMs);
    scraped.timer.unref();
  }

  async #scrape(target: Target, timeMs: number): Promise<void> {
    if (this.#running >= concurrencyMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#stop.signal.aborted) return;
    this.#running += 1;
    try {
      await target.scrape(this.#host, timeMs, this.#stop.signal);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** What becomes of found labels by the job's own and its rules; undefined: a rule drops it. */
function targetOf(job: ScrapeJob, found: LabelSet): Target | undefined {
  const start = new Map<string, string>([
    ['job', job.name],
    ['__scheme__', job.scheme],
    ['__metrics_path__', job.metricsPath],
    ...Object.entries(job.params).map(([name, values]): [string, string] => [`__param_${name}`, values[0] ?? '']),
    ...found.pairs(),
  ]);
  const discovered = LabelSet.fromPairs(start);
  const labels = relabel(discovered, job.relabels);
  if (labels === undefined) return undefined;
  const address = labels.get('__address__');
  if (address === '') return undefined;
  const scheme = labels.get('__scheme__');
  const path = labels.get('__metrics_path__');
  let url: URL;
  try {
    url = new URL(`${scheme}://${address}${path.startsWith('/') ? '' : '/'}${path}`);
  } catch {
    return undefined;
  }
  for (const [name, values] of Object.entries(job.params))
    for (const value of values) url.searchParams.append(name, value);
  for (const [name, value] of labels.pairs())
    if (name.startsWith('__param_')) url.searchParams.set(name.slice('__param_'.length), value);
  let kept = labels.keep((name) => !name.startsWith('__'));
  if (kept.get('instance') === '') kept = kept.with('instance', url.host);
  return new Target(job, discovered, kept, url.href);
}
