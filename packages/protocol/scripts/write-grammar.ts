/** The comment on top of each table: the message's grammar as the protocol guide writes it, with the versions of each field. Facts only: no sentence of the definitions is taken over. */
import type { DocumentedField, DocumentedMessage } from './definitions.ts';

export function writeGrammar(message: DocumentedMessage): string {
  const lines = [
    `${message.name} (versions ${message.versions}${message.flexible === 'none' ? '' : `, flexible ${message.flexible}`}) => ${names(message.fields)}`,
    ...grammar(message.fields, '  '),
  ];
  return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */`;
}

function names(fields: readonly DocumentedField[]): string {
  return fields.map((field) => (field.array ? `[${field.name}]` : field.name)).join(' ');
}

function grammar(fields: readonly DocumentedField[], indent: string): string[] {
  const width = Math.max(...fields.map((field) => field.name.length));
  return fields.flatMap((field) => {
    const right = field.fields === undefined ? typeName(field) : names(field.fields);
    const line = `${indent}${field.name.padEnd(width)} => ${right}  ${remarks(field)}`;
    return field.fields === undefined ? [line] : [line, ...grammar(field.fields, `${indent}  `)];
  });
}

function typeName(field: DocumentedField): string {
  return field.array ? `[${field.type.toUpperCase()}]` : field.type.toUpperCase();
}

function remarks(field: DocumentedField): string {
  const parts = [field.versions];
  if (field.nullable !== undefined) parts.push(`nullable ${field.nullable}`);
  if (field.tagged !== undefined) parts.push(`tag ${field.tag} in ${field.tagged}`);
  if (field.default !== undefined) parts.push(`default ${field.default === '' ? "''" : field.default}`);
  return `(${parts.join(', ')})`;
}
