import { builtInFunctions } from '../functions/built-in.ts';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { loadUserFunctions } from '../functions/user/load-functions.ts';
import type { SqlServerOptions } from './sql-server-options.ts';

/** The functions that statements may call. @throws SqlError naming the file of a folder that cannot be taken, and why */
export async function functionsOf({
  functions,
  functionsDir,
}: Pick<SqlServerOptions, 'functions' | 'functionsDir'>): Promise<FunctionRegistry> {
  const registry = functions ?? builtInFunctions();
  if (functionsDir !== undefined) await loadUserFunctions(functionsDir, registry);
  return registry;
}
