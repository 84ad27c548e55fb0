import { type ConfigValue, jsonOf, jsonText } from '../values.ts';

/** A value with where it stands: `line:column`, or what an override is. */
export interface OriginValue {
  readonly value: ConfigValue;
  readonly origin: string | null;
}

export interface PropertySource {
  readonly name: string;
  /** The file in the repository; undefined for overrides. */
  readonly path?: string;
  readonly source: ReadonlyMap<string, OriginValue>;
}

/** What an application is told for its profiles and label; the first source that has a key wins. */
export interface Environment {
  readonly name: string;
  readonly profiles: readonly string[];
  readonly label: string | null;
  readonly version: string | null;
  readonly state: string | null;
  readonly propertySources: readonly PropertySource[];
}

/** The answer's JSON, with bare values, or (as the `v2` media type has it) with each value's origin. */
export function environmentJson(environment: Environment, withOrigins: boolean): string {
  const sources = environment.propertySources.map(({ name, source }) => {
    const entries: string[] = [];
    for (const [key, { value, origin }] of source) {
      const shown =
        withOrigins && origin !== null ? `{"value":${jsonOf(value)},"origin":${jsonText(origin)}}` : jsonOf(value);
      entries.push(`${jsonText(key)}:${shown}`);
    }
    return `{"name":${jsonText(name)},"source":{${entries.join(',')}}}`;
  });
  const { name, profiles, label, version, state } = environment;
  const head = JSON.stringify({ name, profiles, label, version, state }).slice(0, -1);
  return `${head},"propertySources":[${sources.join(',')}]}`;
}
