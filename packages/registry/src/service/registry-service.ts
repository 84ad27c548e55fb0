import type { ParsedSchema } from '@headwater/serdes';
import { ParsedSchemas } from '../parsed-schemas.ts';
import { errors, RegistryError } from '../registry-error.ts';
import type { RegisteredSchema } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import { defaultContext, parseSubject, subjectText } from '../state/subject.ts';
import { compatibilityMessages } from './compatibility-check.ts';
import { populated, prepare, type SubmittedSchema } from './content.ts';
import { findVersion } from './finding.ts';
import { Registration } from './registration.ts';
import { Removal } from './removal.ts';
import { Settings } from './settings.ts';
import type { Writing } from './writing.ts';

const latestVersion = -1;

/** The registry's rules: what may be registered, changed and deleted, and what is found. */
export class RegistryService {
  readonly state: RegistryState;
  readonly settings: Settings;
  readonly registration: Registration;
  readonly removal: Removal;
  readonly #schemas: ParsedSchemas;

  constructor(state: RegistryState, writing: Writing) {
    this.state = state;
    this.#schemas = new ParsedSchemas(state);
    this.settings = new Settings(state, writing);
    this.registration = new Registration(state, this.#schemas, this.settings, writing);
    this.removal = new Removal(state, this.settings, writing);
  }

  /** The version of the subject that is this schema. @throws RegistryError 40401, 40403, 42201 */
  lookUp(subject: string, submitted: SubmittedSchema, isNormalized: boolean, withDeleted: boolean): RegisteredSchema {
    const own = this.#find(subject, submitted, isNormalized, withDeleted);
    if (own !== undefined) return own;
    for (const other of this.#inOtherContexts(subject)) {
      const found = this.#findOrNot(other, submitted, isNormalized, withDeleted);
      if (found !== undefined) return found;
    }
    throw this.state.versions(subject, withDeleted).length === 0
      ? errors.subjectNotFound(subject)
      : errors.schemaNotFound();
  }

  /** What keeps a schema from following one version of a subject, or all that the level asks for; empty when nothing does. */
  checkCompatibility(
    subject: string,
    submitted: SubmittedSchema,
    isNormalized: boolean,
    version: number | 'all',
  ): string[] {
    const earlier = version === 'all' ? this.state.versions(subject) : this.#oneVersion(subject, version);
    const config = this.settings.configInScope(subject);
    const prepared = prepare(this.#schemas, subject, submitted, isNormalized || config.normalize === true);
    return compatibilityMessages(this.#schemas, config, prepared, earlier);
  }

  /** A subject without a context is looked for in the others too. @throws RegistryError 40401, 40402 */
  version(subject: string, wanted: number, withDeleted = false): RegisteredSchema {
    for (const each of [subject, ...this.#inOtherContexts(subject)]) {
      const found = wanted === latestVersion ? this.state.latest(each) : this.state.version(each, wanted);
      if (found !== undefined && (withDeleted || !found.isDeleted)) return found;
    }
    if (this.state.versions(subject, withDeleted).length === 0) throw errors.subjectNotFound(subject);
    throw errors.versionNotFound(wanted);
  }

  /** The newest version whose metadata has all of these properties. @throws RegistryError 40401, 40403 */
  withMetadata(subject: string, properties: ReadonlyMap<string, string>, withDeleted: boolean): RegisteredSchema {
    const versions = this.state.versions(subject, withDeleted);
    if (versions.length === 0) throw errors.subjectNotFound(subject);
    const found = versions.findLast(({ metadata }) => {
      if (metadata === undefined) return false;
      return properties.entries().every(([name, value]) => metadata.properties?.[name] === value);
    });
    if (found === undefined) throw errors.schemaNotFound();
    return found;
  }

  /** `subject` may say which context is meant, which of those that share the id, or both. @throws RegistryError 40403 */
  byId(id: number, subject: string): RegisteredSchema {
    const { context, name } = parseSubject(subject);
    const all = this.state.byId(context, id);
    if (name === '') {
      if (all.length > 0) return all[0]!;
      throw errors.schemaIdNotFound(id);
    }
    for (const each of [subject, ...this.#inOtherContexts(subject)]) {
      const found = this.state.byId(parseSubject(each).context, id).find((schema) => schema.subject === each);
      if (found !== undefined) return found;
    }
    if (all.length > 0 && context === defaultContext) return all[0]!;
    throw errors.schemaIdNotFound(id);
  }

  /** Understood, from a bounded cache. */
  parsed(schema: RegisteredSchema): ParsedSchema {
    return this.#schemas.of(schema);
  }

  /** The text in one of the formats of the REST API; the one that is kept for '' and for formats that there are not. */
  textOf(schema: RegisteredSchema, format: string): string {
    return format.trim() === '' ? schema.schema : (this.parsed(schema).formatted(format) ?? schema.schema);
  }

  /** As it came, and then with what a registration would have taken from the version before it. */
  #find(
    subject: string,
    submitted: SubmittedSchema,
    isNormalized: boolean,
    withDeleted: boolean,
  ): RegisteredSchema | undefined {
    if (submitted.schema.trim() === '' || this.state.versions(subject, withDeleted).length === 0) return undefined;
    const config = this.settings.configInScope(subject);
    const isNormal = isNormalized || config.normalize === true;
    const find = (wanted: SubmittedSchema): RegisteredSchema | undefined =>
      findVersion(this.state, this.#schemas, subject, prepare(this.#schemas, subject, wanted, isNormal), withDeleted);
    const found = find(submitted);
    const latest = this.state.latest(subject);
    return found ?? (latest === undefined ? undefined : find(populated(submitted, latest, config, null)));
  }

  #findOrNot(...[subject, ...others]: Parameters<RegistryService['lookUp']>): RegisteredSchema | undefined {
    try {
      return this.#find(subject, ...others);
    } catch (error) {
      if (error instanceof RegistryError) return undefined;
      throw error;
    }
  }

  /** A schema may be asked for by a name without its context. */
  #inOtherContexts(subject: string): string[] {
    const { context, name } = parseSubject(subject);
    if (context !== defaultContext || name === '') return [];
    return this.state
      .contexts()
      .slice(1)
      .map((other) => subjectText({ context: other, name }));
  }

  #oneVersion(subject: string, wanted: number): RegisteredSchema[] {
    if (wanted === latestVersion) return this.state.versions(subject).slice(-1);
    const found = this.state.version(subject, wanted);
    if (found === undefined || found.isDeleted) throw errors.versionNotFound(wanted);
    return [found];
  }
}
