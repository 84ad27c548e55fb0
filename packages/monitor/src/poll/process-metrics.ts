/** What a page of metrics tells of its process; null is what it does not tell. */
export interface ProcessMetrics {
  startedMs: number | null;
  /** Used since the start. */
  cpuSeconds: number | null;
  /** Of one core, where the page tells how much is used now rather than in all. */
  cpuPercent: number | null;
  residentBytes: number | null;
  heapBytes: number | null;
  openFiles: number | null;
  uptimeMs: number | null;
  eventLoopDelayMs: number | null;
}

type Field = keyof ProcessMetrics | 'cores';
type How = 'first' | 'sum';

/**
 * Names of the client libraries of Prometheus (prom-client of Node, Python, Java, Go), of Micrometer (Spring Boot) and of .NET, with what makes them
 * our unit. Of those that tell the same the first in this list counts.
 */
const names: readonly [name: string, field: Field, factor: number, how?: How][] = [
  ['process_start_time_seconds', 'startedMs', 1_000],
  ['process_cpu_seconds_total', 'cpuSeconds', 1],
  ['process_cpu_time_ns_total', 'cpuSeconds', 1e-9],
  ['process_cpu_usage', 'cpuPercent', 100],
  ['system_cpu_count', 'cores', 1],
  ['process_resident_memory_bytes', 'residentBytes', 1],
  ['process_working_set_bytes', 'residentBytes', 1],
  ['nodejs_heap_size_used_bytes', 'heapBytes', 1],
  ['go_memstats_heap_alloc_bytes', 'heapBytes', 1],
  ['jvm_memory_used_bytes', 'heapBytes', 1, 'sum'],
  ['jvm_memory_bytes_used', 'heapBytes', 1, 'sum'],
  ['dotnet_total_memory_bytes', 'heapBytes', 1],
  ['process_open_fds', 'openFiles', 1],
  ['process_files_open_files', 'openFiles', 1],
  ['process_open_handles', 'openFiles', 1],
  ['process_uptime_seconds', 'uptimeMs', 1_000],
  ['nodejs_eventloop_lag_p99_seconds', 'eventLoopDelayMs', 1_000],
  ['nodejs_eventloop_lag_seconds', 'eventLoopDelayMs', 1_000],
];
const ranks = new Map(names.map(([name], rank) => [name, rank]));
const prefixes = /^(?:process_|system_cpu_count|nodejs_|go_memstats_heap|jvm_memory|dotnet_total)/;

/** Reads what is of a process from Prometheus' text format (or OpenMetrics'), and nothing else. Lines that are none are passed over. */
export function parseProcessMetrics(text: string): ProcessMetrics {
  const found: Partial<Record<Field, { rank: number; value: number }>> = {};
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    const first = text.charCodeAt(start);
    // p, s, n, g, j, d: what the names begin with.
    if (first === 112 || first === 115 || first === 110 || first === 103 || first === 106 || first === 100)
      take(text.slice(start, Math.min(end, start + 500)), found);
    start = end + 1;
  }
  const value = (field: Field): number | null => found[field]?.value ?? null;
  const usage = value('cpuPercent');
  const cores = value('cores') ?? 1;
  return {
    startedMs: value('startedMs'),
    cpuSeconds: value('cpuSeconds'),
    // Micrometer tells it of all cores together.
    cpuPercent: usage === null ? null : usage * cores,
    residentBytes: value('residentBytes'),
    heapBytes: value('heapBytes'),
    openFiles: value('openFiles'),
    uptimeMs: value('uptimeMs'),
    eventLoopDelayMs: value('eventLoopDelayMs'),
  };
}

function take(line: string, found: Partial<Record<Field, { rank: number; value: number }>>): void {
  if (!prefixes.test(line)) return;
  const match = /^([a-z_][a-z0-9_]*)(\{[^}]*\})?[ \t]+(\S+)/.exec(line);
  if (match === null) return;
  const [, name, labels = '', text] = match as unknown as [string, string, string | undefined, string];
  const rank = ranks.get(name);
  if (rank === undefined) return;
  const [, field, factor, how] = names[rank]!;
  if (how === 'sum' && !/area="heap"/.test(labels)) return;
  const number = Number(text);
  // -1 is what Java says where it does not know.
  if (!Number.isFinite(number) || number < 0) return;
  const before = found[field];
  if (before !== undefined && before.rank < rank) return;
  const isMore = how === 'sum' && before?.rank === rank;
  found[field] = { rank, value: number * factor + (isMore ? before.value : 0) };
}
