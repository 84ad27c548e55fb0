import { readdir, readFile } from 'node:fs/promises';
import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { Buckets } from '../request-metrics.ts';
import type { PrometheusText } from './prometheus.ts';

const gcBucketsMs = [1, 5, 10, 25, 50, 100, 250, 500, 1_000];
const gcKinds: Readonly<Record<number, string>> = {
  1: 'minor',
  2: 'minor',
  4: 'major',
  8: 'incremental',
  16: 'weakcb',
};

/** The process, under the names that prom-client has made usual. Measuring begins with the first look, as it costs a timer. */
export class ProcessMetrics {
  #delay: ReturnType<typeof monitorEventLoopDelay> | null = null;
  #observer: PerformanceObserver | null = null;
  #utilization: EventLoopUtilization | null = null;
  readonly #gc = new Map<string, Buckets>();

  /** Share of the time in which the event loop had nothing to do since the last look, 0 to 1. */
  idleShare(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = this.#utilization === null ? now : performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    return 1 - utilization;
  }

  async write(text: PrometheusText): Promise<void> {
    this.#start();
    const delay = this.#delay!;
    const seconds = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0);
    for (const percentile of [50, 90, 99]) {
      const help = `${percentile}th percentile of the event loop's delay since the last scrape.`;
      text.gauge(`nodejs_eventloop_lag_p${percentile}_seconds`, help, seconds(delay.percentile(percentile)));
    }
    text.gauge(
      'nodejs_eventloop_lag_max_seconds',
      'Longest delay of the event loop since the last scrape.',
      seconds(delay.max),
    );
    delay.reset();
    text.metric('nodejs_gc_duration_seconds', 'histogram', 'Garbage collections by kind.');
    for (const [kind, buckets] of this.#gc) text.buckets('nodejs_gc_duration_seconds', buckets, 1_000, { kind });
    const { arrayBuffers, external, heapTotal, heapUsed, rss } = process.memoryUsage();
    text.gauge('process_resident_memory_bytes', 'Resident memory of the process.', rss);
    text.gauge('nodejs_heap_size_total_bytes', 'Heap of JavaScript.', heapTotal);
    text.gauge('nodejs_heap_size_used_bytes', 'Heap of JavaScript that is in use.', heapUsed);
    text.gauge('nodejs_external_memory_bytes', 'Memory outside of the heap that belongs to objects.', external);
    text.gauge('nodejs_array_buffers_bytes', 'The part of it that is buffers.', arrayBuffers);
    const { system, user } = process.cpuUsage();
    text.counter('process_cpu_user_seconds_total', 'CPU time of the process itself.', user / 1e6);
    text.counter('process_cpu_system_seconds_total', 'CPU time of the system for it.', system / 1e6);
    text.counter('process_cpu_seconds_total', 'Both.', (user + system) / 1e6);
    text.gauge(
      'process_start_time_seconds',
      'When the process began, since the epoch.',
      performance.timeOrigin / 1_000,
    );
    const files = await openFiles();
    if (files === null) return;
    text.gauge('process_open_fds', 'Files and sockets that are open.', files.open);
    text.gauge('process_max_fds', 'How many may be.', files.max);
  }

  close(): void {
    this.#delay?.disable();
    this.#observer?.disconnect();
  }

  #start(): void {
    if (this.#delay !== null) return;
    this.#delay = monitorEventLoopDelay({ resolution: 20 });
    this.#delay.enable();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { detail, duration } = entry as unknown as { detail: { kind: number }; duration: number };
        const kind = gcKinds[detail.kind] ?? 'other';
        let buckets = this.#gc.get(kind);
        if (buckets === undefined) this.#gc.set(kind, (buckets = new Buckets(gcBucketsMs)));
        buckets.add(duration);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }
}

/** Where the system tells it (Linux). */
async function openFiles(): Promise<{ open: number; max: number } | null> {
  try {
    const [open, limits] = await Promise.all([readdir('/proc/self/fd'), readFile('/proc/self/limits', 'utf8')]);
    const max = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return { open: open.length, max: Number(max ?? 0) };
  } catch {
    return null;
  }
}
