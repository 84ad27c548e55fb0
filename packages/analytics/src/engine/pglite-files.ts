import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PGliteOptions } from '@electric-sql/pglite';

const directory = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));

/** What of it is used here: the types of Node do not have it. */
const { WebAssembly } = globalThis as unknown as { WebAssembly: { compile(code: Uint8Array): Promise<never> } };

/**
 * PostgreSQL's code and files as PGlite has them, read and compiled here: PGlite reads them piece by piece into buffers that grow, and some 15 MB of
 * what they leave behind stay with the process.
 */
export async function pgliteFiles(): Promise<Pick<PGliteOptions, 'fsBundle' | 'pgliteWasmModule'>> {
  const files = readFileSync(join(directory, 'pglite.data'));
  const pgliteWasmModule = await WebAssembly.compile(readFileSync(join(directory, 'pglite.wasm')));
  // All that PGlite asks of the bundle.
  const fsBundle = { arrayBuffer: async () => files.buffer } as unknown as Blob;
  return { pgliteWasmModule, fsBundle };
}
