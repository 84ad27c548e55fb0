import { type Files, memoryFiles, nodeFiles } from '../storage/index.ts';
import { restoreSnapshot, type SnapshotSource } from './read-snapshot.ts';

/** A restored state beside the one that it is to replace. */
export interface Replacement {
  readonly before: Files;
  readonly files: Files;
  /** With nobody in the directory. */
  swap(): Promise<void>;
  swapBack(): Promise<void>;
  forgetBefore(): Promise<void>;
}

/** Reads a snapshot to its end before anything is given up for it. @throws BrokerError HW_BROKER_SNAPSHOT */
export async function replacement(
  before: Files,
  dir: string,
  isOnDisk: boolean,
  snapshot: SnapshotSource,
): Promise<Replacement> {
  if (!isOnDisk) {
    const files = memoryFiles();
    await restoreSnapshot(files, dir, snapshot);
    const nothing = async () => {};
    return { before, files, swap: nothing, swapBack: nothing, forgetBefore: nothing };
  }
  const files = nodeFiles();
  // Beside it, so that it is the same file system.
  const restored = `${dir.replace(/\/+$/, '')}.restored`;
  const replaced = `${dir.replace(/\/+$/, '')}.replaced`;
  await files.removeTree(restored);
  await files.removeTree(replaced);
  try {
    await restoreSnapshot(files, restored, snapshot);
  } catch (error) {
    await files.removeTree(restored);
    throw error;
  }
  return {
    before,
    files,
    async swap() {
      files.rename(dir, replaced);
      files.rename(restored, dir);
      // Its certificates are not state of the broker.
      if (files.exists(`${replaced}/tls`)) files.rename(`${replaced}/tls`, `${dir}/tls`);
    },
    async swapBack() {
      if (!files.exists(replaced)) return;
      if (files.exists(`${dir}/tls`)) files.rename(`${dir}/tls`, `${replaced}/tls`);
      await files.removeTree(dir);
      files.rename(replaced, dir);
    },
    forgetBefore: () => files.removeTree(replaced),
  };
}
