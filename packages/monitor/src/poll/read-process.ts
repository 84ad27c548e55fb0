import type { InstanceCrawl } from '../crawl/instance-crawl.ts';
import type { ProcessStateRecord } from '../events/records.ts';
import type { BoundedGetter } from './bounded-get.ts';
import { isThisMachine, readLocalProcess } from './local-process.ts';
import { type ProcessMetrics, parseProcessMetrics } from './process-metrics.ts';

const timeoutMs = 3_000;
const metricsBytesMax = 4 * 1024 * 1024;
const infoBytesMax = 64 * 1024;
const metricsPaths = ['/metrics', '/actuator/prometheus'];
const infoPaths = ['/info', '/actuator/info'];
const none: ProcessMetrics = {
  startedMs: null,
  cpuSeconds: null,
  cpuPercent: null,
  residentBytes: null,
  heapBytes: null,
  openFiles: null,
  uptimeMs: null,
  eventLoopDelayMs: null,
};

/** Which pages an instance has; what was not there is asked again when it has been away. */
const pagesOf = new WeakMap<InstanceCrawl, { metrics: string | null | undefined; info: string | null | undefined }>();

/**
 * Reads who an instance is (pid, start) and how its process does, from its pages of metrics and info, and from `/proc` where its process is on this machine. Tells
 * the watch who it is.
 *
 * @returns undefined when nothing is known of its process
 */
export async function readProcess(
  getter: BoundedGetter,
  crawl: InstanceCrawl,
  now: () => number,
): Promise<ProcessStateRecord | undefined> {
  const { url, watch } = crawl;
  let pages = pagesOf.get(crawl);
  if (pages === undefined) pagesOf.set(crawl, (pages = { metrics: undefined, info: undefined }));
  const text = async (kind: 'metrics' | 'info', paths: readonly string[], bytesMax: number): Promise<string | null> => {
    const known = pages[kind];
    if (known === null || url === null) return null;
    for (const path of known === undefined ? paths : [known]) {
      const answer = await getter.get(String(new URL(path, url)), { timeoutMs, bytesMax }).catch(() => null);
      if (answer === null) return null;
      if (answer.status !== 200 || answer.isCut) continue;
      pages[kind] = path;
      return answer.body.toString('utf8');
    }
    pages[kind] = null;
    return null;
  };

  const page = await text('metrics', metricsPaths, metricsBytesMax);
  const metrics = page === null ? none : parseProcessMetrics(page);
  let told = crawl.isIdentityTold ? undefined : infoIdentity(await text('info', infoPaths, infoBytesMax));
  if (told?.pid === null && told.startedMs === null) told = undefined;
  if (!crawl.isIdentityTold) {
    const startedMs = told?.startedMs ?? metrics.startedMs;
    watch.identified(now(), { pid: told?.pid ?? null, startedMs, version: told?.version ?? null });
  }
  const pid = watch.run?.end === null ? watch.run.pid : null;
  const isLocal = pid !== null && (url === null || isThisMachine(new URL(url).hostname));
  let local = isLocal ? await readLocalProcess(pid) : undefined;
  // A container tells a pid of its own world.
  const startedMs = metrics.startedMs ?? watch.run?.startedMs ?? null;
  if (local !== undefined && startedMs !== null && Math.abs(local.startedMs - startedMs) > 60_000) local = undefined;
  if (page === null && local === undefined && pid === null) return undefined;

  const nowMs = now();
  const cpuSeconds = metrics.cpuSeconds ?? local?.cpuSeconds ?? null;
  const before = crawl.cpu;
  crawl.cpu = cpuSeconds === null ? undefined : { seconds: cpuSeconds, atMs: nowMs, pid };
  const isComparable =
    before !== undefined && cpuSeconds !== null && before.pid === pid && cpuSeconds >= before.seconds;
  const cpuPercent =
    isComparable && nowMs > before.atMs
      ? ((cpuSeconds - before.seconds) / ((nowMs - before.atMs) / 1_000)) * 100
      : metrics.cpuPercent;
  const start = metrics.startedMs ?? local?.startedMs ?? watch.run?.startedMs ?? null;
  return {
    timestampMs: nowMs,
    service: watch.service,
    instance: watch.instance,
    pid,
    cpuPercent: cpuPercent === null ? null : Math.round(cpuPercent * 10) / 10,
    residentBytes: metrics.residentBytes ?? local?.residentBytes ?? null,
    heapBytes: metrics.heapBytes,
    openFiles: metrics.openFiles ?? local?.openFiles ?? null,
    restarts: crawl.restarts,
    uptimeMs: metrics.uptimeMs ?? (start === null ? null : Math.max(0, Math.round(nowMs - start))),
    eventLoopDelayMs: metrics.eventLoopDelayMs === null ? null : Math.round(metrics.eventLoopDelayMs * 10) / 10,
  };
}

/** Forgets which pages were missing: another program may answer now. */
export function forgetPages(crawl: InstanceCrawl): void {
  pagesOf.delete(crawl);
}

/** `process` of our `/info` and of Spring Boot's (`management.info.process.enabled`). */
function infoIdentity(text: string | null): { pid: number | null; startedMs: number | null; version: string | null } {
  const nothing = { pid: null, startedMs: null, version: null };
  if (text === null) return nothing;
  try {
    const info = JSON.parse(text) as {
      process?: Record<string, unknown>;
      build?: Record<string, unknown>;
      app?: Record<string, unknown>;
    };
    const pid = Number(info.process?.['pid']);
    const startedMs = Date.parse(String(info.process?.['started'] ?? info.process?.['startTime']));
    const version = info.build?.['version'] ?? info.app?.['version'];
    return {
      pid: Number.isInteger(pid) && pid > 0 ? pid : null,
      startedMs: Number.isFinite(startedMs) ? startedMs : null,
      version: typeof version === 'string' ? version.slice(0, 100) : null,
    };
  } catch {
    return nothing;
  }
}
