import { JsonNumber, type JsonObject, type JsonValue, parseJson } from '@headwater/serdes';

/** A case of ksqlDB's test format: statements, records that go in, and those that must come out, or the rejection. */
export interface TestCase {
  readonly name: string;
  readonly statements: readonly string[];
  readonly properties: ReadonlyMap<string, string>;
  readonly topics: readonly TestTopic[];
  readonly inputs: readonly TestRecord[];
  readonly outputs: readonly TestRecord[];
  readonly expectedError: ExpectedError | null;
  readonly sources: readonly JsonObject[];
  readonly expectedTopics: readonly JsonObject[];
  /** The case as it stands in the file, but for its format. */
  readonly json: JsonObject;
}

export interface TestTopic {
  readonly name: string;
  /** Null: as many as the statement says, or 1. */
  readonly partitions: number | null;
  readonly replicas: number;
  /** Schemas to be registered, as they stand in the file. */
  readonly json: JsonObject;
}

export interface TestRecord {
  readonly topic: string;
  readonly key: JsonValue;
  readonly value: JsonValue;
  /** Null: any, of an expected one; 0 of one that goes in. */
  readonly timestamp: number | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
  readonly window: { readonly type: 'time' | 'session'; readonly startMs: number; readonly endMs: number } | null;
}

export interface ExpectedError {
  readonly type: string | null;
  readonly message: string | null;
}

export interface TestFile {
  readonly feature: string | null;
  readonly cases: readonly TestCase[];
}

/**
 * Reads a file of cases. A case with `format` or `config` is one for each entry of theirs.
 *
 * @param name of the file, what cases' names begin with
 */
export function readTestFile(text: string, name: string): TestFile {
  const json = parseJson(text) as JsonObject;
  const cases = list(json.get('tests')).flatMap((each) => expanded(each as JsonObject, name));
  return { feature: textOf(json.get('feature')), cases };
}

function expanded(json: JsonObject, file: string): TestCase[] {
  const formats = json.has('format') ? list(json.get('format')).map((each) => textOf(each)) : [null];
  const configs = json.has('config') ? list(json.get('config')).map((each) => textOf(each)) : [null];
  return formats.flatMap((format) => configs.map((config) => testCase(json, file, format, config)));
}

function testCase(json: JsonObject, file: string, format: string | null, config: string | null): TestCase {
  const properties = new Map<string, string>();
  let suffix = format === null ? '' : ` - ${format}`;
  for (const [property, value] of objectOf(json.get('properties'))) {
    const text = textOf(value) ?? '';
    properties.set(property, text === '{CONFIG}' ? config! : text);
    if (text === '{CONFIG}') suffix += ` - ${property}=${config}`;
  }
  const withFormat = (text: string) => (format === null ? text : text.replaceAll('{FORMAT}', format));
  const error = json.get('expectedException') ?? json.get('expectedError');
  const post = objectOf(json.get('post'));
  return {
    name: `${file} - ${textOf(json.get('name'))}${suffix}`,
    statements: list(json.get('statements')).map((each) => withFormat(textOf(each)!)),
    properties,
    topics: list(json.get('topics')).map((each) => topicOf(each as JsonObject, withFormat)),
    inputs: list(json.get('inputs')).map((each) => recordOf(each as JsonObject)),
    outputs: list(json.get('outputs')).map((each) => recordOf(each as JsonObject)),
    expectedError: error === undefined ? null : errorOf(error as JsonObject),
    sources: list(post.get('sources')) as JsonObject[],
    expectedTopics: list(objectOf(post.get('topics')).get('topics')) as JsonObject[],
    json,
  };
}

function topicOf(json: JsonObject, withFormat: (text: string) => string): TestTopic {
  const replaced = new Map(json);
  for (const name of ['keyFormat', 'valueFormat', 'format']) {
    const text = json.get(name);
    if (typeof text === 'string') replaced.set(name, withFormat(text));
  }
  return {
    name: textOf(json.get('name'))!,
    partitions: json.has('partitions') ? Number(textOf(json.get('partitions'))) : null,
    replicas: Number(textOf(json.get('replicas')) ?? 1),
    json: replaced,
  };
}

function recordOf(json: JsonObject): TestRecord {
  const window = json.get('window');
  const timestamp = json.get('timestamp');
  return {
    topic: textOf(json.get('topic'))!,
    key: json.get('key') ?? null,
    value: json.get('value') ?? null,
    timestamp: timestamp === undefined ? null : Number(textOf(timestamp)),
    headers: list(json.get('headers')).map((each) => {
      const header = each as JsonObject;
      const value = textOf(header.get('VALUE'));
      return { key: textOf(header.get('KEY'))!, value: value === null ? null : Buffer.from(value, 'base64') };
    }),
    window:
      window === undefined || window === null
        ? null
        : {
            type: textOf((window as JsonObject).get('type'))!.toLowerCase() === 'session' ? 'session' : 'time',
            startMs: Number(textOf((window as JsonObject).get('start'))),
            endMs: Number(textOf((window as JsonObject).get('end'))),
          },
  };
}

function errorOf(json: JsonObject): ExpectedError {
  return { type: textOf(json.get('type')), message: textOf(json.get('message')) };
}

export function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  return value instanceof Map ? value : new Map();
}

/** Texts as they are, numbers and booleans by their text. */
export function textOf(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' ? value : String(value);
}
