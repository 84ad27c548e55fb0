import type { ProtoFile, ProtoOption } from './proto-file.ts';

/** What differs between proto2, proto3 and editions: https://protobuf.dev/editions/features/ */
export interface Features {
  readonly field_presence: string;
  readonly enum_type: string;
  readonly repeated_field_encoding: string;
  readonly message_encoding: string;
}

const proto2: Features = {
  field_presence: 'EXPLICIT',
  enum_type: 'CLOSED',
  repeated_field_encoding: 'EXPANDED',
  message_encoding: 'LENGTH_PREFIXED',
};
const proto3: Features = {
  ...proto2,
  field_presence: 'IMPLICIT',
  enum_type: 'OPEN',
  repeated_field_encoding: 'PACKED',
};
const edition2023: Features = { ...proto3, field_presence: 'EXPLICIT' };

export function fileFeatures(file: ProtoFile): Features {
  if (file.edition !== undefined) return withFeatures(edition2023, file.options);
  return file.syntax === 'proto3' ? proto3 : proto2;
}

/** What holds inside, with what the options there say. */
export function withFeatures(outer: Features, options: readonly ProtoOption[]): Features {
  let features = outer;
  for (const { name, isExtension, path, value } of options) {
    if (isExtension || path.length > 0) continue;
    if (name === 'features' && value.kind === 'map') {
      for (const [key, each] of value.entries) if (each.kind === 'name') features = { ...features, [key]: each.name };
    } else if (name.startsWith('features.') && value.kind === 'name') {
      features = { ...features, [name.slice('features.'.length)]: value.name };
    }
  }
  return features;
}
