import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';

const modules = resolve(import.meta.dirname, '../../../node_modules');

/**
 * Keeps compiled code between starts, which halves the time of a start. In a checkout it lies with the installed packages, where
 * `npm ci` fills it, so that the first start is as fast as the others; elsewhere where Node puts it. `NODE_COMPILE_CACHE` and
 * `NODE_DISABLE_COMPILE_CACHE` work as always.
 */
export function keepCompiledCode(): void {
  const own = compiledCodeDir();
  if (own === undefined || process.env['NODE_COMPILE_CACHE'] !== undefined) enableCompileCache();
  else enableCompileCache(own);
}

/** Where compiled code lies in a checkout; undefined elsewhere. */
export function compiledCodeDir(): string | undefined {
  return existsSync(modules) ? resolve(modules, '.cache/headwater-compile') : undefined;
}
