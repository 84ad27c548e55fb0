import type { JsonValue } from '../json/json-value.ts';

/** The drafts of JSON Schema that are told apart. */
export type JsonSchemaDraft = 4 | 6 | 7 | 2019 | 2020;

const drafts: readonly [string, JsonSchemaDraft][] = [
  ['json-schema.org/draft-04/schema', 4],
  ['json-schema.org/schema', 4],
  ['json-schema.org/draft-06/schema', 6],
  ['json-schema.org/draft-07/schema', 7],
  ['json-schema.org/draft/2019-09/schema', 2019],
  ['json-schema.org/draft/2020-12/schema', 2020],
];

/** What `$schema` says; draft 7 when it says nothing that is known, as Confluent's registry has it. */
export function draftOf(schema: JsonValue): JsonSchemaDraft {
  const named = schema instanceof Map ? schema.get('$schema') : undefined;
  return (typeof named === 'string' ? draftOfUri(named) : undefined) ?? 7;
}

export function draftOfUri(uri: string): JsonSchemaDraft | undefined {
  const bare = uri.replace(/^https?:\/\//, '').replace(/#$/, '');
  return drafts.find(([name]) => name === bare)?.[1];
}

/** 2019-09 and later: `$ref` stands beside other keywords, `$defs`, `dependentSchemas`, `unevaluatedProperties`. */
export function isModern(draft: JsonSchemaDraft): boolean {
  return draft >= 2019;
}
