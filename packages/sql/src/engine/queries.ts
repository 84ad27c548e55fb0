import { LayeredMap } from '../catalog/layered-map.ts';
import type { PersistentQuery } from './engine-services.ts';

/** Ids of queries by the name of a source. */
type IdsByName = Map<string, Set<string>>;

/** Persistent queries by their ids, and by what they read and write: nobody has to look through all of them. */
export class Queries extends LayeredMap<string, PersistentQuery> {
  readonly #below: Queries | undefined;
  readonly #readers: IdsByName = new Map();
  readonly #writers: IdsByName = new Map();

  /** @param base what is not changed is as there, which is left as it is */
  constructor(base?: Queries) {
    super(base);
    this.#below = base;
  }

  override set(id: string, query: PersistentQuery): this {
    const before = this.get(id);
    super.set(id, query);
    for (const name of query.sourceNames) note(this.#readers, name, id);
    note(this.#writers, query.sinkName, id);
    if (before !== undefined) this.#unlist(before);
    return this;
  }

  override delete(id: string): boolean {
    const before = this.get(id);
    const isThere = super.delete(id);
    if (before !== undefined) this.#unlist(before);
    return isThere;
  }

  /** Those that read a source. */
  readersOf(name: string): PersistentQuery[] {
    return this.#found(this.#idsOf(name, 'readers'), (query) => isReader(query, name));
  }

  /** Those that write a source, or keep its rows. */
  writersOf(name: string): PersistentQuery[] {
    return this.#found(this.#idsOf(name, 'writers'), (query) => query.sinkName === name);
  }

  /** The query that a source was made with, where it still runs. */
  makerOf(name: string): PersistentQuery | undefined {
    return this.writersOf(name).find(({ kind }) => kind === 'CREATE_AS');
  }

  #idsOf(name: string, which: 'readers' | 'writers'): ReadonlySet<string> {
    const own: ReadonlySet<string> = (which === 'readers' ? this.#readers : this.#writers).get(name) ?? new Set();
    const below = this.#below === undefined ? own : this.#below.#idsOf(name, which);
    return below === own || below.size === 0 ? own : below.union(own);
  }

  /** A layer below lists those too that this one has replaced or deleted. */
  #found(ids: ReadonlySet<string>, isMeant: (query: PersistentQuery) => boolean): PersistentQuery[] {
    const found = Array.from(ids, (id) => this.get(id));
    return found.filter((query) => query !== undefined && isMeant(query)) as PersistentQuery[];
  }

  /** Takes what was under an id out of the lists, as far as what is there now does not belong in them. */
  #unlist({ id, sinkName, sourceNames }: PersistentQuery): void {
    const now = this.get(id);
    for (const name of sourceNames) if (now === undefined || !isReader(now, name)) forget(this.#readers, name, id);
    if (now?.sinkName !== sinkName) forget(this.#writers, sinkName, id);
  }
}

function isReader({ sourceNames }: PersistentQuery, name: string): boolean {
  return sourceNames.includes(name);
}

function note(lists: IdsByName, name: string, id: string): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, new Set([id]));
  else list.add(id);
}

function forget(lists: IdsByName, name: string, id: string): void {
  const list = lists.get(name);
  list?.delete(id);
  if (list?.size === 0) lists.delete(name);
}
