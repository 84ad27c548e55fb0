import { SchemaError } from '../schema-error.ts';
import {
  groupFieldName,
  groupsOf,
  isMapEntry,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoMessage,
} from './proto-file.ts';
import { wellKnownFiles } from './well-known-files.ts';

export interface MessageEntry {
  readonly kind: 'message';
  readonly fullName: string;
  readonly message: ProtoMessage;
  readonly file: ProtoFile;
  /** What stands behind a map field. */
  readonly isMapEntry: boolean;
  readonly parent: MessageEntry | undefined;
}

export interface EnumEntry {
  readonly kind: 'enum';
  readonly fullName: string;
  readonly enum: ProtoEnum;
  readonly file: ProtoFile;
  readonly parent: MessageEntry | undefined;
}

export type TypeEntry = MessageEntry | EnumEntry;

export interface ExtensionEntry {
  readonly fullName: string;
  readonly field: ProtoField | ProtoGroup;
  /** Where the names in it are looked up. */
  readonly scope: string;
  /** The message that is extended, as it is written. */
  readonly extendee: string;
  readonly file: ProtoFile;
  readonly parent: MessageEntry | undefined;
}

let known: ProtoNames | undefined;

/** The types and extensions of some files and of the well-known ones, by full name. */
export class ProtoNames {
  readonly types = new Map<string, TypeEntry>();
  readonly extensions = new Map<string, ExtensionEntry>();
  readonly #base: ProtoNames | null;

  /** Of what two files define, the last one stands. */
  constructor(files: Iterable<ProtoFile>, base: ProtoNames | null = wellKnownNames()) {
    this.#base = base;
    for (const file of files) {
      const prefix = file.package === undefined ? '' : `${file.package}.`;
      this.#addTypes(file, prefix, file, undefined);
    }
  }

  type(fullName: string): TypeEntry | undefined {
    return this.types.get(fullName) ?? this.#base?.type(fullName);
  }

  extension(fullName: string): ExtensionEntry | undefined {
    return this.extensions.get(fullName) ?? this.#base?.extension(fullName);
  }

  /** The type that a name means in a scope: the innermost one that has it. A leading dot says that it is whole. */
  resolveType(name: string, scope: string): TypeEntry | undefined {
    return resolve(name, scope, (fullName) => this.type(fullName));
  }

  resolveExtension(name: string, scope: string): ExtensionEntry | undefined {
    return resolve(name, scope, (fullName) => this.extension(fullName));
  }

  allExtensions(): ExtensionEntry[] {
    return [...(this.#base?.allExtensions() ?? []), ...this.extensions.values()];
  }

  #addTypes(
    of: Pick<ProtoMessage, 'messages' | 'enums' | 'extends'> & { groups?: readonly ProtoGroup[] },
    prefix: string,
    file: ProtoFile,
    parent: MessageEntry | undefined,
  ): void {
    const groups = 'oneofs' in of ? groupsOf(of as ProtoMessage) : of.extends.flatMap((each) => each.groups);
    for (const message of [...of.messages, ...groups.map((group) => group.message)]) {
      const fullName = prefix + message.name;
      const entry: MessageEntry = {
        kind: 'message',
        fullName,
        message,
        file,
        isMapEntry: isMapEntry(message),
        parent,
      };
      this.types.set(fullName, entry);
      this.#addTypes(message, `${fullName}.`, file, entry);
    }
    for (const each of of.enums) {
      this.types.set(prefix + each.name, { kind: 'enum', fullName: prefix + each.name, enum: each, file, parent });
    }
    for (const extend of of.extends) this.#addExtend(extend, prefix, file, parent);
  }

  #addExtend(extend: ProtoExtend, prefix: string, file: ProtoFile, parent: MessageEntry | undefined): void {
    const more = { scope: prefix.slice(0, -1), extendee: extend.name, file, parent };
    for (const field of extend.fields) {
      this.extensions.set(prefix + field.name, { fullName: prefix + field.name, field, ...more });
    }
    for (const group of extend.groups) {
      const fullName = prefix + groupFieldName(group);
      this.extensions.set(fullName, { fullName, field: group, ...more });
    }
  }
}

/** @throws SchemaError when the name leads nowhere */
export function resolved(names: ProtoNames, name: string, scope: string, where: string): TypeEntry {
  const entry = names.resolveType(name, scope);
  if (entry !== undefined) return entry;
  throw new SchemaError(
    `The type ${name} is not known: define it, or import its file and add a reference whose name is the imported path`,
    where,
  );
}

function resolve<T>(name: string, scope: string, find: (fullName: string) => T | undefined): T | undefined {
  if (name.startsWith('.')) return find(name.slice(1));
  for (let prefix = scope; prefix !== ''; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('.')))) {
    const found = find(`${prefix}.${name}`);
    if (found !== undefined) return found;
  }
  return find(name);
}

function wellKnownNames(): ProtoNames {
  known ??= new ProtoNames(wellKnownFiles().values(), null);
  return known;
}
