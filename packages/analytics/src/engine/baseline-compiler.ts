import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 compile WebAssembly by its baseline compiler only. PostgreSQL's functions are large: the optimizing one takes 200 MB and a core for
 * seconds to make them faster, which a store of a few queries never wins back. Must come before the module is compiled; it is for the whole process.
 *
 * `--liftoff-only` alone does nothing once V8 runs: what it implies is worked out at the start only, and so is named.
 */
export function useBaselineCompiler(): void {
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
}
