import type { Group } from './group.ts';
import { GroupOffsets } from './offsets.ts';

/** A group and the offsets that it committed; a group that only commits has no members ever. */
export interface GroupEntry {
  group: Group;
  offsets: GroupOffsets;
}

/** All groups by their ids, of whatever kind. A group that is replaced by one of another kind keeps its offsets. */
export class GroupDirectory {
  readonly #entries = new Map<string, GroupEntry>();
  readonly #maxGroups: () => number;
  readonly #newEmptyGroup: (groupId: string) => Group;

  constructor(maxGroups: () => number, newEmptyGroup: (groupId: string) => Group) {
    this.#maxGroups = maxGroups;
    this.#newEmptyGroup = newEmptyGroup;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#entries.size >= this.#maxGroups();
  }

  get(groupId: string): Group | undefined {
    return this.#entries.get(groupId)?.group;
  }

  entry(groupId: string): GroupEntry | undefined {
    return this.#entries.get(groupId);
  }

  entries(): MapIterator<[string, GroupEntry]> {
    return this.#entries.entries();
  }

  /** The group, or a new one without members that holds offsets. */
  ensure(groupId: string): GroupEntry {
    let entry = this.#entries.get(groupId);
    if (entry === undefined) {
      entry = { group: this.#newEmptyGroup(groupId), offsets: new GroupOffsets() };
      this.#entries.set(groupId, entry);
    }
    return entry;
  }

  /** Null takes the group away; its offsets, if it has any, stay in an empty one. */
  put(groupId: string, group: Group | null): void {
    const entry = this.#entries.get(groupId);
    if (group !== null) {
      if (entry === undefined) this.#entries.set(groupId, { group, offsets: new GroupOffsets() });
      else entry.group = group;
    } else if (entry !== undefined && entry.offsets.count > 0) entry.group = this.#newEmptyGroup(groupId);
    else this.#entries.delete(groupId);
  }

  delete(groupId: string): void {
    this.#entries.delete(groupId);
  }

  clear(): void {
    this.#entries.clear();
  }
}
