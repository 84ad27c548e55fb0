import { ByteWriter } from '../byte-writer.ts';
import { SerializationError } from '../serialization-error.ts';
import type { FileDescriptor } from './descriptor-object.ts';
import { fromDescriptor } from './from-descriptor.ts';
import { messageCodec } from './message-codec.ts';
import { MessageTypes } from './message-type.ts';
import type { ProtoFile } from './proto-file.ts';
import type { ProtoNames } from './proto-names.ts';
import { toDescriptor } from './to-descriptor.ts';

/** Confluent's registry calls every file so. */
const fileName = 'default';

/** The file as bytes of a FileDescriptorProto, with the options whose extensions are known. */
export function encodeFile(file: ProtoFile, names: ProtoNames): Buffer {
  const writer = new ByteWriter();
  codecOf(names).encode(toDescriptor(file, names, fileName), writer);
  return Buffer.from(writer.finish());
}

/**
 * The file that bytes of a FileDescriptorProto describe; undefined when they are none.
 *
 * @throws SchemaError for what no file can say
 */
export function decodeFile(bytes: Buffer, names: ProtoNames): ProtoFile | undefined {
  try {
    return fromDescriptor(codecOf(names).decode(bytes, 0, bytes.length), names);
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}

function codecOf(names: ProtoNames) {
  return messageCodec<FileDescriptor>(new MessageTypes(names).message('google.protobuf.FileDescriptorProto'));
}
