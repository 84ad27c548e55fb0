import { join } from 'node:path';
import { crc32c } from '@headwater/protocol';
import type { StateFiles } from './state-files.ts';

/** What a store's directory holds: the runs, and what the rows in them stand for. */
export interface TableManifest {
  readonly format: 1;
  /** Of application, task, store and topic: files that say otherwise belong to somebody else. */
  readonly identity: string;
  /** The changelog's offset that the rows stand for. */
  readonly nextOffset: number;
  /** Files, the newest first. */
  readonly runs: readonly string[];
  /** The greatest time of the rows, by which old ones are let go. */
  readonly newestMs: number;
  /** When that was so, epoch milliseconds. */
  readonly savedAtMs: number;
}

const fileName = 'manifest';

/** Null where there is none that is whole. */
export function readManifest(files: StateFiles, directory: string): TableManifest | null {
  const data = files.read(join(directory, fileName));
  if (data === null || data.length < 9) return null;
  const end = data.length - 8;
  if (crc32c(data, 0, end).toString(16).padStart(8, '0') !== data.toString('latin1', end)) return null;
  const manifest = JSON.parse(data.toString('utf8', 0, end)) as TableManifest;
  return manifest.format === 1 ? manifest : null;
}

export function writeManifest(files: StateFiles, directory: string, manifest: TableManifest): void {
  const text = Buffer.from(JSON.stringify(manifest));
  const crc = crc32c(text, 0, text.length).toString(16).padStart(8, '0');
  files.replace(join(directory, fileName), Buffer.concat([text, Buffer.from(crc)]));
}

export function removeManifest(files: StateFiles, directory: string): void {
  files.remove(join(directory, fileName));
}
