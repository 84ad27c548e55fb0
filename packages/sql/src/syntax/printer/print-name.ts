import { quotedName } from '../../types/sql-type.ts';
import { needsQuotes } from '../lexer/keywords.ts';

/** How names are shown: quoted where they must be to be read again, or never, as in most messages. */
export type NameText = (name: string) => string;

/** Quotes what would else be read as another name. */
export const quotedWhereNeeded: NameText = (name) => (needsQuotes(name) ? quotedName(name) : name);

/** For people: the name alone. */
export const neverQuoted: NameText = (name) => name;

/** A string in quotes. */
export function stringText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
