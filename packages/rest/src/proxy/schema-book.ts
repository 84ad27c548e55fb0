import type { JsonValue } from '@headwater/serdes';
import { unprocessable } from './proxy-error.ts';
import type { SchemaDataType } from './record-data.ts';

/** A registered schema that values in JSON are turned to bytes by. */
export interface RegisteredSchema {
  type: SchemaDataType;
  subject: string;
  id: number;
  version: number;
  /** The record's bytes: prefix and value. @throws ProxyError 400 when the value does not fit */
  encode(data: JsonValue): Buffer;
}

/** Which schema a key or value is written by: the latest of the subject where nothing else is said. */
export interface SchemaWish {
  topic: string;
  part: 'key' | 'value';
  type?: SchemaDataType;
  subject?: string;
  strategy?: 'TOPIC_NAME' | 'RECORD_NAME' | 'TOPIC_RECORD_NAME';
  schemaId?: number;
  schemaVersion?: number;
  schema?: string;
}

/** Where schemas come from. */
export interface SchemaBook {
  /** A schema that is known already, so that records need not wait. */
  known(wish: SchemaWish): RegisteredSchema | undefined;
  /** @throws ProxyError */
  find(wish: SchemaWish): Promise<RegisteredSchema>;
}

/** The book of a proxy without a registry. */
export const noSchemas: SchemaBook = {
  known: () => undefined,
  find: () =>
    Promise.reject(unprocessable(42206, 'Payload error. Schema Registry must be configured when using schemas.')),
};
