import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes the ready file at once and whole: who sees it, sees all of it. */
export function writeReadyFile(path: string, addresses: Readonly<Record<string, string>>): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(addresses)}\n`);
  renameSync(temporary, path);
}

/** Removes a ready file, so that nobody takes an old one for a running system. */
export function removeReadyFile(path: string): void {
  rmSync(path, { force: true });
}
