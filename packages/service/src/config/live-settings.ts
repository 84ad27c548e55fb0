import type { Logger } from '@headwater/logger';
import { bindSettings, SettingsError } from './bind-settings.ts';
import type { ConfigLayers } from './config-layers.ts';
import type { SettingsSchema } from './settings-fields.ts';

export interface SettingsChange<T> {
  readonly current: T;
  readonly previous: T;
}

/** Typed settings that follow the configuration. */
export class LiveSettings<T> {
  readonly #layers: () => ConfigLayers;
  readonly #prefix: string;
  readonly #schema: SettingsSchema;
  readonly #logger: Logger;
  readonly #listeners = new Set<(change: SettingsChange<T>) => void>();
  #current: T;
  #text: string;
  #problem: SettingsError | null = null;

  /** @throws SettingsError when the settings cannot be used */
  constructor(layers: () => ConfigLayers, prefix: string, schema: SettingsSchema, logger: Logger) {
    this.#layers = layers;
    this.#prefix = prefix;
    this.#schema = schema;
    this.#logger = logger;
    this.#current = bindSettings(layers(), prefix, schema) as T;
    this.#text = JSON.stringify(this.#current);
  }

  /** The settings as they are now: a frozen object, another one after each change. */
  get(): T {
    return this.#current;
  }

  /** Why the newest configuration is not the one in use; null when it is. */
  get problem(): SettingsError | null {
    return this.#problem;
  }

  /** Told of each change of these settings, and of no other. Returns what ends it. */
  onChange(listener: (change: SettingsChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads them anew: for whoever changes the configuration. */
  update(): void {
    let next: T;
    try {
      next = bindSettings(this.#layers(), this.#prefix, this.#schema) as T;
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      this.#problem = error;
      this.#logger.error(
        { code: error.code, problems: error.problems },
        'a change of the configuration cannot be used: the last good settings stay',
      );
      return;
    }
    this.#problem = null;
    const text = JSON.stringify(next);
    if (text === this.#text) return;
    const previous = this.#current;
    this.#current = next;
    this.#text = text;
    for (const listener of this.#listeners) {
      try {
        listener({ current: next, previous });
      } catch (error) {
        this.#logger.error({ prefix: this.#prefix, error: String(error) }, 'a listener of settings failed');
      }
    }
  }
}
