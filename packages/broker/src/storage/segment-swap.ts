import type { Files } from './files/files.ts';
import {
  draftSuffix,
  indexBaseOffset,
  type Segment,
  type SegmentPlace,
  segmentBaseOffset,
  segmentFileName,
} from './segment.ts';

/**
 * Puts a cleaned segment in the place of those it was made of, so that a crash at any moment leaves the old ones or the new one:
 *
 * 1. `FIRST.log.cleaned` becomes `FIRST.END.swap`: from here on the new one counts, for all offsets from FIRST up to END;
 * 2. the old files go;
 * 3. the index files and the `.swap` get their places.
 */
export function swapSegments(
  place: SegmentPlace,
  old: readonly Segment[],
  draft: Segment,
  endOffset: number,
  remove: (paths: string[]) => void,
): void {
  const { directory } = place;
  const { files } = place.pool;
  const { baseOffset } = draft;
  const swapPath = `${directory}/${swapFileName(baseOffset, endOffset)}`;
  files.rename(draft.log.path, swapPath);
  files.syncDirectory(directory);
  for (const segment of old) {
    segment.retire();
    remove(segment.paths());
  }
  for (const { path } of draft.indexFiles()) {
    // An index without entries has no file.
    if (files.exists(path)) files.rename(path, path.slice(0, -draftSuffix.length));
  }
  files.rename(swapPath, `${directory}/${segmentFileName(baseOffset, 'log')}`);
  files.syncDirectory(directory);
}

/** Finishes what a crash interrupted; `names` are then those of the files that are there. */
export function finishSwaps(files: Files, directory: string, names: Set<string>): void {
  for (const name of [...names]) {
    const swap = parseSwap(name);
    if (swap === null) continue;
    for (const other of [...names]) {
      const base = segmentBaseOffset(other, 'log') ?? indexBaseOffset(other);
      if (base === null || base < swap.baseOffset || base >= swap.endOffset) continue;
      files.remove(`${directory}/${other}`);
      names.delete(other);
    }
    const logName = segmentFileName(swap.baseOffset, 'log');
    files.rename(`${directory}/${name}`, `${directory}/${logName}`);
    names.delete(name);
    names.add(logName);
  }
}

function swapFileName(baseOffset: number, endOffset: number): string {
  return segmentFileName(baseOffset, `${String(endOffset).padStart(20, '0')}.swap`);
}

function parseSwap(name: string): { baseOffset: number; endOffset: number } | null {
  const match = /^(\d{20})\.(\d{20})\.swap$/.exec(name);
  return match === null ? null : { baseOffset: Number(match[1]), endOffset: Number(match[2]) };
}
