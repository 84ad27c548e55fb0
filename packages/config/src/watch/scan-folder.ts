import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { maxFiles } from '../repository/folder.ts';

/** Files of editors and version control, which nobody is configured with. */
const skipped = /^[.#]|[#~]$/;

/** Path → what changes when the file does, for every file below a folder, up to 20,000. */
export async function scanFolder(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const walk = async (directory: string): Promise<void> => {
    const entries = await readdir(join(root, directory), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (skipped.test(entry.name) || found.size >= maxFiles) continue;
      const path = directory + entry.name;
      if (entry.isDirectory()) await walk(`${path}/`);
      else {
        const stats = await stat(join(root, path)).catch(() => undefined);
        if (stats?.isFile()) found.set(path, `${stats.mtimeMs}:${stats.size}:${stats.ino}`);
      }
    }
  };
  await walk('');
  return found;
}
