import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** On a busy disk each wait is long, and waits at the same time are one. */
const atOnce = 16;

/** Waits until the disk has every file and folder below a directory, and the directory. */
export async function syncTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const left = [directory, ...paths].values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const path of left) await sync(path);
    }),
  );
}

/** Waits until the disk has a file, or which names a folder has. */
export async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
