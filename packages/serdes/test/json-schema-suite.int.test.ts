/**
 * The official test suite (https://github.com/json-schema-org/JSON-Schema-Test-Suite), whose directory HEADWATER_JSON_SCHEMA_SUITE names.
 * What is known to come out otherwise is counted below by file; HEADWATER_JSON_SCHEMA_VERBOSE=1 prints each.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jsonSchemaCodec, ParsedJsonSchema, SchemaError, SerializationError } from '../index.ts';

interface Group {
  description: string;
  schema: unknown;
  tests: { description: string; data: unknown; valid: boolean }[];
}

const suite = process.env['HEADWATER_JSON_SCHEMA_SUITE'] ?? '';
const isVerbose = process.env['HEADWATER_JSON_SCHEMA_VERBOSE'] === '1';
const drafts: Readonly<Record<string, string>> = {
  draft4: 'http://json-schema.org/draft-04/schema#',
  draft6: 'http://json-schema.org/draft-06/schema#',
  draft7: 'http://json-schema.org/draft-07/schema#',
  'draft2019-09': 'https://json-schema.org/draft/2019-09/schema',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
};

/**
 * Tests that come out otherwise, and tests of schemas that are refused, by file. Why: ajv does not look at a property `__proto__`, takes
 * what `if` looks at as evaluated also when it fails, and what `contains` finds as not evaluated; vocabularies of other metaschemas are
 * not looked at; a list in `items` is refused in 2019-09, as Confluent's registry does; the pattern `\p{Letter}` is none of Java's; the
 * schema of draft 4 itself is not at hand.
 */
const known: Readonly<Record<string, Readonly<Record<string, readonly [otherwise: number, refused: number]>>>> = {
  draft4: { 'definitions.json': [0, 2], 'properties.json': [1, 0], 'ref.json': [0, 2] },
  draft6: { 'properties.json': [1, 0] },
  draft7: { 'properties.json': [1, 0] },
  'draft2019-09': {
    'additionalItems.json': [0, 13],
    'items.json': [0, 16],
    'properties.json': [1, 0],
    'ref.json': [0, 4],
    'unevaluatedItems.json': [2, 32],
    'unevaluatedProperties.json': [2, 0],
    'uniqueItems.json': [0, 26],
    'vocabulary.json': [1, 0],
  },
  'draft2020-12': {
    'pattern.json': [0, 3],
    'patternProperties.json': [0, 2],
    'properties.json': [1, 0],
    'unevaluatedItems.json': [10, 0],
    'unevaluatedProperties.json': [2, 0],
    'vocabulary.json': [1, 0],
  },
};

function remotes(draft: string): Map<string, string> {
  const files = globSync('**/*.json', { cwd: join(suite, 'remotes') });
  const isOf = (file: string) => !/^(draft|v1)/.test(file) || file.startsWith(`${draft}/`);
  return new Map(
    files
      .filter(isOf)
      .map((file) => [`http://localhost:1234/${file}`, readFileSync(join(suite, 'remotes', file), 'utf8')]),
  );
}

for (const [draft, uri] of Object.entries(drafts)) {
  test(`${draft}: values are judged as the official suite judges them`, (t) => {
    if (!existsSync(join(suite, 'tests', draft))) {
      return t.skip('HEADWATER_JSON_SCHEMA_SUITE does not name a copy of the JSON Schema test suite');
    }
    const documents = remotes(draft);
    const found: Record<string, [number, number]> = {};
    let [passed, otherwise, refused] = [0, 0, 0];
    for (const file of readdirSync(join(suite, 'tests', draft)).filter((name) => name.endsWith('.json'))) {
      const groups = JSON.parse(readFileSync(join(suite, 'tests', draft, file), 'utf8')) as Group[];
      const counts: [number, number] = [0, 0];
      for (const group of groups) {
        const results = judge(group, uri, documents);
        for (const [index, result] of results.entries()) {
          if (result === 'right') passed++;
          else if (result === 'wrong') counts[0]++;
          else counts[1]++;
          if (result !== 'right' && isVerbose) {
            t.diagnostic(`${result} ${file}: ${group.description}: ${group.tests[index]!.description}`);
          }
        }
      }
      if (counts[0] + counts[1] > 0) found[file] = counts;
      otherwise += counts[0];
      refused += counts[1];
    }
    t.diagnostic(
      `${draft}: ${passed} as the suite says, ${otherwise} otherwise, ${refused} of schemas that are refused`,
    );
    assert.deepEqual(found, known[draft] ?? {});
  });
}

function judge({ schema, tests }: Group, uri: string, documents: Map<string, string>): string[] {
  const withDraft = typeof schema === 'object' ? { $schema: uri, ...schema } : schema;
  const text = JSON.stringify(withDraft);
  try {
    const codec = jsonSchemaCodec(new ParsedJsonSchema(text, text.includes('localhost:1234') ? documents : new Map()));
    return tests.map(({ data, valid }) => {
      const bytes = Buffer.from(JSON.stringify(data));
      try {
        codec.decode(bytes, 0, bytes.length);
        return valid ? 'right' : 'wrong';
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error;
        return valid ? 'wrong' : 'right';
      }
    });
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return tests.map(() => `refused (${error.message})`);
  }
}
