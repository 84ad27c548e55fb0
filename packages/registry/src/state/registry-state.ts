import type { Change, Mode, RegisteredSchema, RegistryConfig } from './records.ts';
import { defaultContext, parseSubject } from './subject.ts';

/** What the log says, in memory: it changes by `apply` alone, in the order of the log. */
export class RegistryState {
  /** Versions by number, by subject. */
  readonly #subjects = new Map<string, Map<number, RegisteredSchema>>();
  readonly #contexts = new Map<string, ContextIds>();
  readonly #configs = new Map<string | null, RegistryConfig>();
  readonly #modes = new Map<string | null, Mode>();

  apply(change: Change): void {
    if (change.kind === 'schema') this.#set(change.schema);
    else if (change.kind === 'schema-removed') this.#remove(change.subject, change.version);
    else if (change.kind === 'config') setOrDelete(this.#configs, change.subject, change.config);
    else if (change.kind === 'mode') setOrDelete(this.#modes, change.subject, change.mode);
    else {
      for (const schema of this.versions(change.subject)) {
        if (schema.version <= change.version) this.#set({ ...schema, isDeleted: true });
      }
    }
  }

  /** Ascending; with those that are softly deleted only when asked. */
  versions(subject: string, withDeleted = false): RegisteredSchema[] {
    const versions = [...(this.#subjects.get(subject)?.values() ?? [])];
    return versions.filter(({ isDeleted }) => withDeleted || !isDeleted).sort((a, b) => a.version - b.version);
  }

  version(subject: string, version: number): RegisteredSchema | undefined {
    return this.#subjects.get(subject)?.get(version);
  }

  /** In their order; those that have only softly deleted versions only when asked. */
  subjects(withDeleted = false): string[] {
    const names = [...this.#subjects.keys()];
    return names.filter((subject) => withDeleted || this.versions(subject).length > 0).sort();
  }

  /** All that have this id in a context, the first registered first. */
  byId(context: string, id: number): RegisteredSchema[] {
    const keys = this.#contexts.get(context)?.byId.get(id) ?? [];
    return Array.from(keys, ({ subject, version }) => this.version(subject, version)!);
  }

  /** The id that a context has given to this content. */
  idOf(context: string, guid: string, schemaType: string): number | undefined {
    return this.#contexts.get(context)?.byContent.get(`${schemaType}:${guid}`);
  }

  /** Greatest id that was ever given out, as far as the log tells. */
  lastId(context: string): number {
    return this.#contexts.get(context)?.lastId ?? 0;
  }

  byGuid(guid: string): { context: string; schemas: RegisteredSchema[] }[] {
    const found = [];
    for (const [context, { byContent }] of this.#contexts) {
      for (const type of ['AVRO', 'JSON', 'PROTOBUF']) {
        const id = byContent.get(`${type}:${guid}`);
        if (id !== undefined) found.push({ context, schemas: this.byId(context, id) });
      }
    }
    return found;
  }

  contexts(): string[] {
    const used = this.subjects(true).map((subject) => parseSubject(subject).context);
    return [...new Set([defaultContext, ...used])].sort();
  }

  /** Versions that refer to this one. */
  referrers(subject: string, version: number, withDeleted = false): RegisteredSchema[] {
    const found: RegisteredSchema[] = [];
    for (const versions of this.#subjects.values()) {
      for (const schema of versions.values()) {
        if (schema.isDeleted && !withDeleted) continue;
        if (schema.references.some((each) => each.subject === subject && each.version === version)) found.push(schema);
      }
    }
    return found;
  }

  config(subject: string | null): RegistryConfig | undefined {
    return this.#configs.get(subject);
  }

  mode(subject: string | null): Mode | undefined {
    return this.#modes.get(subject);
  }

  #set(schema: RegisteredSchema): void {
    const versions = this.#subjects.get(schema.subject) ?? new Map<number, RegisteredSchema>();
    const isNew = !versions.has(schema.version);
    this.#subjects.set(schema.subject, versions.set(schema.version, schema));
    const { context } = parseSubject(schema.subject);
    let ids = this.#contexts.get(context);
    if (ids === undefined) {
      ids = { byId: new Map(), byContent: new Map(), lastId: 0 };
      this.#contexts.set(context, ids);
    }
    ids.lastId = Math.max(ids.lastId, schema.id);
    ids.byContent.set(`${schema.schemaType}:${schema.guid}`, schema.id);
    if (!isNew) return;
    const holders = ids.byId.get(schema.id) ?? [];
    ids.byId.set(schema.id, [...holders, { subject: schema.subject, version: schema.version }]);
  }

  #remove(subject: string, version: number): void {
    const schema = this.version(subject, version);
    if (schema === undefined) return;
    const versions = this.#subjects.get(subject)!;
    versions.delete(version);
    if (versions.size === 0) this.#subjects.delete(subject);
    const ids = this.#contexts.get(parseSubject(subject).context)!;
    const left = ids.byId.get(schema.id)!.filter((each) => each.subject !== subject || each.version !== version);
    if (left.length > 0) ids.byId.set(schema.id, left);
    else {
      ids.byId.delete(schema.id);
      ids.byContent.delete(`${schema.schemaType}:${schema.guid}`);
    }
  }
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

interface ContextIds {
  readonly byId: Map<number, { subject: string; version: number }[]>;
  readonly byContent: Map<string, number>;
  lastId: number;
}
