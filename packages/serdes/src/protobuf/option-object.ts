import { type FieldType, type MessageType, MessageTypes } from './message-type.ts';
import type { OptionMap, OptionValue, ProtoOption } from './proto-file.ts';
import type { ProtoNames } from './proto-names.ts';

type Target = Record<string, unknown>;

/**
 * Options between the form that they are written in and that of descriptors: messages such as `google.protobuf.FieldOptions`, in which
 * extensions are members of their own. What nobody knows is left out.
 */
export class OptionObjects {
  readonly #names: ProtoNames;
  readonly #types: MessageTypes;

  constructor(names: ProtoNames) {
    this.#names = names;
    this.#types = new MessageTypes(names);
  }

  /** @returns undefined when there is none */
  toObject(kind: string, options: readonly ProtoOption[], scope: string): Target | undefined {
    if (options.length === 0) return undefined;
    const target: Target = {};
    for (const option of options) this.#add(target, this.#optionsType(kind), option, scope);
    return Object.keys(target).length === 0 ? undefined : target;
  }

  fromObject(kind: string, options: Target | undefined): ProtoOption[] {
    if (options === undefined) return [];
    const type = this.#optionsType(kind);
    return this.#inOrder(type).flatMap((field) => {
      const given = options[field.property];
      if (given === undefined || field.name === 'uninterpreted_option') return [];
      const isExtension = field.name.startsWith('[');
      const name = isExtension ? field.name.slice(1, -1) : field.name;
      const values = field.isRepeated ? (given as unknown[]) : [given];
      return values.map((value) => ({ name, isExtension, path: [], value: this.#optionValue(field, value) }));
    });
  }

  #optionsType(kind: string): MessageType {
    return this.#types.message(`google.protobuf.${kind}`);
  }

  /** As they are declared; extensions after them, Confluent's first. */
  #inOrder(type: MessageType): FieldType[] {
    const entry = this.#names.type(type.fullName);
    const declared = entry?.kind === 'message' ? entry.message.fields.map(({ name }) => name) : [];
    const place = ({ name, number }: FieldType) =>
      name.startsWith('[confluent.') ? 10_000 : name.startsWith('[') ? 20_000 + number : declared.indexOf(name);
    return [...type.fields].sort((a, b) => place(a) - place(b));
  }

  #add(target: Target, type: MessageType, option: ProtoOption, scope: string): void {
    const path = [...(option.isExtension ? [`(${option.name})`] : option.name.split('.')), ...option.path];
    let at = target;
    let within = type;
    for (const [index, part] of path.entries()) {
      const field = this.#member(within, part, scope);
      if (field === undefined) return;
      if (index === path.length - 1) this.#set(at, field, option.value, scope);
      else if (field.message === undefined || field.isRepeated || field.mapKey !== undefined) return;
      else {
        at[field.property] ??= {};
        at = at[field.property] as Target;
        within = field.message;
      }
    }
  }

  #member(type: MessageType, part: string, scope: string): FieldType | undefined {
    if (!/^[([]/.test(part)) return type.fields.find(({ name }) => name === part);
    const extension = this.#names.resolveExtension(part.slice(1, -1), scope);
    return type.fields.find(({ name }) => name === `[${extension?.fullName}]`);
  }

  #set(target: Target, field: FieldType, value: OptionValue, scope: string): void {
    const values = value.kind === 'list' ? value.items : [value];
    for (const each of values) {
      const converted = this.#value(field, each, scope, target[field.property]);
      if (converted === undefined) continue;
      if (field.isRepeated) (((target[field.property] as unknown[]) ??= []) as unknown[]).push(converted);
      else target[field.property] = converted;
    }
  }

  #value(field: FieldType, value: OptionValue, scope: string, before: unknown): unknown {
    if (field.mapKey !== undefined) return this.#mapEntry(field, value, scope, before);
    if (field.message !== undefined) {
      if (value.kind !== 'map') return undefined;
      const target = field.isRepeated || before === undefined ? {} : (before as Target);
      this.#fill(target, field.message, value.entries, scope);
      return target;
    }
    return scalarOf(field, value);
  }

  #fill(target: Target, type: MessageType, entries: OptionMap, scope: string): void {
    for (const [key, value] of entries) {
      const field = this.#member(type, key, scope);
      if (field !== undefined) this.#set(target, field, value, scope);
    }
  }

  #mapEntry(field: FieldType, value: OptionValue, scope: string, before: unknown): unknown {
    if (value.kind !== 'map') return undefined;
    const key = value.entries.get('key');
    const text = key?.kind === 'string' ? key.text : key?.kind === 'number' ? key.text : '';
    const given = value.entries.get('value') ?? { kind: 'map' as const, entries: new Map() };
    const each = this.#value({ ...field, mapKey: undefined, isRepeated: false }, given, scope, undefined);
    const entries = new Map(before as Map<string, unknown> | undefined);
    return each === undefined ? before : entries.set(text, each);
  }

  #optionValue(field: FieldType, value: unknown): OptionValue {
    if (field.mapKey !== undefined) {
      const items = Object.entries(value as Target).map(([key, each]): OptionValue => {
        const inner = this.#optionValue({ ...field, mapKey: undefined }, each);
        const keyValue: OptionValue =
          field.mapKey === 'string' ? { kind: 'string', text: key } : { kind: 'number', text: key };
        return {
          kind: 'map',
          entries: new Map([
            ['key', keyValue],
            ['value', inner],
          ]),
        };
      });
      return { kind: 'list', items };
    }
    if (field.message !== undefined) return { kind: 'map', entries: this.#entries(field.message, value as Target) };
    if (typeof value === 'boolean') return { kind: 'boolean', isTrue: value };
    if (field.type === 'enum')
      return typeof value === 'string' ? { kind: 'name', name: value } : { kind: 'number', text: String(value) };
    if (typeof value === 'string') return { kind: 'string', text: value };
    if (value instanceof Uint8Array) return bytesValue(value);
    return numberValue(value as number | bigint);
  }

  #entries(type: MessageType, value: Target): OptionMap {
    const entries = new Map<string, OptionValue>();
    for (const field of this.#inOrder(type)) {
      const given = value[field.property];
      if (given === undefined || isUnset(field, given)) continue;
      const each: OptionValue = field.isRepeated
        ? { kind: 'list', items: (given as unknown[]).map((item) => this.#optionValue(field, item)) }
        : this.#optionValue(field, given);
      entries.set(field.name, each);
    }
    return entries;
  }
}

/** Without presence zero is as good as nothing. */
function isUnset(field: FieldType, value: unknown): boolean {
  if (field.isRepeated) return (value as unknown[]).length === 0;
  if (field.mapKey !== undefined) return Object.keys(value as object).length === 0;
  if (field.hasPresence) return false;
  return value === field.enum?.zero || value === 0 || value === 0n || value === '' || value === false;
}

export function bytesValue(bytes: Uint8Array): OptionValue {
  const latin1 = Buffer.from(bytes).toString('latin1');
  try {
    return { kind: 'string', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: 'bytes', latin1 };
  }
}

function numberValue(value: number | bigint): OptionValue {
  if (Number.isNaN(value) || value === Infinity) return { kind: 'name', name: String(value).toLowerCase().slice(0, 3) };
  return { kind: 'number', text: value === -Infinity ? '-inf' : String(value) };
}

/** @returns undefined for what is no value of the type */
function scalarOf({ type, enum: enumType }: FieldType, value: OptionValue): unknown {
  if (type === 'enum') {
    if (value.kind === 'name') return enumType!.numbers.has(value.name) ? value.name : undefined;
    return value.kind === 'number' ? Number(value.text) : undefined;
  }
  if (type === 'bool') return value.kind === 'boolean' ? value.isTrue : undefined;
  if (type === 'string') return value.kind === 'string' ? value.text : undefined;
  if (type === 'bytes') {
    if (value.kind === 'string') return Buffer.from(value.text);
    return value.kind === 'bytes' ? Buffer.from(value.latin1, 'latin1') : undefined;
  }
  const text = value.kind === 'number' ? value.text : value.kind === 'name' ? value.name : '';
  if (type === 'float' || type === 'double') return floatOf(text);
  if (!/^-?(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) return undefined;
  const integer = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  return /64$/.test(type) ? integer : Number(integer);
}

export function floatOf(text: string): number | undefined {
  if (/^-?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^-?nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}
