import {
  allFields,
  isGroup,
  isScalar,
  type MessageEntry,
  type ParsedProtobufSchema,
  type ProtoField,
  type ProtoGroup,
  type ProtoMessage,
  type ProtoNames,
  type TypeEntry,
} from '@headwater/serdes';
import type { Incompatibility } from './incompatibility.ts';
import { type ProtobufRule, protobufRules } from './protobuf-rules.ts';

/**
 * What keeps `reader` from reading all that `writer` has written, by the rules of Confluent's registry:
 * https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html#compatibility-checks. Empty when nothing
 * does.
 */
export function protobufIncompatibilities(
  reader: ParsedProtobufSchema,
  writer: ParsedProtobufSchema,
): Incompatibility[] {
  const check = new Check(writer, reader);
  if (writer.file.package !== reader.file.package) {
    check.add('PACKAGE_CHANGED', [], packageText(writer.file.package), packageText(reader.file.package));
  }
  check.inside(writer.file, reader.file, [], writer.file.package ?? '', reader.file.package ?? '');
  return check.found;
}

type Field = ProtoField | ProtoGroup;
type Path = readonly string[];

/** A field with the names that its type is looked up among. */
interface Placed {
  field: Field;
  scope: string;
  names: ProtoNames;
}

interface FieldType {
  kind: 'scalar' | 'map' | 'message' | 'group';
  /** For scalars what is the same on the wire, else the name. */
  name: string;
  text: string;
  entry?: MessageEntry;
  key?: FieldType;
  value?: FieldType;
}

class Check {
  readonly found: Incompatibility[] = [];
  readonly #before: ParsedProtobufSchema;
  readonly #after: ParsedProtobufSchema;
  /** Pairs that are compared or were: recursive messages meet themselves. */
  readonly #seen = new Map<ProtoMessage, Set<ProtoMessage>>();

  constructor(before: ParsedProtobufSchema, after: ParsedProtobufSchema) {
    this.#before = before;
    this.#after = after;
  }

  add(rule: ProtobufRule, path: Path, before = '', after = ''): void {
    const at = `#/${path.join('/')}`;
    this.found.push({ errorType: rule, description: protobufRules[rule](at, before, after), additionalInfo: at });
  }

  inside(
    before: Pick<ProtoMessage, 'messages'>,
    after: Pick<ProtoMessage, 'messages'>,
    path: Path,
    scopeBefore: string,
    scopeAfter: string,
  ): void {
    const now = new Map(after.messages.map((message) => [message.name, message]));
    for (const message of before.messages) {
      const { name } = message;
      const other = now.get(name);
      const below = [...path, name];
      if (other !== undefined) this.#messages(message, other, below, join(scopeBefore, name), join(scopeAfter, name));
      else if (!this.#isMapEntry(join(scopeBefore, name))) this.add('MESSAGE_REMOVED', below, name);
    }
  }

  #isMapEntry(fullName: string): boolean {
    const entry = this.#before.names.type(fullName);
    return entry?.kind === 'message' && entry.isMapEntry;
  }

  #messages(before: ProtoMessage, after: ProtoMessage, path: Path, scopeBefore: string, scopeAfter: string): void {
    const seen = this.#seen.get(before) ?? new Set();
    if (seen.has(after)) return;
    this.#seen.set(before, seen.add(after));
    const [old, now] = [byNumber(before), byNumber(after)];
    this.#oneofs(old, now, after, path);
    const deleted = deletedOneofs(before, after, now);
    for (const number of [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => a - b)) {
      const [was, is] = [old.get(number), now.get(number)];
      const at = (oneof: string | undefined) => [...path, ...(oneof === undefined ? [] : [oneof]), String(number)];
      if (is === undefined) this.#removed(was!.field, was!.oneof, deleted, at(was!.oneof));
      else if (was === undefined) {
        if (is.oneof === undefined && is.field.label === 'required')
          this.add('REQUIRED_FIELD_ADDED', at(undefined), '', is.field.name);
      } else {
        this.#fields(
          { field: was.field, scope: scopeBefore, names: this.#before.names },
          { field: is.field, scope: scopeAfter, names: this.#after.names },
          at(is.oneof),
        );
      }
    }
    this.inside(before, after, path, scopeBefore, scopeAfter);
  }

  #removed(field: Field, oneof: string | undefined, deleted: ReadonlySet<string>, at: Path): void {
    if (oneof !== undefined) {
      if (!deleted.has(oneof)) this.add('ONEOF_FIELD_REMOVED', at, field.name, oneof);
    } else if (field.label === 'required') this.add('REQUIRED_FIELD_REMOVED', at, field.name);
  }

  /** Fields that could be set together before, and exclude each other now. */
  #oneofs(old: ByNumber, now: ByNumber, after: ProtoMessage, path: Path): void {
    for (const { name } of after.oneofs) {
      const origins = new Set<string>();
      const movedIn: string[] = [];
      for (const [number, { oneof }] of now) {
        const was = oneof === name ? old.get(number) : undefined;
        if (was === undefined) continue;
        if (was.oneof === undefined) movedIn.push(was.field.name);
        origins.add(was.oneof === undefined ? `field ${number}` : `oneof ${was.oneof}`);
      }
      if (origins.size <= 1) continue;
      const rule = movedIn.length > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF';
      this.add(rule, [...path, name], movedIn.join(', '), name);
    }
  }

  #fields(before: Placed, after: Placed, at: Path): void {
    this.#types(typeOf(before), typeOf(after), before, after, at);
  }

  #types(was: FieldType, is: FieldType, before: Placed, after: Placed, at: Path): void {
    const { name } = after.field;
    if (was.kind !== is.kind) this.add('FIELD_KIND_CHANGED', at, `${name}: ${was.text}`, is.text);
    else if (was.kind === 'scalar') {
      if (was.name !== is.name) this.add('FIELD_SCALAR_KIND_CHANGED', at, `${name}: ${was.text}`, is.text);
      else if (
        before.field.label !== after.field.label &&
        before.field.label &&
        after.field.label &&
        was.name !== 'text'
      ) {
        this.add('FIELD_NUMERIC_LABEL_CHANGED', at, `${name}: ${before.field.label}`, after.field.label);
      }
    } else if (was.kind === 'map') {
      const bare = (placed: Placed): Placed => ({ ...placed, field: { ...placed.field, label: undefined } });
      this.#types(was.key!, is.key!, bare(before), bare(after), at);
      this.#types(was.value!, is.value!, bare(before), bare(after), at);
    } else this.#namedTypes(was, is, name, at);
  }

  /** Messages of the file itself are compared where they stand; those of imports where they are used. */
  #namedTypes(was: FieldType, is: FieldType, name: string, at: Path): void {
    if (was.name !== is.name) {
      this.add('FIELD_NAMED_TYPE_CHANGED', at, `${name}: ${was.text}`, is.text);
      return;
    }
    const [old, now] = [was.entry, is.entry];
    if (old === undefined || now === undefined) return;
    const isLocal = old.file === this.#before.file && now.file === this.#after.file;
    if (isLocal && was.kind === 'message') return;
    const countBefore = this.found.length;
    this.#messages(old.message, now.message, was.name.split('.'), old.fullName, now.fullName);
    if (this.found.length > countBefore && !isLocal) {
      this.add('FIELD_NAMED_TYPE_CHANGED', at, `${name}: ${was.text}`, `another ${is.text}`);
    }
  }
}

type ByNumber = ReadonlyMap<number, { field: Field; oneof: string | undefined }>;

function byNumber(message: ProtoMessage): ByNumber {
  return new Map(Array.from(allFields(message), ({ field, oneof }) => [field.number, { field, oneof: oneof?.name }]));
}

/** A oneof that is gone with all of its fields. */
function deletedOneofs(before: ProtoMessage, after: ProtoMessage, now: ByNumber): Set<string> {
  const kept = new Set(after.oneofs.map(({ name }) => name));
  const deleted = before.oneofs.filter(
    ({ name, fields, groups }) => !kept.has(name) && ![...fields, ...groups].some(({ number }) => now.has(number)),
  );
  return new Set(deleted.map(({ name }) => name));
}

/** Scalars that are the same on the wire. */
const scalarKinds: Readonly<Record<string, string>> = {
  int32: 'number',
  int64: 'number',
  uint32: 'number',
  uint64: 'number',
  bool: 'number',
  sint32: 'signed',
  sint64: 'signed',
  string: 'text',
  bytes: 'text',
  fixed32: 'fixed32',
  sfixed32: 'fixed32',
  fixed64: 'fixed64',
  sfixed64: 'fixed64',
  float: 'float',
  double: 'double',
};

function typeOf({ field, scope, names }: Placed): FieldType {
  if (isGroup(field)) {
    const entry = names.resolveType(field.name, scope);
    return named('group', entry, field.name);
  }
  if (field.mapKey !== undefined) return mapType(field.mapKey, field.type, scope, names);
  return namedType(field.type, scope, names);
}

function namedType(type: string, scope: string, names: ProtoNames): FieldType {
  if (isScalar(type)) return { kind: 'scalar', name: scalarKinds[type]!, text: type };
  const entry = names.resolveType(type, scope);
  if (entry?.kind === 'enum') return { kind: 'scalar', name: 'number', text: `enum ${entry.fullName}` };
  if (entry?.isMapEntry) {
    const [key, value] = [1, 2].map((number) => entry.message.fields.find((each) => each.number === number));
    if (key !== undefined && value !== undefined) return mapType(key.type, value.type, entry.fullName, names);
  }
  return named('message', entry, type);
}

function mapType(key: string, value: string, scope: string, names: ProtoNames): FieldType {
  const types = { key: namedType(key, scope, names), value: namedType(value, scope, names) };
  return { kind: 'map', name: 'map', text: `map<${types.key.text}, ${types.value.text}>`, ...types };
}

/** Names are compared without their packages: the change of a package is told once. */
function named(kind: 'message' | 'group', entry: TypeEntry | undefined, written: string): FieldType {
  if (entry?.kind !== 'message') return { kind, name: written, text: written };
  const { package: packageName } = entry.file;
  const name = packageName === undefined ? entry.fullName : entry.fullName.slice(packageName.length + 1);
  return { kind, name, text: entry.fullName, entry };
}

function packageText(name: string | undefined): string {
  return name ?? 'none';
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}
