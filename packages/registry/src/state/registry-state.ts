import { ContextIds } from './context-ids.ts';
import { type Change, isImporting, type Mode, type RegisteredSchema, type RegistryConfig } from './records.ts';
import { contextText, defaultContext, globalContext, isCovered, parseSubject, subjectFrom } from './subject.ts';

interface Versions {
  readonly byNumber: Map<number, RegisteredSchema>;
  /** Ascending; null when it must be made anew. */
  sorted: RegisteredSchema[] | null;
}

const schemaTypes = ['AVRO', 'JSON', 'PROTOBUF'] as const;

/** What the log says, in memory: it changes by `apply` alone, in the order of the log. */
export class RegistryState {
  readonly #subjects = new Map<string, Versions>();
  readonly #ids = new Map<string, ContextIds>();
  readonly #contexts = new Set<string>();
  readonly #configs = new Map<string | null, RegistryConfig>();
  readonly #modes = new Map<string | null, Mode>();
  /** Who refers to `version:subject`. */
  readonly #referrers = new Map<string, Map<string, { subject: string; version: number }>>();

  /**
   * @returns false for what has no effect: a schema under an id that another one has, or over a version that has another id. Only
   * a registry writes so that took itself for the leader a moment too long; each registry judges so, by the log's order.
   */
  apply(change: Change): boolean {
    switch (change.kind) {
      case 'schema':
        if (!this.#isPossible(change.schema)) return false;
        this.#set(change.schema);
        return true;
      case 'schema-removed':
        this.#remove(change.subject, change.version);
        return true;
      case 'subject-deleted':
        for (const schema of this.versions(change.subject)) {
          if (schema.version <= change.version) this.#set({ ...schema, isDeleted: true });
        }
        return true;
      case 'subject-cleared':
        for (const subject of this.subjectsIn(change.subject, true)) {
          for (const { isDeleted, version } of this.versions(subject, true))
            if (isDeleted) this.#remove(subject, version);
        }
        return true;
      case 'context':
        if (change.isThere) this.#contexts.add(change.context);
        else this.#contexts.delete(change.context);
        return true;
      case 'greatest-id': {
        const ids = this.#idsOf(change.context);
        ids.lastId = Math.max(ids.lastId, change.id);
        return true;
      }
      case 'config':
        setOrDelete(this.#configs, change.subject, change.config);
        return true;
      case 'mode':
        setOrDelete(this.#modes, change.subject, change.mode);
        return true;
    }
  }

  /** Ascending; with those that are softly deleted only when asked. */
  versions(subject: string, withDeleted = false): readonly RegisteredSchema[] {
    const versions = this.#subjects.get(subject);
    if (versions === undefined) return [];
    versions.sorted ??= [...versions.byNumber.values()].sort((a, b) => a.version - b.version);
    return withDeleted ? versions.sorted : versions.sorted.filter(({ isDeleted }) => !isDeleted);
  }

  version(subject: string, version: number): RegisteredSchema | undefined {
    return this.#subjects.get(subject)?.byNumber.get(version);
  }

  latest(subject: string): RegisteredSchema | undefined {
    return this.versions(subject).at(-1);
  }

  /** In their order; those that have only softly deleted versions only when asked. */
  subjects(withDeleted = false): string[] {
    return this.subjectsIn(null, withDeleted).sort();
  }

  /** Those that a subject, a context (`:.test:`), or all (null) stands for. */
  subjectsIn(covered: string | null, withDeleted: boolean): string[] {
    const found: string[] = [];
    for (const [subject, { byNumber }] of this.#subjects) {
      if (!isCovered(subject, covered)) continue;
      if (withDeleted || byNumber.values().some(({ isDeleted }) => !isDeleted)) found.push(subject);
    }
    return found;
  }

  /** All that have this id in a context, the first registered first. */
  byId(context: string, id: number): RegisteredSchema[] {
    const holders = this.#ids.get(context)?.holders(id) ?? [];
    return Array.from(holders, ({ subject, version }) => this.version(subject, version)!);
  }

  /** The id that a context has given to this content. */
  idOf(context: string, guid: string, schemaType: string): number | undefined {
    return this.#ids.get(context)?.idOf(guid, schemaType);
  }

  /** Greatest id that was ever given out, as far as the log tells. */
  lastId(context: string): number {
    return this.#ids.get(context)?.lastId ?? 0;
  }

  byGuid(guid: string): { context: string; schemas: RegisteredSchema[] }[] {
    const found = [];
    for (const context of this.contexts()) {
      for (const type of schemaTypes) {
        const id = this.idOf(context, guid, type);
        if (id !== undefined) found.push({ context, schemas: this.byId(context, id) });
      }
    }
    return found;
  }

  /** The default one first. */
  contexts(): string[] {
    return [defaultContext, ...[...this.#contexts].sort()];
  }

  /** Versions that refer to this one. */
  referrers(subject: string, version: number, withDeleted = false): RegisteredSchema[] {
    const keys = this.#referrers.get(`${version}:${subject}`)?.values() ?? [];
    const schemas = Array.from(keys, (each) => this.version(each.subject, each.version)!);
    return schemas.filter(({ isDeleted }) => withDeleted || !isDeleted);
  }

  config(subject: string | null): RegistryConfig | undefined {
    return this.#configs.get(subject);
  }

  configs(): IterableIterator<[string | null, RegistryConfig]> {
    return this.#configs.entries();
  }

  mode(subject: string | null): Mode | undefined {
    return this.#modes.get(subject);
  }

  modes(): IterableIterator<[string | null, Mode]> {
    return this.#modes.entries();
  }

  /** What is in force for a subject: its own mode, else that of its context, else the global one. */
  modeInScope(subject: string | null): Mode {
    const own = this.#modes.get(subject);
    if (own !== undefined) return own;
    const context = subject === null ? defaultContext : parseSubject(subject).context;
    const ofContext = this.#modes.get(context === defaultContext ? null : contextText(context));
    return ofContext ?? this.#modes.get(contextText(globalContext)) ?? 'READWRITE';
  }

  /** Of the default context nothing is said: it is always there. */
  hasContext(context: string): boolean {
    return context === defaultContext || this.#contexts.has(context);
  }

  #isPossible(schema: RegisteredSchema): boolean {
    const { context } = parseSubject(schema.subject);
    const [holder] = this.byId(context, schema.id);
    if (holder !== undefined && holder.schema !== schema.schema) return false;
    const before = this.version(schema.subject, schema.version);
    if (before === undefined || before.isDeleted || before.id === schema.id) return true;
    return isImporting(this.modeInScope(schema.subject));
  }

  #set(schema: RegisteredSchema): void {
    const { subject, version } = schema;
    const before = this.version(subject, version);
    if (before !== undefined && before.id !== schema.id) this.#remove(subject, version);
    let versions = this.#subjects.get(subject);
    if (versions === undefined) {
      versions = { byNumber: new Map(), sorted: null };
      this.#subjects.set(subject, versions);
    }
    versions.byNumber.set(version, schema);
    versions.sorted = null;
    const { context } = parseSubject(subject);
    if (context !== defaultContext) this.#contexts.add(context);
    this.#idsOf(context).add(schema);
    for (const target of targetsOf(schema)) {
      let referrers = this.#referrers.get(target);
      if (referrers === undefined) {
        referrers = new Map();
        this.#referrers.set(target, referrers);
      }
      referrers.set(`${version}:${subject}`, { subject, version });
    }
  }

  #remove(subject: string, version: number): void {
    const schema = this.version(subject, version);
    if (schema === undefined) return;
    const versions = this.#subjects.get(subject)!;
    versions.byNumber.delete(version);
    versions.sorted = null;
    if (versions.byNumber.size === 0) this.#subjects.delete(subject);
    this.#idsOf(parseSubject(subject).context).remove(schema);
    for (const target of targetsOf(schema)) {
      const referrers = this.#referrers.get(target);
      referrers?.delete(`${version}:${subject}`);
      if (referrers?.size === 0) this.#referrers.delete(target);
    }
  }

  #idsOf(context: string): ContextIds {
    let ids = this.#ids.get(context);
    if (ids === undefined) {
      ids = new ContextIds();
      this.#ids.set(context, ids);
    }
    return ids;
  }
}

function targetsOf({ references, subject }: RegisteredSchema): string[] {
  return references.map((each) => `${each.version}:${subjectFrom(subject, each.subject)}`);
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
