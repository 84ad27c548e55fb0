import { normalOptions } from './normalize-options.ts';
import {
  isMapEntry,
  isScalar,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoMessage,
  type ProtoOneof,
  type ProtoOption,
  type ProtoRange,
} from './proto-file.ts';
import { type ProtoNames, resolved } from './proto-names.ts';

/**
 * The file that is the same for all ways to write the same one: names are absolute; imports, options and what has a number are in
 * order. Messages keep their places, which stand in every record.
 */
export function normalizeProto(file: ProtoFile, names: ProtoNames): ProtoFile {
  const scope = file.package ?? '';
  const normal = new Normalizer(names);
  return {
    ...file,
    syntax: file.syntax === 'proto3' ? 'proto3' : undefined,
    imports: sortedOnce(file.imports),
    publicImports: sortedOnce(file.publicImports),
    weakImports: sortedOnce(file.weakImports),
    options: normalOptions(file.options, scope, names),
    ...normal.inside(file, scope),
    services: file.services.map((service) => ({
      ...service,
      options: normalOptions(service.options, scope, names),
      methods: service.methods.map((method) => ({
        ...method,
        requestType: normal.type(method.requestType, scope),
        responseType: normal.type(method.responseType, scope),
        options: normalOptions(method.options, scope, names),
      })),
    })),
  };
}

class Normalizer {
  readonly #names: ProtoNames;

  constructor(names: ProtoNames) {
    this.#names = names;
  }

  inside(of: Pick<ProtoMessage, 'messages' | 'enums' | 'extends'>, scope: string) {
    return {
      messages: of.messages
        .filter((message) => !isMapEntry(message))
        .map((message) => this.#message(message, join(scope, message.name))),
      enums: of.enums.map((each) => this.#enum(each, join(scope, each.name))),
      extends: this.#extends(of.extends, scope),
    };
  }

  type(name: string, scope: string): string {
    return isScalar(name) ? name : `.${resolved(this.#names, name, scope, scope).fullName}`;
  }

  #options(options: readonly ProtoOption[], scope: string): ProtoOption[] {
    return normalOptions(options, scope, this.#names);
  }

  #message(message: ProtoMessage, scope: string): ProtoMessage {
    const ranges = message.extensions.flatMap(({ ranges, options }) =>
      ranges.map((range) => ({ ranges: [normalRange(range)], options: this.#options(options, scope) })),
    );
    return {
      name: message.name,
      reserved: normalReserved(message.reserved),
      options: this.#options(message.options, scope),
      fields: this.#fields(message.fields, scope),
      oneofs: message.oneofs
        .map((oneof) => this.#oneof(oneof, scope))
        .filter(({ fields, groups }) => fields.length + groups.length > 0)
        .sort((a, b) => firstNumber(a) - firstNumber(b)),
      groups: this.#groups(message.groups, scope),
      extensions: ranges.sort((a, b) => a.ranges[0]!.first - b.ranges[0]!.first),
      ...this.inside(message, scope),
    };
  }

  #oneof(oneof: ProtoOneof, scope: string): ProtoOneof {
    return {
      name: oneof.name,
      options: this.#options(oneof.options, scope),
      fields: this.#fields(oneof.fields, scope),
      groups: this.#groups(oneof.groups, scope),
    };
  }

  #fields(fields: readonly ProtoField[], scope: string): ProtoField[] {
    return fields.map((field) => this.#field(field, scope)).sort((a, b) => a.number - b.number);
  }

  #field(field: ProtoField, scope: string): ProtoField {
    const options = this.#options(field.options, scope);
    const entry = isScalar(field.type) ? undefined : this.#names.resolveType(field.type, scope);
    if (entry?.kind === 'message' && entry.isMapEntry) {
      const [key, value] = [1, 2].map((number) => entry.message.fields.find((each) => each.number === number));
      if (key !== undefined && value !== undefined) {
        const type = this.type(value.type, entry.fullName);
        return { ...field, label: undefined, mapKey: key.type, type, options };
      }
    }
    return { ...field, type: this.type(field.type, scope), options };
  }

  #groups(groups: readonly ProtoGroup[], scope: string): ProtoGroup[] {
    return groups
      .map((group) => ({
        ...group,
        options: this.#options(group.options, scope),
        message: this.#message(group.message, join(scope, group.name)),
      }))
      .sort((a, b) => a.number - b.number);
  }

  /** All that extends one message is together. */
  #extends(all: readonly ProtoExtend[], scope: string): ProtoExtend[] {
    const byName = Map.groupBy(all, ({ name }) => this.type(name, scope));
    return Array.from(byName, ([name, extensions]) => ({
      name,
      fields: this.#fields(
        extensions.flatMap(({ fields }) => fields),
        scope,
      ),
      groups: this.#groups(
        extensions.flatMap(({ groups }) => groups),
        scope,
      ),
    }));
  }

  #enum(each: ProtoEnum, scope: string): ProtoEnum {
    return {
      name: each.name,
      reserved: normalReserved(each.reserved),
      options: this.#options(each.options, scope),
      values: each.values
        .map((value) => ({ ...value, options: this.#options(value.options, scope) }))
        .sort((a, b) => a.number - b.number || compareText(a.name, b.name)),
    };
  }
}

/** One a line: numbers in order, then names. */
function normalReserved(reserved: ProtoMessage['reserved']): ProtoMessage['reserved'] {
  const values = reserved.flatMap((each) =>
    each.values.map((value) => (typeof value === 'string' ? value : normalRange(value))),
  );
  const place = (value: string | ProtoRange) => (typeof value === 'string' ? Number.MAX_SAFE_INTEGER : value.first);
  const text = (value: string | ProtoRange) => (typeof value === 'string' ? value : '');
  return values
    .sort((a, b) => place(a) - place(b) || compareText(text(a), text(b)))
    .map((value) => ({ values: [value] }));
}

function normalRange({ first, last }: ProtoRange): ProtoRange {
  return { first, last, isSingle: first === last };
}

function firstNumber({ fields, groups }: ProtoOneof): number {
  return fields[0]?.number ?? groups[0]!.number;
}

function sortedOnce(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareText);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}
