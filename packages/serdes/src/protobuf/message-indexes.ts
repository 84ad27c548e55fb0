import { SchemaError } from '../schema-error.ts';
import type { ParsedProtobufSchema } from './parsed-protobuf.ts';
import type { ProtoMessage } from './proto-file.ts';

/**
 * Where a message stands in its file: the place among the messages of the file, then among those nested in it, and so on. Records in
 * Confluent's wire format carry it between the schema's id and the data.
 *
 * @throws SchemaError when the file has no such message
 */
export function messageIndexes(parsed: ParsedProtobufSchema, fullName: string): number[] {
  const { package: packageName } = parsed.effectiveFile;
  const prefix = packageName === undefined ? '' : `${packageName}.`;
  const indexes: number[] = [];
  let messages: readonly ProtoMessage[] = parsed.effectiveFile.messages;
  const isInPackage = fullName.startsWith(prefix);
  for (const part of isInPackage ? fullName.slice(prefix.length).split('.') : ['']) {
    const index = messages.findIndex(({ name }) => name === part);
    if (index < 0) throw new SchemaError(`There is no message ${fullName} in this schema`);
    indexes.push(index);
    messages = messages[index]!.messages;
  }
  return indexes;
}

/**
 * The full name of the message that indexes lead to; none lead to the first one.
 *
 * @throws SchemaError when they lead nowhere
 */
export function messageNameAt(parsed: ParsedProtobufSchema, indexes: readonly number[]): string {
  const { package: packageName } = parsed.effectiveFile;
  const parts = packageName === undefined ? [] : [packageName];
  let messages: readonly ProtoMessage[] = parsed.effectiveFile.messages;
  for (const index of indexes.length === 0 ? [0] : indexes) {
    const message = messages[index];
    if (message === undefined)
      throw new SchemaError(`No message of this schema has the indexes [${indexes.join(', ')}]`);
    parts.push(message.name);
    messages = message.messages;
  }
  return parts.join('.');
}
