import type { ProtoEnum, ProtoField, ProtoFile, ProtoGroup, ProtoMessage, ProtoOption } from './proto-file.ts';

/** A file without extensions and without options that are extensions, but for Confluent's own. */
export function withoutExtensions(file: ProtoFile): ProtoFile {
  return {
    ...plain(file),
    extends: [],
    messages: file.messages.map(message),
    enums: file.enums.map(enumOf),
    services: file.services.map((service) => ({ ...plain(service), methods: service.methods.map(plain) })),
  };
}

function plain<T extends { readonly options: readonly ProtoOption[] }>(of: T): T {
  const options = of.options.filter(({ isExtension, name }) => !isExtension || name.startsWith('confluent.'));
  return { ...of, options };
}

function message(of: ProtoMessage): ProtoMessage {
  return {
    ...plain(of),
    fields: of.fields.map(plain<ProtoField>),
    oneofs: of.oneofs.map((oneof) => ({
      ...plain(oneof),
      fields: oneof.fields.map(plain<ProtoField>),
      groups: oneof.groups.map(group),
    })),
    groups: of.groups.map(group),
    extensions: [],
    extends: [],
    messages: of.messages.map(message),
    enums: of.enums.map(enumOf),
  };
}

function group(of: ProtoGroup): ProtoGroup {
  return { ...plain(of), message: message(of.message) };
}

function enumOf(of: ProtoEnum): ProtoEnum {
  return { ...plain(of), values: of.values.map(plain) };
}
