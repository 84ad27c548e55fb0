import { type ConfigEntry, type ConfigLayer, type ConfigValue, MapLayer } from './config-layers.ts';

/** What a Config Server answered. */
export interface ConfigDocument {
  readonly label: string | null;
  readonly version: string | null;
  readonly state: string | null;
  /** By precedence: the first that has a key wins. */
  readonly layers: readonly ConfigLayer[];
}

/** The Accept header of Spring's client: with it values come with their origins. */
export const acceptWithOrigins = 'application/vnd.spring-cloud.config-server.v2+json, application/json;q=0.9';

/** Reads the JSON of `/{application}/{profiles}`, with origins or without. Throws when it is no such document. */
export function parseEnvironment(body: string): ConfigDocument {
  const root = JSON.parse(body) as Record<string, unknown> | null;
  if (typeof root !== 'object' || root === null || !Array.isArray(root['propertySources'])) {
    throw new Error('the answer holds no "propertySources": is this address a Config Server?');
  }
  return {
    label: textOrNull(root['label']),
    version: textOrNull(root['version']),
    state: textOrNull(root['state']),
    layers: root['propertySources'].map((source: { name?: unknown; source?: unknown }) => {
      const name = String(source?.name ?? 'unknown');
      return new MapLayer(name, entriesOf(name, source?.source));
    }),
  };
}

function* entriesOf(name: string, source: unknown): Generator<ConfigEntry> {
  if (typeof source !== 'object' || source === null) return;
  for (const [key, value] of Object.entries(source as Record<string, unknown>)) {
    if (typeof value !== 'object' || value === null) yield { key, value: value as ConfigValue, origin: name };
    else if ('value' in value) {
      const { origin } = value as { origin?: unknown };
      yield { key, value: scalar(value.value), origin: shownOrigin(name, origin) };
    }
  }
}

function shownOrigin(name: string, origin: unknown): string {
  if (typeof origin !== 'string' || origin === '') return name;
  return /^\d+(:\d+)?$/.test(origin) ? `${name}:${origin}` : origin;
}

function scalar(value: unknown): ConfigValue {
  return typeof value === 'object' ? (value === null ? null : JSON.stringify(value)) : (value as ConfigValue);
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
