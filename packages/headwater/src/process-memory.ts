import { setFlagsFromString } from 'node:v8';

/** New objects get three times as many MB at most. */
const semiSpaceMb = 16;
/** The heap may grow by this much of what lives, until the next collection of everything. */
const heapGrowthPercent = 25;
/** From this size on a buffer is memory of its own, which the system gets back with it; glibc would raise the limit to 32 MB while it runs. */
const ownMemoryBytes = 128 * 1024;

const settings = {
  MALLOC_MMAP_THRESHOLD_: String(ownMemoryBytes),
  MALLOC_TRIM_THRESHOLD_: String(ownMemoryBytes),
};

/** Makes V8 collect earlier than it would for a process that has a machine to itself. To be called before code is loaded from the compile cache. */
export function keepHeapSmall(): void {
  if (!process.execArgv.some((flag) => flag.includes('heap-growing-percent')))
    setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent}`);
}

/**
 * Starts this program again, in the same process, with what can only be set at the start of one: how the C library gives memory back, and the size
 * of V8's space for new objects. Does not return then; returns where it is set already, and on systems that cannot (Windows).
 */
export function restartWithLittleMemory(env: NodeJS.ProcessEnv): void {
  if (env['MALLOC_MMAP_THRESHOLD_'] !== undefined || process.platform !== 'linux' || process.channel != null) return;
  if (typeof process.execve !== 'function') return;
  const hasSemiSpace = process.execArgv.some((flag) => flag.includes('semi-space-size'));
  process.execve(
    process.execPath,
    [
      process.argv0,
      ...process.execArgv,
      ...(hasSemiSpace ? [] : [`--max-semi-space-size=${semiSpaceMb}`]),
      ...process.argv.slice(1),
    ],
    Object.fromEntries(Object.entries({ ...settings, ...env }).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
  );
}
