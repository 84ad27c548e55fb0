import type { Token } from '../lexer/token.ts';
import { placeText, syntaxError } from './syntax-error.ts';

/** Values by the names of DEFINE; names differ by case. */
export type Variables = ReadonlyMap<string, string>;

/** Where `${name}` stood, and what stands for it. */
export interface Replacement {
  readonly token: Token;
  readonly text: string;
}

const identifierName = /^[A-Za-z_][A-Za-z0-9_@]*$/;

/**
 * `${name}` in place of an identifier: its value must be one, plain or quoted, so that nothing else gets into a statement.
 *
 * @param variables null: the syntax alone is looked at, and any name will do
 */
export function variableAsIdentifier(
  token: Token,
  variables: Variables | null | undefined,
): { name: string; text: string } {
  if (variables === null) return { name: token.text, text: token.text };
  const text = variables?.get(token.value) ?? token.text;
  const quote = text[0];
  const isQuoted = text.length > 2 && (quote === '`' || quote === '"') && text.at(-1) === quote;
  const name = isQuoted ? text.slice(1, -1) : text;
  if (!identifierName.test(name))
    throw illegal(
      token,
      variables,
      `Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: '${text}'`,
    );
  return { name: isQuoted ? name : name.toUpperCase(), text };
}

const numberText = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * `${name}` in place of a literal: the text of a string in quotes, a number, or TRUE or FALSE.
 *
 * @throws SqlError for other values, and for variables that are not known
 */
export function variableAsLiteral(token: Token, variables: Variables | null | undefined): string {
  if (variables === null) return "''";
  const text = variables?.get(token.value) ?? token.text;
  if (text.length >= 2 && text.startsWith("'") && text.endsWith("'"))
    return `'${text.slice(1, -1).replaceAll("''", "'").replaceAll("'", "''")}'`;
  if (/^(true|false)$/i.test(text) || numberText.test(text)) return text;
  throw illegal(token, variables, `Got: '${text}'`);
}

const inString = /\$?\$\{([A-Za-z_][A-Za-z0-9_@]*)\}/g;

/** Replaces the known `${name}` in a string's value; the unknown stay, and `$${name}` becomes `${name}`. */
export function replacedInString(value: string, variables: Variables | null | undefined): string {
  if (!value.includes('${') || variables === null || variables === undefined) return value;
  return value.replace(inString, (written, name: string) =>
    written.startsWith('$$') ? written.slice(1) : (variables.get(name) ?? written),
  );
}

function illegal(token: Token, variables: Variables | null | undefined, detail: string): Error {
  const isUnknown = variables?.has(token.value) !== true;
  const place = placeText(token.start)
    .replace('line ', 'line: ')
    .replace(/:(\d+)$/, ', col: $1');
  return syntaxError(token.start, `Illegal argument at ${place}. ${detail}`, {
    hint: isUnknown ? `Define it before: DEFINE ${token.value} = '…'` : undefined,
  });
}
