/**
 * Two interfaces for each struct: `X` as the decoder returns it, with every field, and `XInput` as the encoder takes
 * it, where a field with a default may be left out.
 */
import { parseVersions, type VersionRange } from '../src/schema.ts';
import type { DocumentedField, DocumentedMessage } from './definitions.ts';
import { isOptional } from './write-api.ts';

export function writeInterfaces(message: DocumentedMessage, structs: Map<string, DocumentedField>): string {
  const whole = parseVersions(message.versions);
  const parts = [...structs].map(([name, field]) => {
    const own = parseVersions(field.versions);
    const range = { min: Math.max(own.min, whole.min), max: Math.min(own.max, whole.max) };
    return [decoded(name, field.fields!), input(name, field.fields!, range)];
  });
  return [...parts.flat(), decoded(message.name, message.fields), input(message.name, message.fields, whole)].join(
    '\n\n',
  );
}

function decoded(name: string, fields: readonly DocumentedField[]): string {
  const lines = fields.map((field) => `  ${field.name}: ${type(field, '')};`);
  return `export interface ${name} {\n${lines.join('\n')}\n}`;
}

function input(name: string, fields: readonly DocumentedField[], range: VersionRange): string {
  const lines = fields.map(
    (field) => `  ${field.name}${isOptional(field, range) ? '?' : ''}: ${type(field, 'Input')};`,
  );
  return `export interface ${name}Input {\n${lines.join('\n')}\n}`;
}

function type(field: DocumentedField, suffix: '' | 'Input'): string {
  const element = elementType(field, suffix);
  const array = suffix === '' ? `${element}[]` : `readonly ${element}[]`;
  const mayBeNull =
    field.nullable !== undefined || (field.type === 'struct' && !field.array && field.tagged !== undefined);
  return (field.array ? array : element) + (mayBeNull ? ' | null' : '');
}

function elementType(field: DocumentedField, suffix: '' | 'Input'): string {
  switch (field.type) {
    case 'struct':
      return field.structName! + suffix;
    case 'string':
    case 'uuid':
      return 'string';
    case 'bool':
      return 'boolean';
    case 'bytes':
      return suffix === '' ? 'Buffer' : 'Uint8Array';
    case 'records':
      return suffix === '' ? 'Buffer' : 'Uint8Array | readonly Uint8Array[]';
    default:
      return 'number';
  }
}
