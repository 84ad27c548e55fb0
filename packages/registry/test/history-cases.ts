import type { SchemaType } from '@headwater/serdes';

/** A schema after several versions: what each level says of it. */
export interface HistoryCase {
  name: string;
  schemaType: SchemaType;
  /** Oldest first. */
  versions: string[];
  next: string;
  /** Levels under which it may follow; NONE is left out, as everything may. */
  passes: readonly Level[];
  /** Where Apicurio has another rule: what passes there. */
  apicurio?: { passes: readonly Level[]; why: string };
}

export const levels = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;
export type Level = (typeof levels)[number];

const allBackward: Level[] = ['BACKWARD', 'BACKWARD_TRANSITIVE'];
const allForward: Level[] = ['FORWARD', 'FORWARD_TRANSITIVE'];

/** What a format needs to tell the same stories: objects with fields that may be there, must be there, or have changed. */
interface Format {
  schemaType: SchemaType;
  /** `a`: a whole number. `w`, `W`: the same, wider. Others are texts: `b` may be left out, `B` must be there. */
  schema: (fields: string) => string;
}

const avro: Format = {
  schemaType: 'AVRO',
  schema: (fields) => {
    const made = [...fields].map((letter) => {
      if (letter === 'a') return { name: 'a', type: 'int' };
      if (letter === 'w') return { name: 'a', type: 'long' };
      if (letter === 'W') return { name: 'a', type: 'double' };
      return letter === letter.toLowerCase()
        ? { name: letter, type: 'string', default: '' }
        : { name: letter.toLowerCase(), type: 'string' };
    });
    return JSON.stringify({ type: 'record', name: 'T', fields: made });
  },
};

const closedJson: Format = {
  schemaType: 'JSON',
  schema: (fields) => {
    const types: Record<string, object> = {};
    for (const letter of fields) {
      const name = letter === 'w' ? 'a' : letter.toLowerCase();
      const type = letter === 'a' ? 'integer' : letter === 'w' ? 'number' : 'string';
      types[name] = { type };
    }
    const required = [...fields]
      .filter((letter) => letter !== letter.toLowerCase())
      .map((letter) => letter.toLowerCase());
    return JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: types,
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    });
  },
};

/** Avro and closed JSON objects: a field comes, goes, must be there, gets wider, and the same again versions later. */
const stories: readonly [name: string, versions: string[], next: string, avro: Level[], json: Level[] | null][] = [
  ['nothing changes', ['a', 'a'], 'a', [...levels], [...levels]],
  ['a field that may be left out comes', ['a'], 'ab', [...levels], allBackward],
  ['a field that may be left out goes', ['ab'], 'a', [...levels], allForward],
  ['a field that must be there comes', ['a'], 'aB', allForward, []],
  ['a field that must be there goes', ['aB'], 'a', allBackward, []],
  [
    'it comes after it has come',
    ['a', 'aB'],
    'aB',
    ['BACKWARD', ...allForward, 'FULL'],
    ['BACKWARD', 'FORWARD', 'FULL'],
  ],
  ['it goes after it has gone', ['aB', 'a'], 'a', [...allBackward, 'FORWARD', 'FULL'], ['BACKWARD', 'FORWARD', 'FULL']],
  ['a field comes in two steps', ['a', 'ab'], 'aB', [...allForward, 'BACKWARD', 'FULL'], ['FORWARD']],
  ['a type gets wider', ['a'], 'w', allBackward, allBackward],
  ['a type gets narrower', ['w'], 'a', allForward, allForward],
  ['a type gets wider twice', ['a', 'w'], 'W', allBackward, null],
  ['wider, then narrower again', ['a', 'w'], 'a', [...allForward], [...allForward]],
  ['narrower, then wider again', ['w', 'a'], 'w', allBackward, allBackward],
  ['two fields change places', ['abc'], 'acb', [...levels], [...levels]],
  ['one comes, another goes', ['ab'], 'ac', [...levels], []],
  ['all is new but the name', ['ab', 'ac', 'ad'], 'ae', [...levels], []],
];

const protobuf = (...fields: string[]): string => `syntax = "proto3";\nmessage T {\n${fields.join('\n')}\n}\n`;
const reservedGoes = { why: 'a field goes only when its number and its name are reserved there' };
const typesStay = { passes: [], why: 'types stay as they are there, also where they are the same on the wire' };

const protobufStories: readonly [
  name: string,
  versions: string[],
  next: string,
  passes: Level[],
  apicurio?: HistoryCase['apicurio'],
][] = [
  ['nothing changes', [protobuf('int32 a = 1;')], protobuf('int32 a = 1;'), [...levels]],
  [
    'a field comes',
    [protobuf('int32 a = 1;')],
    protobuf('int32 a = 1;', 'string b = 2;'),
    [...levels],
    { ...reservedGoes, passes: allBackward },
  ],
  [
    'a field goes',
    [protobuf('int32 a = 1;', 'string b = 2;')],
    protobuf('int32 a = 1;'),
    [...levels],
    { ...reservedGoes, passes: allForward },
  ],
  ['a field has another kind', [protobuf('int32 a = 1;')], protobuf('string a = 1;'), []],
  ['the kind changes on the wire alone', [protobuf('int32 a = 1;')], protobuf('int64 a = 1;'), [...levels], typesStay],
  [
    'a kind that was, was not, and is something else',
    [protobuf('int32 a = 1;'), protobuf('string b = 2;')],
    protobuf('string a = 1;', 'string b = 2;'),
    ['BACKWARD', 'FORWARD', 'FULL'],
  ],
  [
    'the same with what is the same on the wire',
    [protobuf('int32 a = 1;'), protobuf('string b = 2;')],
    protobuf('uint64 a = 1;', 'string b = 2;'),
    [...levels],
    typesStay,
  ],
  [
    'a message goes',
    [`${protobuf('int32 a = 1;')}message U {\n  int32 a = 1;\n}\n`],
    protobuf('int32 a = 1;'),
    allForward,
  ],
  [
    'a message comes',
    [protobuf('int32 a = 1;')],
    `${protobuf('int32 a = 1;')}message U {\n  int32 a = 1;\n}\n`,
    allBackward,
  ],
];

export function historyCases(): HistoryCase[] {
  const made: HistoryCase[] = [];
  for (const [name, versions, next, avroPasses, jsonPasses] of stories) {
    for (const { format, passes } of [
      { format: avro, passes: avroPasses },
      { format: closedJson, passes: jsonPasses },
    ]) {
      if (passes === null) continue;
      const { schema, schemaType } = format;
      made.push({ name, schemaType, versions: versions.map(schema), next: schema(next), passes });
    }
  }
  for (const [name, versions, next, passes, apicurio] of protobufStories) {
    made.push({ name, schemaType: 'PROTOBUF', versions, next, passes, ...(apicurio && { apicurio }) });
  }
  return made;
}
