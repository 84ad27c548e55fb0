/** The changes that are refused, by the names that Confluent's registry has for them: what is wrong, and what would pass. */
export const protobufRules = {
  PACKAGE_CHANGED: (_at, before, after) =>
    `The package was ${before} and is ${after}: full names are part of what records say. Keep the package, or use another subject.`,
  MESSAGE_REMOVED: (at, before) =>
    `The message ${before} at path '${at}' is gone, and records may be of it. Keep it, with or without its fields.`,
  FIELD_KIND_CHANGED: (at, before, after) =>
    `The field at path '${at}' was ${before} and is ${after}: scalars, messages, groups and maps do not read each other. Keep the type, or add a field with a new number.`,
  FIELD_SCALAR_KIND_CHANGED: (at, before, after) =>
    `The field at path '${at}' was ${before} and is ${after}, which is written in another way. Keep the type, take one that is the same on the wire, or add a field with a new number.`,
  FIELD_NAMED_TYPE_CHANGED: (at, before, after) =>
    `The field at path '${at}' was ${before} and is ${after}. Keep its message as it was, or add a field with a new number.`,
  FIELD_NUMERIC_LABEL_CHANGED: (at, before, after) =>
    `The field at path '${at}' was ${before} and is ${after}: of numbers, one and many are written in different ways. Keep the label, or add a field with a new number.`,
  REQUIRED_FIELD_ADDED: (at, _before, after) =>
    `The field ${after} at path '${at}' is required and was not written before. Make it optional.`,
  REQUIRED_FIELD_REMOVED: (at, before) =>
    `The required field ${before} at path '${at}' is gone; who still requires it reads no new record. Keep it.`,
  ONEOF_FIELD_REMOVED: (at, before, after) =>
    `The field ${before} at path '${at}' is gone from the oneof ${after}: where it was set nothing would seem to be. Keep it, move it out of the oneof, or remove the whole oneof.`,
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: (at, before, after) =>
    `The fields ${before} are now in the oneof ${after} at path '${at}': of those that were written together one would be left. Move at most one into a new oneof.`,
  FIELD_MOVED_TO_EXISTING_ONEOF: (at, before, after) =>
    `The oneof ${after} at path '${at}' joins what could be set together before${before === '' ? '' : `: ${before}`}. Leave such fields where they were, or add new ones to the oneof.`,
} as const satisfies Record<string, (at: string, before: string, after: string) => string>;

export type ProtobufRule = keyof typeof protobufRules;
