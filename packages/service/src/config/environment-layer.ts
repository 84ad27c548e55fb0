import type { ConfigEntry, ConfigLayer } from './config-layers.ts';

/**
 * Variables of the environment as a source: `TWEETS_MOCK_SLEEP_MS`, `TWEETS_MOCKSLEEPMS` and `TWEETS-MOCK_SLEEP-MS` give `tweets.mock-sleep-ms`,
 * `TWEETS_KEYWORDS_0` gives `tweets.keywords[0]`. A key of one element (`lang`) is only taken from a variable that names the service too
 * (`ORDERS_LANG`): the environment is full of short names that mean something else.
 */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>, service: string): ConfigLayer {
  const variables = new Map<string, string>();
  for (const name of Object.keys(env)) if (env[name] !== undefined) variables.set(plain(name), name);
  const own = plain(service);
  return {
    name: 'systemEnvironment',
    get(canonical) {
      const key = plain(canonical);
      const isShort = !/[.[]/.test(canonical);
      const name = variables.get(own + key) ?? (isShort ? undefined : variables.get(key));
      return name === undefined ? undefined : entryOf(canonical, name, env);
    },
    *entries() {},
  };
}

function entryOf(key: string, name: string, env: Readonly<Record<string, string | undefined>>): ConfigEntry {
  return { key, value: env[name]!, origin: `environment variable ${name}` };
}

function plain(name: string): string {
  return name.replace(/[-_.[\]]/g, '').toLowerCase();
}
