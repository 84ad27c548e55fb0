import { parseProto } from './parse-proto.ts';
import type { ProtoFile } from './proto-file.ts';
import { confluentTexts } from './well-known/confluent.ts';
import { descriptorText } from './well-known/descriptor.ts';
import { googleProtobufTexts } from './well-known/google-protobuf.ts';
import { googleTypeTexts } from './well-known/google-type.ts';

const texts: Readonly<Record<string, string>> = {
  ...googleProtobufTexts,
  'google/protobuf/descriptor.proto': descriptorText,
  ...googleTypeTexts,
  ...confluentTexts,
};
let parsed: ReadonlyMap<string, ProtoFile> | undefined;

/** The files that need no reference, by the name that they are imported by. */
export function wellKnownFiles(): ReadonlyMap<string, ProtoFile> {
  parsed ??= new Map(Object.entries(texts).map(([name, text]) => [name, parseProto(text)]));
  return parsed;
}
