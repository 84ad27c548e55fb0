import { type CompatibilityLevel, isCompatibilityLevel } from '../compatibility/levels.ts';
import { errors } from '../registry-error.ts';
import type { Change, Mode, RegistryConfig } from '../state/records.ts';
import type { RegistryState } from '../state/registry-state.ts';
import { contextText, defaultContext, globalContext, parseSubject } from '../state/subject.ts';
import { withoutGreatestIds } from './removal.ts';
import type { Writing } from './writing.ts';

const defaultLevel: CompatibilityLevel = 'BACKWARD';
/** What a subject takes from the global configuration where its own says nothing. */
const inherited = [
  'normalize',
  'validateFields',
  'validateNewSchemas',
  'validateRules',
  'compatibilityPolicy',
  'compatibilityGroup',
] as const;

/** Configuration and mode: what was set, what is in force, and how they change. */
export class Settings {
  readonly #state: RegistryState;
  readonly #writing: Writing;

  constructor(state: RegistryState, writing: Writing) {
    this.#state = state;
    this.#writing = writing;
  }

  /** What was set for a subject, or for all (null): that has a level in any case. */
  config(subject: string | null): RegistryConfig | undefined {
    const own = this.#state.config(subject);
    if (own !== undefined) return withLevel(own);
    return isTop(subject) ? { compatibilityLevel: defaultLevel } : undefined;
  }

  /** What is in force: the subject's own with some of the global one, or that of its context, or the global one. */
  configInScope(subject: string | null): RegistryConfig {
    const own = subject === null ? undefined : this.config(subject);
    if (own === undefined) return this.#topConfig(subject);
    const all = this.config(null)!;
    const config: RegistryConfig = { ...own };
    for (const name of inherited) if (config[name] === undefined) Object.assign(config, defined(name, all[name]));
    return config;
  }

  level(subject: string): CompatibilityLevel {
    const { compatibilityLevel } = this.configInScope(subject);
    return isCompatibilityLevel(compatibilityLevel) ? compatibilityLevel : defaultLevel;
  }

  /** Adds to what was set; an undefined member is taken out. */
  setConfig(subject: string | null, update: Record<string, unknown>): Promise<RegistryConfig> {
    return this.#writing.inTurn(async (write) => {
      this.checkWritable(subject);
      const config: Record<string, unknown> = { ...this.#state.config(subject), ...update };
      for (const [name, value] of Object.entries(config)) if (value === undefined) delete config[name];
      await write([{ kind: 'config', subject, config }]);
      return config;
    });
  }

  /** @returns what was set */
  deleteConfig(subject: string | null): Promise<RegistryConfig> {
    return this.#writing.inTurn(async (write) => {
      const before = this.config(subject);
      if (before === undefined) throw errors.subjectNotFound(subject ?? '');
      this.checkWritable(subject);
      if (this.#state.config(subject) !== undefined) await write([{ kind: 'config', subject, config: null }]);
      return before;
    });
  }

  /** What was set for a subject, or for all (null): that has one in any case. */
  mode(subject: string | null): Mode | undefined {
    return this.#state.mode(subject) ?? (isTop(subject) ? 'READWRITE' : undefined);
  }

  modeInScope(subject: string | null): Mode {
    return this.#state.modeInScope(subject);
  }

  /** Before a subject, a context or all can be imported into, they must be empty: what is softly deleted goes for good. */
  setMode(subject: string | null, mode: Mode | null, isForced: boolean): Promise<void> {
    return this.#writing.inTurn(async (write) => {
      const state = this.#state;
      const changes: Change[] = [];
      if (mode === 'IMPORT' && !isForced && state.modeInScope(subject) !== 'IMPORT') {
        if (state.subjectsIn(subject, false).length > 0) {
          throw errors.notPermitted('Cannot import since found existing subjects');
        }
        for (const each of state.subjectsIn(subject, true)) {
          for (const { version } of state.versions(each, true)) {
            if (state.referrers(each, version, true).length > 0) throw errors.referenceExists(each, version);
            changes.push({ kind: 'schema-removed', subject: each, version });
          }
        }
        changes.push({ kind: 'subject-cleared', subject });
      }
      await write([...withoutGreatestIds(state, changes), { kind: 'mode', subject, mode }]);
    });
  }

  /** @returns what was set; undefined when nothing was, which is an error unless it is about a context's subjects too */
  deleteMode(subject: string | null, isRecursive: boolean): Promise<Mode | undefined> {
    return this.#writing.inTurn(async (write) => {
      const before = this.mode(subject);
      if (before === undefined && !isRecursive) throw errors.subjectNotFound(subject ?? '');
      const changes: Change[] = [];
      if (this.#state.mode(subject) !== undefined) changes.push({ kind: 'mode', subject, mode: null });
      const { context, name } = parseSubject(subject ?? '');
      if (isRecursive && name === '') {
        for (const [each] of this.#state.modes()) {
          if (each !== null && each !== subject && parseSubject(each).context === context) {
            changes.push({ kind: 'mode', subject: each, mode: null });
          }
        }
      }
      if (changes.length > 0) await write(changes);
      return before;
    });
  }

  /** A subject may stand for another (`alias` in its configuration). */
  resolveAlias(subject: string): string {
    const alias = this.#state.config(subject)?.alias ?? '';
    if (alias === '') return subject;
    const target = parseSubject(alias);
    if (target.context !== defaultContext) return alias;
    return `${contextText(parseSubject(subject).context)}${target.name}`;
  }

  /** @throws RegistryError 42205 */
  checkWritable(subject: string | null): void {
    if (!this.modeInScope(subject).startsWith('READONLY')) return;
    throw errors.readOnly(String(subject), contextText(parseSubject(subject ?? '').context));
  }

  #topConfig(subject: string | null): RegistryConfig {
    const { context } = parseSubject(subject ?? '');
    const ofContext = this.#state.config(context === defaultContext ? null : contextText(context));
    return withLevel(ofContext ?? this.#state.config(contextText(globalContext)) ?? {});
  }
}

function withLevel(config: RegistryConfig): RegistryConfig {
  return config.compatibilityLevel === undefined ? { ...config, compatibilityLevel: defaultLevel } : config;
}

function isTop(subject: string | null): boolean {
  return subject === null || parseSubject(subject).context === globalContext;
}

function defined(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}
