import type { ParsedSchemas } from '../parsed-schemas.ts';
import { errors } from '../registry-error.ts';
import { type Change, isImporting, type RegisteredSchema } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import { contextText, defaultContext, parseSubject } from '../state/subject.ts';
import { compatibilityMessages } from './compatibility-check.ts';
import { hasDefaultsOrOverrides, type Prepared, populated, prepare, type SubmittedSchema } from './content.ts';
import { findVersion } from './finding.ts';
import type { Settings } from './settings.ts';
import type { Writing } from './writing.ts';

export interface RegisterOptions {
  isNormalized: boolean;
  /** Whether it fits is not asked. */
  isForced: boolean;
}

/** How often a registration is tried when another registry was faster. */
const attemptsMax = 5;

/** Registration: what a subject has already is found, and what it has not gets an id and the next version. */
export class Registration {
  readonly #state: RegistryState;
  readonly #schemas: ParsedSchemas;
  readonly #settings: Settings;
  readonly #writing: Writing;

  constructor(state: RegistryState, schemas: ParsedSchemas, settings: Settings, writing: Writing) {
    this.#state = state;
    this.#schemas = schemas;
    this.#settings = settings;
    this.#writing = writing;
  }

  /** The version that it is already; for this nothing is written, so any registry can answer. @throws RegistryError 42201 */
  existing(subject: string, submitted: SubmittedSchema, isNormalized: boolean): RegisteredSchema | undefined {
    if (submitted.schema.trim() === '' || hasDefaultsOrOverrides(this.#settings.configInScope(subject)))
      return undefined;
    const prepared = prepare(this.#schemas, subject, submitted, this.#isNormalized(subject, isNormalized));
    const found = findVersion(this.#state, this.#schemas, subject, prepared, false);
    if (found === undefined || (submitted.id >= 0 && submitted.id !== found.id)) return undefined;
    if (submitted.version === -1) return this.#state.latest(subject)?.version === found.version ? found : undefined;
    return submitted.version === 0 || submitted.version === found.version ? found : undefined;
  }

  /** @throws RegistryError 409, 42201, 42205 */
  register(subject: string, submitted: SubmittedSchema, options: RegisterOptions): Promise<RegisteredSchema> {
    return this.#writing.inTurn(async (write) => {
      for (let attempt = 1; ; attempt++) {
        const existing = this.existing(subject, submitted, options.isNormalized);
        if (existing !== undefined) return existing;
        const decided = this.#decide(subject, submitted, options);
        if (decided.found !== undefined) return decided.found;
        await write(decided.changes);
        const kept = this.#state.version(subject, decided.schema.version);
        // Another registry may have taken the id or the version in the same moment: what the log says first counts.
        if (kept !== undefined && kept.id === decided.schema.id && kept.guid === decided.schema.guid) return kept;
        if (attempt === attemptsMax) throw errors.store('Another registry writes to the same topic at the same time.');
      }
    });
  }

  #decide(subject: string, submitted: SubmittedSchema, options: RegisterOptions): Decision {
    const { context } = parseSubject(subject);
    const isImport = this.#checkMode(subject, submitted.id);
    const all = this.#state.versions(subject, true);
    const alive = this.#state.versions(subject);
    const nextVersion = (all.at(-1)?.version ?? 0) + 1;
    const config = this.#settings.configInScope(subject);
    const wanted = isImport ? submitted : populated(submitted, alive.at(-1), config, nextVersion);
    const prepared = prepare(
      this.#schemas,
      subject,
      wanted,
      !isImport && this.#isNormalized(subject, options.isNormalized),
    );
    const { content } = prepared;
    if (wanted.version === 0) {
      const found = findVersion(this.#state, this.#schemas, subject, prepared, false);
      if (found !== undefined && (submitted.id < 0 || submitted.id === found.id)) return { found };
    }
    if (!isImport && !options.isForced) this.#checkCompatible(subject, prepared, alive);
    const version = wanted.version > 0 ? wanted.version : nextVersion;
    if (version !== nextVersion && !isImport) {
      throw errors.invalidSchema(`Version is not one more than previous version: it would be ${nextVersion}`);
    }
    const known = this.#state.idOf(context, content.guid, content.schemaType);
    const id = submitted.id >= 0 ? submitted.id : (known ?? this.#freeId(context));
    this.#checkId(context, id, content.guid);
    const schema: RegisteredSchema = { subject, version, id, ...content, isDeleted: false, timestamp: Date.now() };
    return { schema, changes: this.#changesFor(schema, all) };
  }

  /** With it goes its context when it is new; earlier, softly deleted versions of the same schema give way to it. */
  #changesFor(schema: RegisteredSchema, all: readonly RegisteredSchema[]): Change[] {
    const { context } = parseSubject(schema.subject);
    const changes: Change[] = [];
    if (!this.#state.hasContext(context)) changes.push({ kind: 'context', context, isThere: true });
    for (const { id, isDeleted, subject, version } of all) {
      if (!isDeleted || id !== schema.id || version >= schema.version) continue;
      if (this.#state.referrers(subject, version, true).length === 0) {
        changes.push({ kind: 'schema-removed', subject, version });
      }
    }
    return [...changes, { kind: 'schema', schema }];
  }

  /** @returns whether ids and versions come with the schemas */
  #checkMode(subject: string, id: number): boolean {
    this.#settings.checkWritable(subject);
    const mode = this.#settings.modeInScope(subject);
    const context = contextText(parseSubject(subject).context);
    if (id >= 0 && !isImporting(mode)) throw errors.notImporting(subject, context);
    if (id < 0 && mode !== 'READWRITE') throw errors.notWritable(subject, context);
    return isImporting(mode);
  }

  #checkCompatible(subject: string, prepared: Prepared, alive: readonly RegisteredSchema[]): void {
    const messages = compatibilityMessages(this.#schemas, this.#settings.configInScope(subject), prepared, alive);
    if (messages.length === 0) return;
    throw errors.incompatible(
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${messages.join(', ')}]`,
    );
  }

  #freeId(context: string): number {
    let id = this.#state.lastId(context) + 1;
    while (this.#state.byId(context, id).length > 0) id += 1;
    if (id > 0x7fff_ffff) throw errors.store(`There is no id left in context ${context}.`);
    return id;
  }

  #checkId(context: string, id: number, guid: string): void {
    const [holder] = this.#state.byId(context, id);
    if (holder === undefined || holder.guid === guid) return;
    throw errors.idTaken(id, context === defaultContext ? '' : contextText(context));
  }

  #isNormalized(subject: string, isAsked: boolean): boolean {
    return isAsked || this.#settings.configInScope(subject).normalize === true;
  }
}

type Decision = { found: RegisteredSchema } | { found?: undefined; schema: RegisteredSchema; changes: Change[] };
