/** Which of a record's two parts: each has a subject and a header of its own. */
export type RecordPart = 'key' | 'value';

/**
 * How the subject of a schema is called. `topic`: `<topic>-value`; `record`: the schema's full name; `topic-record`: `<topic>-<full
 * name>`. Or a function of your own.
 */
export type SubjectNameStrategy =
  | 'topic'
  | 'record'
  | 'topic-record'
  | ((topic: string, part: RecordPart, fullName: string | undefined) => string);

/** @throws TypeError when the strategy needs the full name of a schema that has none */
export function subjectName(
  strategy: SubjectNameStrategy,
  topic: string,
  part: RecordPart,
  fullName: string | undefined,
): string {
  if (typeof strategy === 'function') return strategy(topic, part, fullName);
  if (strategy === 'topic') return `${topic}-${part}`;
  if (fullName === undefined) {
    throw new TypeError(
      `The subject of topic ${topic} (${part}) is named by record, and its schema has no name: give it one (Avro and Protobuf a record, JSON Schema a "title"), or name subjects by topic`,
    );
  }
  return strategy === 'record' ? fullName : `${topic}-${fullName}`;
}
