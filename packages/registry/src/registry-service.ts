import { type ParsedSchema, parseSchema, SchemaError, type SchemaReference, type SchemaType } from '@headwater/serdes';
import type { CompatibilityPolicy } from './compatibility/json-schema.ts';
import {
  type CompatibilityLevel,
  type Conflict,
  type EarlierSchema,
  findConflict,
  isCompatibilityLevel,
} from './compatibility/levels.ts';
import { guidOf } from './log/record-codec.ts';
import type { SchemaLog } from './log/schema-log.ts';
import { ParsedSchemas } from './parsed-schemas.ts';
import { errors } from './registry-error.ts';
import type { Change, Json, Mode, RegisteredSchema, RegistryConfig } from './state/records.ts';
import type { RegistryState } from './state/registry-state.ts';
import { defaultContext, parseSubject, subjectText } from './state/subject.ts';

/** A schema as it comes in a request. */
export interface SubmittedSchema {
  schemaType: SchemaType;
  schema: string;
  references: SchemaReference[];
  metadata: Json | undefined;
  ruleSet: Json | undefined;
  /** Only in IMPORT mode; 0 without. */
  version: number;
  id: number;
}

interface Prepared {
  parsed: ParsedSchema;
  content: Pick<RegisteredSchema, 'schemaType' | 'schema' | 'references' | 'metadata' | 'ruleSet' | 'guid'>;
}

const latestVersion = -1;
const schemaCharactersMax = 5_000_000;

/**
 * The registry's rules: what may be registered, changed and deleted. Writes happen one after the other, each against what the one
 * before it left in the log.
 */
export class RegistryService {
  readonly state: RegistryState;
  readonly #log: SchemaLog;
  readonly #parsed: ParsedSchemas;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(state: RegistryState, log: SchemaLog) {
    this.state = state;
    this.#log = log;
    this.#parsed = new ParsedSchemas(state);
  }

  /** @throws RegistryError 409, 42201, 42205, 42207 */
  register(subject: string, submitted: SubmittedSchema, normalize: boolean): Promise<RegisteredSchema> {
    return this.#inTurn(async () => {
      const target = this.resolveAlias(subject);
      const prepared = this.#prepare(target, submitted, normalize);
      const mode = this.mode(target);
      const isImport = mode === 'IMPORT';
      if (mode === 'READONLY' || mode === 'READONLY_OVERRIDE')
        throw errors.notPermitted(`Subject ${target} is in read-only mode`);
      if (isImport && submitted.id <= 0) throw errors.notPermitted(`Subject ${target} is in import mode`);
      if (!isImport && submitted.id > 0) throw errors.notPermitted(`Subject ${target} is not in import mode`);
      const found = this.#find(target, prepared, false);
      if (found !== undefined) {
        if (submitted.id > 0 && submitted.id !== found.id) throw errors.idMismatch(found.id);
        return found;
      }
      if (!isImport) this.#checkCompatible(target, prepared.parsed);
      const { context } = parseSubject(target);
      const known = this.state.idOf(context, prepared.content.guid, prepared.content.schemaType);
      if (isImport && this.state.byId(context, submitted.id).some(({ guid }) => guid !== prepared.content.guid)) {
        throw errors.notPermitted(`Overwrite new schema with id ${submitted.id} is not permitted.`);
      }
      const id = submitted.id > 0 ? submitted.id : (known ?? this.state.lastId(context) + 1);
      const last = this.state.versions(target, true).at(-1)?.version ?? 0;
      const version = submitted.version > 0 ? submitted.version : last + 1;
      const schema: RegisteredSchema = {
        subject: target,
        version,
        id,
        ...prepared.content,
        isDeleted: false,
        timestamp: Date.now(),
      };
      await this.#log.write([{ kind: 'schema', schema }]);
      return this.state.version(target, version)!;
    });
  }

  /** The version of the subject that is this schema. @throws RegistryError 40401, 40403, 42201 */
  lookUp(subject: string, submitted: SubmittedSchema, normalize: boolean, withDeleted: boolean): RegisteredSchema {
    const target = this.resolveAlias(subject);
    if (this.state.versions(target, withDeleted).length === 0) throw errors.subjectNotFound(subject);
    const found = this.#find(target, this.#prepare(target, submitted, normalize), withDeleted);
    if (found === undefined) throw errors.schemaNotFound();
    return found;
  }

  /** What keeps the schema from being compatible with a version, or with all that the level asks for. */
  checkCompatibility(
    subject: string,
    submitted: SubmittedSchema,
    normalize: boolean,
    version: number | 'all',
  ): { level: CompatibilityLevel; conflict: Conflict | null } {
    const target = this.resolveAlias(subject);
    const { parsed } = this.#prepare(target, submitted, normalize);
    const level = this.level(target);
    const earlier = version === 'all' ? this.state.versions(target) : [this.version(target, version)];
    const conflict = findConflict(
      level,
      parsed,
      earlier.map((each) => this.#earlier(each)),
      this.policy(target),
    );
    return { level, conflict };
  }

  /** @throws RegistryError 40401, 40402 */
  version(subject: string, version: number, withDeleted = false): RegisteredSchema {
    const target = this.resolveAlias(subject);
    const versions = this.state.versions(target, withDeleted);
    if (versions.length === 0) throw errors.subjectNotFound(subject);
    const found = version === latestVersion ? versions.at(-1) : versions.find((each) => each.version === version);
    if (found === undefined) throw errors.versionNotFound(version);
    return found;
  }

  /** Understood, from a bounded cache. */
  parsed(schema: RegisteredSchema): ParsedSchema {
    return this.#parsed.of(schema);
  }

  deleteSubject(subject: string, isPermanent: boolean): Promise<number[]> {
    return this.#inTurn(async () => {
      this.#checkWritable(subject);
      const all = this.state.versions(subject, true);
      if (all.length === 0) throw errors.subjectNotFound(subject);
      const alive = this.state.versions(subject);
      if (isPermanent) {
        if (alive.length > 0) throw errors.subjectNotSoftDeleted(subject);
        for (const { version } of all) this.#checkUnreferenced(subject, version, true);
        await this.#log.write(all.map(({ version }): Change => ({ kind: 'schema-removed', subject, version })));
        await this.#forgetSettings(subject);
        return all.map(({ version }) => version);
      }
      if (alive.length === 0) throw errors.subjectSoftDeleted(subject);
      for (const { version } of alive) this.#checkUnreferenced(subject, version, false);
      await this.#log.write([{ kind: 'subject-deleted', subject, version: all.at(-1)!.version }]);
      await this.#forgetSettings(subject);
      return alive.map(({ version }) => version);
    });
  }

  deleteVersion(subject: string, wanted: number, isPermanent: boolean): Promise<number> {
    return this.#inTurn(async () => {
      this.#checkWritable(subject);
      const versions = this.state.versions(subject, true);
      if (versions.length === 0) throw errors.subjectNotFound(subject);
      const alive = this.state.versions(subject);
      const schema =
        wanted === latestVersion
          ? (isPermanent ? versions : alive).at(-1)
          : versions.find(({ version }) => version === wanted);
      if (schema === undefined) throw errors.versionNotFound(wanted);
      const { version } = schema;
      if (isPermanent && !schema.isDeleted) throw errors.versionNotSoftDeleted(subject, version);
      if (!isPermanent && schema.isDeleted) throw errors.versionSoftDeleted(subject, version);
      this.#checkUnreferenced(subject, version, isPermanent);
      const change: Change = isPermanent
        ? { kind: 'schema-removed', subject, version }
        : { kind: 'schema', schema: { ...schema, isDeleted: true } };
      await this.#log.write([change]);
      return version;
    });
  }

  // --- configuration and mode ------------------------------------------------------------------------------------------

  /** What is in force for a subject: its own, else its context's, else that of all. */
  config(subject: string | null): RegistryConfig {
    const own = subject === null ? {} : (this.state.config(subject) ?? {});
    const context = subject === null ? {} : (this.#contextConfig(subject) ?? {});
    return { compatibilityLevel: 'BACKWARD', ...this.state.config(null), ...context, ...own };
  }

  level(subject: string | null): CompatibilityLevel {
    const { compatibilityLevel } = this.config(subject);
    return isCompatibilityLevel(compatibilityLevel) ? compatibilityLevel : 'BACKWARD';
  }

  /** How strictly content models of JSON Schemas are judged. */
  policy(subject: string | null): CompatibilityPolicy {
    return this.config(subject).compatibilityPolicy === 'LENIENT' ? 'LENIENT' : 'STRICT';
  }

  /** Adds to what was set; a null member is taken out. */
  setConfig(subject: string | null, update: Record<string, unknown>): Promise<RegistryConfig> {
    return this.#inTurn(async () => {
      if (subject !== null) this.#checkWritable(subject);
      const config: Record<string, unknown> = { ...this.state.config(subject) };
      for (const [name, value] of Object.entries(update)) {
        if (value === null) delete config[name];
        else config[name] = value;
      }
      await this.#log.write([{ kind: 'config', subject, config }]);
      return config;
    });
  }

  /** @returns what was in force */
  deleteConfig(subject: string | null): Promise<RegistryConfig> {
    return this.#inTurn(async () => {
      const before = this.state.config(subject);
      if (subject !== null && before === undefined) throw errors.subjectNotFound(subject);
      await this.#log.write([{ kind: 'config', subject, config: null }]);
      return subject === null ? this.config(null) : before!;
    });
  }

  /** A mode of all or of a context that forbids wins over nothing; a subject's own mode wins over both. */
  mode(subject: string | null): Mode {
    const all = this.state.mode(null) ?? 'READWRITE';
    if (subject === null || all === 'READONLY_OVERRIDE') return all;
    const { context } = parseSubject(subject);
    const ofContext = context === defaultContext ? undefined : this.state.mode(subjectText({ context, name: '' }));
    return this.state.mode(subject) ?? ofContext ?? all;
  }

  setMode(subject: string | null, mode: Mode, isForced: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (mode === 'IMPORT' && !isForced && this.mode(subject) !== 'IMPORT') {
        const isEmpty =
          subject === null ? this.state.subjects().length === 0 : this.state.versions(subject).length === 0;
        if (!isEmpty) throw errors.notPermitted('Cannot import since found existing subjects');
      }
      await this.#log.write([{ kind: 'mode', subject, mode }]);
    });
  }

  deleteMode(subject: string | null): Promise<Mode> {
    return this.#inTurn(async () => {
      const before = this.state.mode(subject);
      if (subject !== null && before === undefined) throw errors.noSubjectMode(subject);
      await this.#log.write([{ kind: 'mode', subject, mode: null }]);
      return before ?? 'READWRITE';
    });
  }

  /** A subject may stand for another (`alias` in its configuration). */
  resolveAlias(subject: string): string {
    return this.state.config(subject)?.alias ?? subject;
  }

  // --- inside ----------------------------------------------------------------------------------------------------------

  #contextConfig(subject: string): RegistryConfig | undefined {
    const { context } = parseSubject(subject);
    return context === defaultContext ? undefined : this.state.config(subjectText({ context, name: '' }));
  }

  #earlier(schema: RegisteredSchema): EarlierSchema {
    return { version: schema.version, parsed: this.#parsed.of(schema) };
  }

  #prepare(subject: string, submitted: SubmittedSchema, normalize: boolean): Prepared {
    const { schemaType, metadata, ruleSet } = submitted;
    if (submitted.schema.length > schemaCharactersMax) {
      throw errors.invalidSchema(`The schema has more than ${schemaCharactersMax} characters.`);
    }
    const references = submitted.references.map((each) => this.#exactReference(subject, each));
    try {
      const parsed = parseSchema(schemaType, submitted.schema, this.#parsed.textsOf(subject, references));
      const isNormal = normalize || this.config(subject).normalize === true;
      const schema = isNormal ? parsed.normalized() : parsed.canonical;
      const content = { schemaType, schema, references, metadata, ruleSet };
      return { parsed, content: { ...content, guid: guidOf(content) } };
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      throw errors.invalidSchema(`Invalid schema of type ${schemaType}, details: ${error.message}`);
    }
  }

  /** A version of -1 is the newest one now. */
  #exactReference(subject: string, reference: SchemaReference): SchemaReference {
    if (reference.version !== latestVersion) return reference;
    const target = this.#parsed.subjectOf(subject, reference);
    const latest = this.state.versions(target).at(-1);
    if (latest === undefined)
      throw errors.invalidSchema(`No schema reference found for subject "${reference.subject}"`);
    return { ...reference, version: latest.version };
  }

  /** The same schema under this subject, the newest first. */
  #find(subject: string, { content, parsed }: Prepared, withDeleted: boolean): RegisteredSchema | undefined {
    const versions = this.state.versions(subject, withDeleted).reverse();
    const isMeant = (each: RegisteredSchema) =>
      each.schemaType === content.schemaType &&
      (content.metadata === undefined || JSON.stringify(each.metadata) === JSON.stringify(content.metadata)) &&
      (content.ruleSet === undefined || JSON.stringify(each.ruleSet) === JSON.stringify(content.ruleSet)) &&
      JSON.stringify(each.references) === JSON.stringify(content.references) &&
      (each.schema === content.schema || each.schema === parsed.canonical);
    return versions.find(isMeant);
  }

  #checkCompatible(subject: string, parsed: ParsedSchema): void {
    const level = this.level(subject);
    const conflict = findConflict(
      level,
      parsed,
      this.state.versions(subject).map((each) => this.#earlier(each)),
      this.policy(subject),
    );
    if (conflict === null) return;
    const earlier = this.state.version(subject, conflict.earlier.version)!;
    throw errors.incompatible(
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${conflictMessages(conflict, earlier, level).join(', ')}]`,
    );
  }

  #checkWritable(subject: string): void {
    if (this.mode(subject).startsWith('READONLY')) throw errors.notPermitted(`Subject ${subject} is in read-only mode`);
  }

  #checkUnreferenced(subject: string, version: number, withDeleted: boolean): void {
    if (this.state.referrers(subject, version, withDeleted).length > 0) throw errors.referenceExists(subject, version);
  }

  async #forgetSettings(subject: string): Promise<void> {
    const changes: Change[] = [];
    if (this.state.config(subject) !== undefined) changes.push({ kind: 'config', subject, config: null });
    if (this.state.mode(subject) !== undefined) changes.push({ kind: 'mode', subject, mode: null });
    if (changes.length > 0) await this.#log.write(changes);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(work);
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}

/** What does not fit, with what: one text each, as the registry's clients print them. */
export function conflictMessages(conflict: Conflict, earlier: RegisteredSchema, level: CompatibilityLevel): string[] {
  return [
    ...conflict.reasons.map(
      ({ errorType, description, additionalInfo }) =>
        `{errorType:'${errorType}', description:'${description}', additionalInfo:'${additionalInfo}'}`,
    ),
    `{oldSchemaVersion: ${earlier.version}}`,
    `{oldSchema: '${earlier.schema}'}`,
    `{compatibility: '${level}'}`,
  ];
}
