import { parseSchema, propertyName, quoted, TypeNames, tsDoc, typesOf } from '@headwater/serdes';
import type { Subject, SubjectVersion } from './subject-reader.ts';

/** The first line: a file that begins otherwise is not ours to write over. */
export const firstLine =
  '// Written by `headwater types` from the subjects of a schema registry. To change it, run that again.';

export interface TypesText {
  text: string;
  /** What has no types, and why: such a value is `unknown`. */
  problems: readonly string[];
}

interface Side {
  subject: Subject;
  typeName: string;
  /** What a consumer may meet, when it is more than what a producer writes. */
  readType: string | undefined;
}

const formatNames = { AVRO: 'Avro', JSON: 'JSON Schema', PROTOBUF: 'Protobuf' };

/**
 * TypeScript for subjects: a type for each, a namespace for each of its versions, and a handle for each topic that has a key's or a value's
 * subject (`<topic>-key`, `<topic>-value`). The same subjects always give the same text.
 */
export function typesText(subjects: readonly Subject[]): TypesText {
  const problems: string[] = [];
  const names = new TypeNames();
  names.give('Topics');
  names.give('topics');
  names.give('TopicDefinitions');
  // All subjects first: what a version is called depends on what they are called, never the other way round.
  const typeNames = subjects.map(({ name }) => names.give(pascalCase(name)));
  const sides = new Map<string, { key?: Side; value?: Side }>();
  const sections: string[] = [];
  subjects.forEach((subject, index) => {
    const typeName = typeNames[index]!;
    const { text, types } = subjectText(subject, typeName, names, problems);
    sections.push(text);
    const place = topicOf(subject.name);
    if (place === undefined) return;
    const topic = sides.get(place.topic) ?? {};
    // The same topic in another context: the first one, which is that of the default context, has it.
    topic[place.side] ??= { subject, typeName, readType: readTypeOf(subject, types) };
    sides.set(place.topic, topic);
  });
  const body = `${sections.join('\n')}${sections.length === 0 ? '' : '\n'}${topicsText(sides)}`;
  const imports = [
    ...(/\bserdes\./.test(body) ? ["import type * as serdes from '@headwater/serdes';"] : []),
    "import type { TopicDefinitions } from '@headwater/service';",
  ];
  return {
    text: `${firstLine}\n/* eslint-disable */\n// biome-ignore-all lint: generated\n// biome-ignore-all format: generated\n${imports.join('\n')}\n\n${body}`,
    problems,
  };
}

/** `orders-value` is the value of `orders`. A subject of a context counts for its bare name. */
function topicOf(subject: string): { topic: string; side: 'key' | 'value' } | undefined {
  const match = /^(?::\.[^:]*:)?(.+)-(key|value)$/s.exec(subject);
  return match === null ? undefined : { topic: match[1]!, side: match[2] as 'key' | 'value' };
}

function subjectText(subject: Subject, typeName: string, names: TypeNames, problems: string[]) {
  const types = new Map<number, string>();
  const spaces: string[] = [];
  for (const version of [...subject.versions].reverse()) {
    const { text, type } = versionText(subject.name, version, names.give(`${typeName}V${version.version}`), problems);
    spaces.push(text);
    types.set(version.version, type);
  }
  const latest = subject.versions.at(-1)!;
  const doc = `Subject \`${subject.name}\`, version ${latest.version}, ${formatNames[latest.schemaType]}.`;
  const alias = `${tsDoc(doc)}export type ${typeName} = ${types.get(latest.version)!};\n`;
  return { text: `${alias}${spaces.join('')}`, types };
}

function versionText(subject: string, version: SubjectVersion, space: string, problems: string[]) {
  try {
    const references = new Map(version.references.map(({ name, schema }) => [name, schema]));
    const parsed = parseSchema(version.schemaType, version.schema, references);
    const { name, declarations } = typesOf(parsed, 'Root');
    if (declarations === '') return { text: '', type: name };
    const inner = declarations.replace(/^(?=.)/gm, '  ');
    const isDeclared = declarations
      .split('\n')
      .some((line) => line.startsWith(`export interface ${name} `) || line.startsWith(`export type ${name} `));
    return {
      text: `\n${tsDoc(`Version ${version.version} of \`${subject}\`.`)}export declare namespace ${space} {\n${inner}}\n`,
      type: isDeclared ? `${space}.${name}` : name,
    };
  } catch (error) {
    problems.push(`${subject} version ${version.version}: ${(error as Error).message}`);
    return { text: '', type: 'unknown' };
  }
}

/**
 * Avro and Protobuf readers see every record as the newest version has it. JSON has no such step: a consumer sees a value as the version
 * has it that wrote it.
 */
function readTypeOf({ versions }: Subject, types: ReadonlyMap<number, string>): string | undefined {
  if (versions.at(-1)!.schemaType !== 'JSON') return undefined;
  const all = new Set([...versions].reverse().map(({ version }) => types.get(version)!));
  return all.size === 1 ? undefined : [...all].join(' | ');
}

function topicsText(sides: ReadonlyMap<string, { key?: Side; value?: Side }>): string {
  const raw = 'string | Uint8Array | null';
  const topics = [...sides].sort(([a], [b]) => (a < b ? -1 : 1));
  const types = topics.map(([topic, { key, value }]) => {
    const members = [
      `key: ${key?.typeName ?? raw}`,
      `value: ${value?.typeName ?? raw}`,
      ...(key === undefined ? ['readKey: Uint8Array | null'] : key.readType ? [`readKey: ${key.readType}`] : []),
      ...(value === undefined ? ['readValue: Uint8Array'] : value.readType ? [`readValue: ${value.readType}`] : []),
    ];
    return `  ${propertyName(topic)}: { ${members.join('; ')} };\n`;
  });
  const definitions = topics.map(([topic, { key, value }]) => {
    const lines = [...sideText('key', key), ...sideText('value', value)];
    return `  ${propertyName(topic)}: {\n${lines.join('')}  },\n`;
  });
  return (
    `${tsDoc('What the topics hold: a producer writes `key` and `value`, a consumer reads them, or `readKey` and `readValue` where they differ.')}` +
    `export interface Topics {\n${types.join('')}}\n\n` +
    `${tsDoc('The topics, for `connectTopics` of `@headwater/service`.')}` +
    `export const topics: TopicDefinitions<Topics> = {\n${definitions.join('')}};\n`
  );
}

function sideText(side: 'key' | 'value', given: Side | undefined): string[] {
  if (given === undefined) return [];
  const { version, schemaType, schema, references } = given.subject.versions.at(-1)!;
  const lines = [
    `    ${side}: {\n`,
    `      subject: ${quoted(given.subject.name)},\n`,
    `      version: ${version},\n`,
    `      schemaType: '${schemaType}',\n`,
    `      schema: ${quoted(schema)},\n`,
  ];
  if (references.length > 0) {
    lines.push('      references: [\n');
    for (const { name, subject, version: number, schema: text } of references) {
      const members = `name: ${quoted(name)}, subject: ${quoted(subject)}, version: ${number}, schema: ${quoted(text)}`;
      lines.push(`        { ${members} },\n`);
    }
    lines.push('      ],\n');
  }
  return [...lines, '    },\n'];
}

function pascalCase(subject: string): string {
  const parts = subject.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
}
