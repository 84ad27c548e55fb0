/** A statement of a file of views. */
export interface ViewStatement {
  /** From its first word to its semicolon. */
  readonly text: string;
  /** Of its first character, both from 1. */
  readonly line: number;
  readonly column: number;
  /** What it makes; of INSERT INTO the query, by its QUERY_ID. Null for other statements. */
  readonly made: {
    readonly kind: 'STREAM' | 'TABLE' | 'QUERY';
    readonly name: string;
    readonly isQuery: boolean;
  } | null;
}

/** White space, a comment, a quoted text or name, or one other character. */
const part = /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\s\S]/gy;
const creation =
  /^CREATE (?:OR REPLACE )?(?:SOURCE )?(STREAM|TABLE) (?:IF NOT EXISTS )?(`(?:[^`]|``)+`|[\w]+)\s*(?=(.*))/is;

const insertion = /^INSERT INTO [^(]+ WITH ?\([^)]*\bQUERY_ID ?= ?'([^']+)'/i;

/** The statements of a file in their order; comments between them are left out. The text behind the last semicolon is one, if it says anything. */
export function readViewFile(text: string): ViewStatement[] {
  const statements: ViewStatement[] = [];
  let startsAt = -1;
  let endsAt = 0;
  const end = (): void => {
    if (startsAt === -1) return;
    const statement = text.slice(startsAt, endsAt);
    statements.push({ text: statement, ...placeOf(text, startsAt), made: madeBy(statement) });
    startsAt = -1;
  };
  for (const { 0: found, index } of text.matchAll(part)) {
    if (isGap(found)) continue;
    endsAt = index + found.length;
    if (startsAt === -1 && found === ';') continue;
    if (startsAt === -1) startsAt = index;
    if (found === ';') end();
  }
  end();
  return statements;
}

/** The statement without what means nothing: comments, and white space beyond one blank. Equal for statements that are the same. */
export function meaningOf(statement: string): string {
  let meaning = '';
  for (const [found] of statement.matchAll(part)) {
    if (!isGap(found)) meaning += found;
    else if (!meaning.endsWith(' ')) meaning += ' ';
  }
  return meaning.replace(/\s*;?\s*$/, '').trim();
}

/** The statement without what it says of a topic that is to be made. */
export function withoutPartitions(statement: string): string {
  return statement.replace(/\bPARTITIONS\s*=\s*\d+\s*,\s*|,\s*PARTITIONS\s*=\s*\d+/i, '');
}

/** Whether two statements make the same: how they ask for it (OR REPLACE, IF NOT EXISTS, PARTITIONS of a topic) is of no matter. */
export function isSameMeaning(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(statement: string): string {
  return withoutPartitions(meaningOf(statement))
    .replace(/^CREATE OR REPLACE /i, 'CREATE ')
    .replace(/^(CREATE (?:SOURCE )?(?:STREAM|TABLE)) IF NOT EXISTS /i, '$1 ');
}

/** A place within a statement as one of its file. */
export function placeInFile(
  { column, line }: Pick<ViewStatement, 'column' | 'line'>,
  within: { readonly line: number; readonly column: number },
): { line: number; column: number } {
  return {
    line: line + within.line - 1,
    column: within.line === 1 ? column + within.column - 1 : within.column,
  };
}

function isGap(found: string): boolean {
  return /^(?:\s|--|\/\*)/.test(found);
}

function placeOf(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function madeBy(statement: string): ViewStatement['made'] {
  const found = creation.exec(meaningOf(statement));
  if (found === null) {
    const id = insertion.exec(meaningOf(statement))?.[1];
    return id === undefined ? null : { kind: 'QUERY', name: id.toUpperCase(), isQuery: true };
  }
  const [, kind, name, rest] = found as unknown as [string, string, string, string];
  return {
    kind: kind.toUpperCase() as 'STREAM' | 'TABLE',
    name: name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name.toUpperCase(),
    isQuery: /^(?:WITH\s*\([^)]*\)\s*)?AS\s/i.test(rest),
  };
}
