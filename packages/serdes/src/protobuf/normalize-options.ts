import {
  allFields,
  isGroup,
  type OptionMap,
  type OptionValue,
  type ProtoField,
  type ProtoMessage,
  type ProtoOption,
} from './proto-file.ts';
import type { ProtoNames } from './proto-names.ts';

/**
 * Options in order of their names, those of extensions by their full names; what sets parts of one extension, one after the other, is
 * one value with all parts. Extensions that are not known stay as they are.
 */
export function normalOptions(options: readonly ProtoOption[], scope: string, names: ProtoNames): ProtoOption[] {
  if (options.length === 0) return [];
  const resolved = options.map((option) => resolveOption(option, scope, names));
  resolved.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const merged: ProtoOption[] = [];
  for (const option of resolved) {
    const last = merged.at(-1);
    const entry = option.isExtension ? names.extension(option.name) : undefined;
    if (last?.name === option.name && last.isExtension && entry !== undefined && entry.field.label !== 'repeated') {
      const message = isGroup(entry.field) ? entry.field.message : messageOf(entry.field, entry.scope, names);
      merged[merged.length - 1] = { ...option, value: mergeValues(last.value, option.value, message, names) };
    } else merged.push(option);
  }
  return merged.map((option) => ({ ...option, value: normalValue(option.value, scope, names) }));
}

function resolveOption(option: ProtoOption, scope: string, names: ProtoNames): ProtoOption {
  const entry = option.isExtension ? names.resolveExtension(option.name, scope) : undefined;
  if (entry === undefined) return option;
  const inMaps = option.path.reduceRight<OptionValue>((value, part) => {
    const key = part.startsWith('(') ? `[${part.slice(1, -1)}]` : part;
    return { kind: 'map', entries: new Map([[key, value]]) };
  }, option.value);
  return { name: entry.fullName, isExtension: true, path: [], value: inMaps };
}

function messageOf(field: ProtoField, scope: string, names: ProtoNames): ProtoMessage | undefined {
  const entry = names.resolveType(field.type, scope);
  return entry?.kind === 'message' ? entry.message : undefined;
}

function mergeValues(
  before: OptionValue,
  next: OptionValue,
  message: ProtoMessage | undefined,
  names: ProtoNames,
): OptionValue {
  if (before.kind !== 'map' || next.kind !== 'map') return next;
  const entries = new Map(before.entries);
  for (const [key, value] of next.entries) {
    const old = entries.get(key);
    entries.set(key, old === undefined ? value : mergeField(old, value, key, message, names));
  }
  return { kind: 'map', entries };
}

/** Repeated fields, and those that are not known, have both values; messages are merged; else the last one stands. */
function mergeField(
  before: OptionValue,
  next: OptionValue,
  key: string,
  message: ProtoMessage | undefined,
  names: ProtoNames,
): OptionValue {
  const found = message && [...allFields(message)].find(({ field }) => field.name === key)?.field;
  if (found !== undefined && found.label !== 'repeated' && !isGroup(found) && found.mapKey === undefined) {
    return mergeValues(before, next, messageOf(found, '', names), names);
  }
  const items = [before, next].flatMap((value) => (value.kind === 'list' ? value.items : [value]));
  return { kind: 'list', items };
}

function normalValue(value: OptionValue, scope: string, names: ProtoNames): OptionValue {
  if (value.kind === 'number') return { kind: 'number', text: normalNumber(value.text) };
  if (value.kind === 'list') {
    return { kind: 'list', items: value.items.map((item) => normalInner(item, scope, names)) };
  }
  return value.kind === 'map' ? { kind: 'map', entries: normalMap(value.entries, scope, names) } : value;
}

/** In a message a list of one is the same as the one. */
function normalInner(value: OptionValue, scope: string, names: ProtoNames): OptionValue {
  const normal = normalValue(value, scope, names);
  return normal.kind === 'list' && normal.items.length === 1 ? normal.items[0]! : normal;
}

function normalMap(entries: OptionMap, scope: string, names: ProtoNames): OptionMap {
  const list: [string, OptionValue][] = [];
  for (const [key, value] of entries) {
    if (value.kind === 'list' && value.items.length === 0) continue;
    const extension = key.startsWith('[') ? names.resolveExtension(key.slice(1, -1), scope) : undefined;
    list.push([extension === undefined ? key : `[${extension.fullName}]`, normalInner(value, scope, names)]);
  }
  return new Map(list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** In decimal, with all digits that it has. */
function normalNumber(text: string): string {
  const [, sign, digits] = /^(-?)(.*)$/s.exec(text)!;
  if (/^0[0-7]+$/.test(digits!)) return sign + BigInt(`0o${digits!.slice(1)}`).toString();
  if (/^(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(digits!)) return sign + BigInt(digits!).toString();
  const value = Number(digits);
  if (!Number.isFinite(value)) return text;
  return sign + (Number.isInteger(value) ? BigInt(value).toString() : String(value));
}
