import type { ChangelogSink, StateStore } from '../state-store.ts';
import { DiskTable } from './disk-table.ts';

/** A store that keeps its rows in files of its own. */
export interface DiskStore extends StateStore {
  readonly table: DiskTable<unknown>;
}

export function isDiskStore(store: StateStore): store is DiskStore {
  return (store as Partial<DiskStore>).table instanceof DiskTable;
}

/** For changes that somebody else writes down. */
export const noChangelog: ChangelogSink = { append: () => {} };
