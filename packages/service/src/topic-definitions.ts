/** What a topic holds, for the compiler. */
export interface TopicTypes {
  key: unknown;
  value: unknown;
  /** What a consumer gets, when it is not what a producer gives: raw keys, or JSON values of several versions. */
  readKey?: unknown;
  readValue?: unknown;
}

/** A schema as a program was compiled against it: the version of a subject, with the texts of what it refers to. */
export interface SchemaDefinition {
  subject: string;
  version: number;
  schemaType: 'AVRO' | 'JSON' | 'PROTOBUF';
  schema: string;
  /** What others need comes first. */
  references?: readonly { name: string; subject: string; version: number; schema: string }[];
}

/** A topic: the schemas of its keys and values, where it has them, and their types. */
export interface TopicDefinition<T extends TopicTypes = TopicTypes> {
  key?: SchemaDefinition;
  value?: SchemaDefinition;
  /** Never there: the compiler reads it. */
  types?: T;
}

/** The topics of a service, by name. `headwater types` writes them. */
export type TopicDefinitions<T extends { [N in keyof T]: TopicTypes }> = {
  readonly [N in keyof T]: TopicDefinition<T[N]>;
};
