import type { Logger } from '@headwater/logger';
import { ErrorCode } from '@headwater/protocol';
import { configValueProblem, type LogStore } from '../storage/index.ts';
import { Refusal } from '../topics/topic-admin.ts';
import type { BrokerConfig } from './broker-config.ts';
import { brokerDefinition } from './broker-definitions.ts';
import { foreignSettings } from './foreign-settings.ts';
import { type Settings, storedSettings, storeSettings } from './stored-settings.ts';

/** Settings of all brokers of the cluster (the empty name), or of this one, which count first. */
export type ConfigScope = 'all' | 'this';

/**
 * Settings of the broker that are changed while it runs (KIP-226): checked, kept in the store, and in force at once in
 * `context.config` and in the store. https://kafka.apache.org/43/configuration/broker-configs/#updating-broker-configs
 *
 * Differences from Kafka: settings of listeners are for the start.
 */
export class DynamicConfig {
  readonly #config: BrokerConfig;
  readonly #store: LogStore;
  readonly #keys: Readonly<Record<ConfigScope, string>>;
  readonly #settings: Record<ConfigScope, Settings> = { all: {}, this: {} };

  constructor(config: BrokerConfig, store: LogStore, brokerId: number) {
    this.#config = config;
    this.#store = store;
    this.#keys = { all: 'config/broker/', this: `config/broker/${brokerId}` };
  }

  /** Takes what was kept; what cannot be used any more is told and left out. */
  load(logger: Logger): void {
    for (const scope of ['all', 'this'] as const) {
      const kept = Object.entries(storedSettings(this.#store.values, this.#keys[scope]));
      const usable = kept.filter(([name, value]) => {
        const problem = problemOf(scope, name, value);
        if (problem !== null) logger.warn({ setting: name, problem }, 'a setting that was kept is not used any more');
        return problem === null;
      });
      this.#settings[scope] = Object.fromEntries(usable);
    }
    if (Object.keys({ ...this.#settings.all, ...this.#settings.this }).length === 0) return;
    try {
      this.#apply(this.#settings);
    } catch (error) {
      this.#settings.all = {};
      this.#settings.this = {};
      logger.error({ error }, 'the settings that were kept do not go with those of the start: they are not used');
    }
  }

  settings(scope: ConfigScope): Settings {
    return this.#settings[scope];
  }

  /**
   * Replaces all settings of a scope.
   *
   * @throws Refusal INVALID_REQUEST, POLICY_VIOLATION; StorageError
   */
  replace(scope: ConfigScope, settings: Settings, isOnlyChecked: boolean): void {
    const fixed = Object.keys(settings).filter((name) => isFixed(name));
    if (fixed.length > 0) refuse(`Cannot update these configs dynamically: [${fixed.join(', ')}]`);
    for (const [name, value] of Object.entries(settings)) {
      const problem = problemOf(scope, name, value);
      if (problem !== null) refuse(problem);
    }
    if (isOnlyChecked) return;
    const before = this.#settings[scope];
    const next = { ...this.#settings, [scope]: settings };
    storeSettings(this.#store.values, this.#keys[scope], settings);
    try {
      this.#apply(next);
    } catch (error) {
      storeSettings(this.#store.values, this.#keys[scope], before);
      throw error;
    }
    this.#settings[scope] = settings;
  }

  #apply(settings: Record<ConfigScope, Settings>): void {
    this.#config.setDynamic(settings.all, settings.this);
    this.#store.setSettings(this.#config.set);
  }
}

/** For the start only. A name that nobody knows may be set, as in Kafka, where a plugin may read it. */
function isFixed(name: string): boolean {
  const definition = brokerDefinition(name);
  return definition === undefined ? foreignSettings.has(baseName(name)) : definition.update === undefined;
}

function problemOf(scope: ConfigScope, name: string, value: string): string | null {
  if (isFixed(name)) return `Cannot update these configs dynamically: [${name}]`;
  const definition = brokerDefinition(name);
  if (definition === undefined) return null;
  const problem = configValueProblem({ ...definition, default: '' }, name, value);
  if (problem !== null) return problem;
  if (scope === 'all' && definition.update === 'per-broker') {
    return `Cannot update these configs at default cluster level, broker id must be specified: [${name}]`;
  }
  if (name === 'log.retention.ms' && Number(value) === 0) {
    return 'requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1';
  }
  return null;
}

function baseName(name: string): string {
  return name.replace(/^listener\.name\.[^.]+\./, '');
}

function refuse(message: string): never {
  throw new Refusal(ErrorCode.INVALID_REQUEST, message);
}
