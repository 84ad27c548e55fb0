import { readdir } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SqlError } from '../../sql-error.ts';
import { builtInFunctions } from '../built-in.ts';
import type { SqlFunction } from '../function.ts';
import type { FunctionRegistry } from '../function-registry.ts';

const extensions = new Set(['.ts', '.js', '.mjs']);
const filesMax = 1000;

/**
 * Adds the functions that the modules of a folder export (made by `defineFunction`, `defineAggregate`, `defineTableFunction`; one or
 * arrays of them, under any name) to a registry. Files are run: give only folders that you trust. Tests (`x.test.ts`) are left out.
 *
 * @returns the names, in their order
 * @throws SqlError HW_SQL_FUNCTIONS naming the file and what to do
 */
export async function loadUserFunctions(folder: string, registry: FunctionRegistry): Promise<string[]> {
  const directory = resolve(folder);
  const builtIn = builtInFunctions();
  const found: SqlFunction[] = [];
  for (const file of await filesOf(directory)) {
    const exported = await functionsOf(join(directory, file));
    for (const each of exported) {
      if (builtIn.find(each.name) !== undefined) {
        throw refused(file, `the function ${each.name} is one of the language: give yours another name`);
      }
      found.push({ ...each, path: join(directory, file) });
    }
    if (exported.length === 0) {
      throw refused(
        file,
        'it exports no function: export what defineFunction gives, or move the file to another folder',
      );
    }
  }
  for (const each of found) {
    try {
      registry.add(each);
    } catch (cause) {
      throw refused(each.path!, (cause as Error).message, cause);
    }
  }
  return [...new Set(found.map(({ name }) => name))].sort();
}

async function filesOf(directory: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (cause) {
    throw new SqlError(
      'HW_SQL_FUNCTIONS',
      `The folder of user functions ${directory} cannot be read: make it, or leave the option out`,
      { cause },
    );
  }
  const files = names.filter((name) => extensions.has(extname(name)) && !/\.(?:test|d)\.\w+$/.test(name)).sort();
  if (files.length > filesMax)
    throw refused(directory, `it has ${files.length} files, of which ${filesMax} are taken at most`);
  return files;
}

async function functionsOf(path: string): Promise<SqlFunction[]> {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    throw refused(path, `it cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const values = new Set(Object.values(module).flatMap((value) => (Array.isArray(value) ? value : [value])));
  return [...values].filter(isFunction);
}

function isFunction(value: unknown): value is SqlFunction {
  const { kind, name, variants } = (value ?? {}) as Partial<SqlFunction>;
  return (
    (kind === 'scalar' || kind === 'aggregate' || kind === 'table') &&
    typeof name === 'string' &&
    Array.isArray(variants)
  );
}

function refused(file: string, what: string, cause?: unknown): SqlError {
  return new SqlError('HW_SQL_FUNCTIONS', `User functions of ${file}: ${what}`, { cause });
}
