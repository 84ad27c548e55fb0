import { errors } from '../registry-error.ts';
import type { Change } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import { contextText, defaultContext, parseSubject } from '../state/subject.ts';
import type { Settings } from './settings.ts';
import type { Writing } from './writing.ts';

const latestVersion = -1;

/** Deletion: softly first, and then for good. */
export class Removal {
  readonly #state: RegistryState;
  readonly #settings: Settings;
  readonly #writing: Writing;

  constructor(state: RegistryState, settings: Settings, writing: Writing) {
    this.#state = state;
    this.#settings = settings;
    this.#writing = writing;
  }

  /** @returns the versions deleted. @throws RegistryError 40401, 40404, 40405, 42205, 42206 */
  deleteSubject(subject: string, isPermanent: boolean): Promise<number[]> {
    return this.#writing.inTurn(async (write) => {
      const all = this.#state.versions(subject, true);
      const alive = this.#state.versions(subject);
      if (all.length === 0) throw errors.subjectNotFound(subject);
      if (alive.length === 0 && !isPermanent) throw errors.subjectSoftDeleted(subject);
      this.#settings.checkWritable(subject);
      const versions = (isPermanent ? all : alive).map(({ version }) => version);
      for (const version of versions) this.#checkUnreferenced(subject, version, isPermanent, subject);
      if (!isPermanent) {
        await write([{ kind: 'subject-deleted', subject, version: versions.at(-1)! }]);
        return versions;
      }
      if (alive.length > 0) throw errors.subjectNotSoftDeleted(subject);
      // From the newest on: a version may refer to an earlier one.
      const removed = versions.toReversed().map((version): Change => ({ kind: 'schema-removed', subject, version }));
      await write([...withoutGreatestIds(this.#state, removed), ...this.#settingsOf(subject)]);
      return versions;
    });
  }

  /** @returns the version. @throws RegistryError 40401, 40402, 40406, 40407, 42205, 42206 */
  deleteVersion(subject: string, wanted: number, isPermanent: boolean): Promise<number> {
    return this.#writing.inTurn(async (write) => {
      const state = this.#state;
      const schema = wanted === latestVersion ? state.latest(subject) : state.version(subject, wanted);
      if (schema === undefined) {
        throw state.versions(subject, true).length === 0
          ? errors.subjectNotFound(subject)
          : errors.versionNotFound(wanted);
      }
      const { version } = schema;
      if (!isPermanent && schema.isDeleted) throw errors.versionSoftDeleted(subject, version);
      this.#settings.checkWritable(subject);
      this.#checkUnreferenced(subject, version, isPermanent);
      if (!isPermanent) {
        await write([{ kind: 'schema', schema: { ...schema, isDeleted: true } }]);
        return version;
      }
      if (!schema.isDeleted) throw errors.versionNotSoftDeleted(subject, version);
      const isLast = state.versions(subject, true).length === 1;
      const removed: Change[] = [{ kind: 'schema-removed', subject, version }];
      await write([...withoutGreatestIds(state, removed), ...(isLast ? this.#settingsOf(subject) : [])]);
      return version;
    });
  }

  /** @throws RegistryError 42211 */
  deleteContext(context: string): Promise<void> {
    return this.#writing.inTurn(async (write) => {
      const text = contextText(context);
      if (context === defaultContext || this.#state.subjectsIn(text, true).length > 0)
        throw errors.contextNotEmpty(text);
      if (this.#state.hasContext(context)) await write([{ kind: 'context', context, isThere: false }]);
    });
  }

  #checkUnreferenced(subject: string, version: number, withDeleted: boolean, except?: string): void {
    const referrers = this.#state.referrers(subject, version, withDeleted);
    if (referrers.some((each) => each.subject !== except)) throw errors.referenceExists(subject, version);
  }

  #settingsOf(subject: string): Change[] {
    const changes: Change[] = [];
    if (this.#state.mode(subject) !== undefined) changes.push({ kind: 'mode', subject, mode: null });
    if (this.#state.config(subject) !== undefined) changes.push({ kind: 'config', subject, config: null });
    return changes;
  }
}

/** Before the greatest id of a context goes for good it is written down: after a compaction nobody would know that it was given out. */
export function withoutGreatestIds(state: RegistryState, changes: readonly Change[]): Change[] {
  const greatest = new Map<string, Change>();
  for (const change of changes) {
    if (change.kind !== 'schema-removed') continue;
    const { context } = parseSubject(change.subject);
    const id = state.lastId(context);
    if (state.version(change.subject, change.version)?.id === id)
      greatest.set(context, { kind: 'greatest-id', context, id });
  }
  return [...greatest.values(), ...changes];
}
