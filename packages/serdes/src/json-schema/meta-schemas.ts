import { createRequire } from 'node:module';
import type { JsonValue } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';

/** Where ajv has the schemas of schemas; it has none of draft 4. */
const paths: readonly [uri: RegExp, path: string][] = [
  [/^https?:\/\/json-schema\.org\/draft-06\/schema$/, 'json-schema-draft-06'],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema$/, 'json-schema-draft-07'],
  [/^https?:\/\/json-schema\.org\/draft\/(2019-09|2020-12)\/schema$/, 'json-schema-$1/schema'],
  [/^https?:\/\/json-schema\.org\/draft\/(2019-09|2020-12)\/meta\/([a-z-]+)$/, 'json-schema-$1/meta/$2'],
];

/** A schema that all may refer to without having it registered; undefined for others. */
export function metaSchema(uri: string): JsonValue | undefined {
  const found = paths.find(([pattern]) => pattern.test(uri));
  if (found === undefined) return undefined;
  try {
    const read = createRequire(import.meta.url);
    return parseJson(JSON.stringify(read(`ajv/dist/refs/${uri.replace(found[0], found[1])}.json`)));
  } catch {
    return undefined;
  }
}
