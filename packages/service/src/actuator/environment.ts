import type { ConfigClient } from '../config/config-client.ts';
import { canonicalKey, shownValue } from '../config/config-key.ts';

/** `/actuator/env`: every source with its properties and where each stands; values of secrets are masked. */
export function environmentDocument(config: ConfigClient, profiles: readonly string[]) {
  return {
    activeProfiles: profiles,
    defaultProfiles: ['default'],
    propertySources: config.layers.layers.map((layer) => ({
      name: layer.name,
      properties: Object.fromEntries(
        [...layer.entries()].map(({ key, origin, value }) => [key, { value: shownValue(key, value), origin }]),
      ),
    })),
  };
}

/** `/actuator/env/{key}`; undefined when no source has it. */
export function propertyDocument(config: ConfigClient, profiles: readonly string[], key: string) {
  const winner = config.entry(key);
  if (winner === undefined) return undefined;
  const canonical = canonicalKey(key);
  const source = config.layers.layers.find((layer) => layer.get(canonical) !== undefined)!.name;
  let value: unknown = winner.value;
  try {
    value = config.get(key);
  } catch {
    // A placeholder that nobody can fill: shown as it is written.
  }
  return {
    property: { source, value: shownValue(key, value) },
    activeProfiles: profiles,
    defaultProfiles: ['default'],
    propertySources: config.layers.layers.map((layer) => {
      const entry = layer.get(canonical);
      return {
        name: layer.name,
        ...(entry && { property: { value: shownValue(key, entry.value), origin: entry.origin } }),
      };
    }),
  };
}
