/**
 * Makes the directory of a database, from a template where there is one, and ends: a process of its own, since initdb takes 3 s of CPU and 500 MB,
 * which go with it, and since copying a thousand files would wait for a busy process with each of them.
 *
 *     node create-cluster-process.ts DIRECTORY DATABASE [TEMPLATE]
 */
import { constants, cpSync } from 'node:fs';
import { useBaselineCompiler } from './baseline-compiler.ts';
import { initdbParameters, postgresqlConf, templateDatabase } from './engine-settings.ts';

useBaselineCompiler();
const [directory, database, template] = process.argv.slice(2) as [string, string, string?];
if (template !== undefined) {
  cpSync(template, directory, { recursive: true, mode: constants.COPYFILE_FICLONE });
  if (database === templateDatabase) process.exit();
}
const { PGlite } = await import('@electric-sql/pglite');
const postgres = await PGlite.create(directory, {
  database: 'template1',
  initDbStartParams: [...initdbParameters],
  postgresqlconf: postgresqlConf(false),
});
const from = template === undefined ? 'postgres' : templateDatabase;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
if (database !== from) await postgres.exec(`ALTER DATABASE ${quoted(from)} RENAME TO ${quoted(database)}`);
await postgres.close();
