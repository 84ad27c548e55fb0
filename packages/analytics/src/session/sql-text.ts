/** A name for SQL, quoted. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text for SQL, quoted. */
export function quotedText(text: string): string {
  return text.includes('\\')
    ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
}

/** What a name in SQL means: folded to lower case unless quoted. */
export function nameOf(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
}

/** Settings with a dot in their name that a text sets: PostgreSQL does not list those. */
export function customSettings(text: string): string[] {
  if (!text.includes('.')) return [];
  const found: string[] = [];
  for (const [, name] of text.matchAll(/\bset\s+(?:session\s+)?([a-z_]\w*(?:\.[a-z_]\w*)+)\s*(?:=|\bto\b)/gi))
    found.push(name!);
  for (const [, name] of text.matchAll(/\bset_config\s*\(\s*'([a-z_]\w*(?:\.[a-z_]\w*)+)'/gi)) found.push(name!);
  return found;
}

const name = '("(?:[^"]|"")+"|[a-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)';
const listenPattern = new RegExp(`(?:^|;)\\s*(un)?listen\\s+(\\*|${name})\\s*(?=;|$)`, 'gi');

/** LISTEN and UNLISTEN in a text, in order. */
export function listens(text: string): { isOn: boolean; channel: string }[] {
  if (!/listen/i.test(text)) return [];
  return [...text.matchAll(listenPattern)].map(([, un, channel]) => ({
    isOn: un === undefined,
    channel: channel === '*' ? '*' : nameOf(channel!),
  }));
}

/** A statement that is about a whole database: PostgreSQL cannot run it here, and the store does. */
export interface DatabaseCommand {
  kind: 'create' | 'drop';
  name: string;
  /** DROP: one that does not exist is no error. */
  isIfExists: boolean;
  /** DROP: connections to it are ended. */
  isForced: boolean;
}

const createPattern = new RegExp(`^\\s*create\\s+database\\s+${name}(?=[\\s;]|$)`, 'i');
const dropPattern = new RegExp(`^\\s*drop\\s+database\\s+(if\\s+exists\\s+)?${name}(?=[\\s;(]|$)`, 'i');

export function databaseCommand(text: string): DatabaseCommand | null {
  const [, created] = createPattern.exec(text) ?? [];
  if (created !== undefined) return { kind: 'create', name: nameOf(created), isIfExists: false, isForced: false };
  const [, ifExists, dropped] = dropPattern.exec(text) ?? [];
  if (dropped === undefined) return null;
  const isForced = /\bforce\b/i.test(text);
  return { kind: 'drop', name: nameOf(dropped), isIfExists: ifExists !== undefined, isForced };
}
