import { isOpenMetrics, type Metadata, parseExposition } from '../exposition/parse-exposition.ts';
import { parseSeries } from '../exposition/parse-series.ts';
import { LabelSet } from '../labels/label-set.ts';
import type { SampleStore } from '../store/sample-store.ts';
import type { Series } from '../store/series.ts';
import type { HttpGetter } from './http-get.ts';
import { relabel } from './relabel.ts';
import type { ScrapeJob } from './scrape-config.ts';

/** Gets what was scraped, once it is stored. */
export interface SampleSink {
  sample(series: Series, type: string, timeMs: number, value: number): void;
}

export interface ScrapeHost {
  store: SampleStore;
  getter: HttpGetter;
  sink: SampleSink;
  metadata(name: string, metadata: Readonly<Metadata>): void;
  /** What was asked for and not kept, by reason. */
  refused(reason: 'sample-limit' | 'series-limit' | 'out-of-order' | 'body' | 'labels', samples: number): void;
  now(): number;
}

interface Known {
  /** null: it is not kept. */
  series: Series | null;
  type: string;
  scrape: number;
}

const accept =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/** Something that is scraped, and what it told last. */
export class Target {
  readonly job: ScrapeJob;
  /** As they were found. */
  readonly discovered: LabelSet;
  readonly labels: LabelSet;
  readonly url: string;
  health: 'unknown' | 'up' | 'down' = 'unknown';
  lastError = '';
  lastScrapeMs: number | null = null;
  lastSeconds = 0;
  lastSamples = 0;
  readonly #path: string;
  #usedUrl: string;
  #known = new Map<string, Known>();
  readonly #reports = new Map<string, Series | undefined>();
  #scrape = 0;

  constructor(job: ScrapeJob, discovered: LabelSet, labels: LabelSet, url: string) {
    this.job = job;
    this.discovered = discovered;
    this.labels = labels;
    this.url = url;
    this.#usedUrl = url;
    this.#path = new URL(url).pathname;
  }

  get key(): string {
    return `${this.url} ${this.labels.key}`;
  }

  /** Never rejects: what went wrong is in `lastError`, and `up` is 0. @param timeMs what the samples are stamped with */
  async scrape(host: ScrapeHost, timeMs: number, signal: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    let error = '';
    let count = 0;
    let added = 0;
    let kept = 0;
    try {
      const { contentType, text } = await this.#fetch(host, signal);
      ({ added, count, kept } = this.#store(host, text, isOpenMetrics(contentType), timeMs));
    } catch (thrown) {
      if (signal.aborted) return;
      error = (thrown as Error).message;
      this.#end(host, timeMs);
    }
    this.lastSeconds = (performance.now() - startedMs) / 1_000;
    this.lastError = error;
    this.lastScrapeMs = timeMs;
    this.lastSamples = count;
    this.health = error === '' ? 'up' : 'down';
    this.#report(host, 'up', timeMs, error === '' ? 1 : 0);
    this.#report(host, 'scrape_duration_seconds', timeMs, this.lastSeconds);
    this.#report(host, 'scrape_samples_scraped', timeMs, count);
    this.#report(host, 'scrape_samples_post_metric_relabeling', timeMs, kept);
    this.#report(host, 'scrape_series_added', timeMs, added);
    host.store.flush();
  }

  /** The target is gone: so are its series. */
  end(host: ScrapeHost, timeMs: number): void {
    this.#end(host, timeMs);
    for (const series of this.#reports.values()) if (series !== undefined) host.store.appendStale(series, timeMs);
    host.store.flush();
  }

  async #fetch(host: ScrapeHost, signal: AbortSignal): Promise<{ text: string; contentType: string }> {
    const { bodyBytesMax, headers, otherPath, timeoutMs } = this.job;
    const authorization = await this.job.authorizationFor?.(this.url);
    const ask = {
      timeoutMs,
      maxBodyBytes: bodyBytesMax,
      signal,
      headers: {
        accept,
        'user-agent': 'Prometheus/2.42.0',
        'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1_000),
        ...headers,
        ...(authorization !== undefined && { authorization }),
      },
    };
    let answer = await host.getter.ask(this.#usedUrl, ask);
    if (answer.status === 404 && otherPath !== undefined && otherPath !== this.#path) {
      const other = new URL(this.url);
      other.pathname = other.href === this.#usedUrl ? this.#path : otherPath;
      const second = await host.getter.ask(other.href, ask);
      if (second.status === 200) {
        this.#usedUrl = other.href;
        answer = second;
      }
    }
    if (answer.status !== 200) throw new Error(`server returned HTTP status ${answer.status}`);
    return { text: answer.body.toString('utf8'), contentType: answer.contentType };
  }

  #store(
    host: ScrapeHost,
    text: string,
    isOpen: boolean,
    timeMs: number,
  ): { count: number; added: number; kept: number } {
    const { honorTimestamps, sampleLimit } = this.job;
    const types = new Map<string, string>();
    const samples: { known: Known; value: number; timeMs: number }[] = [];
    let count = 0;
    let added = 0;
    this.#scrape += 1;
    const sample = (text_: string, value: number, ownMs: number | undefined): void => {
      count += 1;
      if (count > sampleLimit) return;
      let known = this.#known.get(text_);
      if (known === undefined) {
        const key = ownText(text_);
        const labels = this.#labelsOf(key);
        const series = labels === undefined ? null : (host.store.series(labels) ?? undefined);
        if (series === undefined) {
          host.refused('series-limit', 1);
          return;
        }
        known = { series, type: labels === undefined ? '' : typeOf(labels.name, types), scrape: 0 };
        this.#known.set(key, known);
        added += 1;
      }
      known.scrape = this.#scrape;
      samples.push({ known, value, timeMs: honorTimestamps && ownMs !== undefined ? ownMs : timeMs });
    };
    try {
      parseExposition(text, isOpen, {
        sample,
        metadata(name, metadata) {
          types.set(name, metadata.type);
          host.metadata(name, metadata);
        },
      });
    } catch (error) {
      host.refused('body', count);
      throw error;
    }
    if (count > sampleLimit) {
      host.refused('sample-limit', count);
      throw new Error(`sample_limit exceeded: ${count} samples, ${sampleLimit} are allowed`);
    }
    let kept = 0;
    for (const { known, timeMs: at, value } of samples) {
      if (known.series === null) continue;
      kept += 1;
      const result = host.store.append(known.series, at, value);
      if (result === 'added') host.sink.sample(known.series, known.type, at, value);
      else if (result !== 'duplicate') host.refused('out-of-order', 1);
    }
    for (const [key, { scrape, series }] of this.#known) {
      if (scrape === this.#scrape) continue;
      if (series !== null) host.store.appendStale(series, timeMs);
      this.#known.delete(key);
    }
    return { count, added, kept };
  }

  #end(host: ScrapeHost, timeMs: number): void {
    for (const { series } of this.#known.values()) if (series !== null) host.store.appendStale(series, timeMs);
    this.#known = new Map();
  }

  /** The target's labels win unless they are to be honoured; those that lose are kept as `exported_…`. */
  #labelsOf(text: string): LabelSet | undefined {
    const pairs = new Map(parseSeries(text));
    for (const [name, value] of this.labels.pairs()) {
      const own = pairs.get(name);
      if (this.job.honorLabels && own !== undefined) continue;
      pairs.set(name, value);
      if (own === undefined || own === '' || this.job.honorLabels) continue;
      let exported = `exported_${name}`;
      while (pairs.has(exported)) exported = `exported_${exported}`;
      pairs.set(exported, own);
    }
    return relabel(LabelSet.fromPairs(pairs), this.job.metricRelabels);
  }

  #report(host: ScrapeHost, name: string, timeMs: number, value: number): void {
    let series = this.#reports.get(name);
    if (series === undefined) {
      series = host.store.series(this.labels.with('__name__', name));
      this.#reports.set(name, series);
    }
    if (series === undefined) host.refused('series-limit', 1);
    else if (host.store.append(series, timeMs, value) === 'added') host.sink.sample(series, 'gauge', timeMs, value);
  }
}

/** A copy: a part of an answer that is kept would keep all of the answer with it. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}

/** The type of the metric that a series belongs to. */
function typeOf(name: string, types: ReadonlyMap<string, string>): string {
  const type = types.get(name) ?? types.get(name.replace(/_(?:total|bucket|sum|count|info|created)$/, '')) ?? 'unknown';
  return type;
}
