import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Waits until the disk has every file below a directory. */
export async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    await using file = await open(join(entry.parentPath, entry.name), 'r');
    await file.sync();
  }
}
