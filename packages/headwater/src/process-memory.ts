import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { compiledCodeDir } from './compile-cache.ts';

/**
 * New objects get three times as many MB at most, in each thread; the heap may grow by so many percent of what lives until all is collected.
 * `npm ci` compiles with these flags: V8 takes back what was compiled with the same only.
 */
export const smallHeapFlags = ['--max-semi-space-size=8', '--heap-growing-percent=25'] as const;
/** From this size on a buffer is memory of its own, which the system gets back with it; glibc would raise the limit to 32 MB while it runs. */
const ownMemoryBytes = 128 * 1024;

const settings = {
  MALLOC_MMAP_THRESHOLD_: String(ownMemoryBytes),
  MALLOC_TRIM_THRESHOLD_: String(ownMemoryBytes),
};

/** Makes V8 collect earlier than it would for a process that has a machine to itself. To be called before code is loaded from the compile cache. */
export function keepHeapSmall(): void {
  const [, growth] = smallHeapFlags;
  if (!isGiven(growth)) setFlagsFromString(growth);
}

/** Threads that collect and compile beside the others: more than there are cores to spare only get in their way. */
function threadsFlag(): string {
  return `--v8-pool-size=${Math.max(1, Math.min(4, availableParallelism() - 1))}`;
}

function isGiven(flag: string): boolean {
  return process.execArgv.some((given) => given.includes(flag.slice(2, flag.indexOf('='))));
}

/**
 * Starts this program again, in the same process, with what can only be set at the start of one: how the C library gives memory back, the size of
 * V8's space for new objects, and where compiled code is, also that of the first file: what is not there loads a compiler of TypeScript, 25 MB,
 * which stays. Does not return then; returns where it is set already, and on systems that cannot (Windows).
 */
export function restartWithLittleMemory(env: NodeJS.ProcessEnv): void {
  if (env['MALLOC_MMAP_THRESHOLD_'] !== undefined || process.platform !== 'linux' || process.channel != null) return;
  if (typeof process.execve !== 'function') return;
  process.execve(
    process.execPath,
    [
      process.argv0,
      ...process.execArgv,
      ...[...smallHeapFlags, threadsFlag()].filter((flag) => !isGiven(flag)),
      ...process.argv.slice(1),
    ],
    Object.fromEntries(
      Object.entries({ ...settings, NODE_COMPILE_CACHE: compiledCodeDir(), ...env }).filter(
        ([, value]) => value !== undefined,
      ),
    ) as Record<string, string>,
  );
}
