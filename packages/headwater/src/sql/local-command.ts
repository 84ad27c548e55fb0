/** A command of the shell itself, which no server is told of. */
export interface LocalCommand {
  readonly name: 'RUN SCRIPT' | 'SPOOL' | 'HISTORY' | 'SERVER' | 'OUTPUT' | 'CLEAR' | 'VERSION' | 'EXIT' | 'HELP';
  /** What stands behind it, without quotes; empty for nothing. */
  readonly argument: string;
}

const pattern =
  /^(RUN\s+SCRIPT|SPOOL|HISTORY|SERVER|OUTPUT|CLEAR|VERSION|EXIT|QUIT|HELP)(?:\s+(?:'((?:[^']|'')*)'|([^\s;'"`]+)))?\s*;?$/i;
const withoutArgument = new Set(['HISTORY', 'CLEAR', 'VERSION', 'EXIT', 'HELP']);

/** The command that a line is; it needs no semicolon. Undefined for statements. */
export function localCommand(line: string): LocalCommand | undefined {
  const found = pattern.exec(line.trim());
  if (found === null) return undefined;
  const [, word = '', quoted, plain] = found;
  const upper = word.toUpperCase().replace(/\s+/g, ' ');
  const name = (upper === 'QUIT' ? 'EXIT' : upper) as LocalCommand['name'];
  const argument = quoted?.replaceAll("''", "'") ?? plain ?? '';
  return argument !== '' && withoutArgument.has(name) ? undefined : { name, argument };
}

export const localHelp = `Statements end with a semicolon. Beside ksqlDB's statements:
  RUN SCRIPT 'FILE'       runs the statements of a file
  SPOOL 'FILE' | OFF      writes all that is shown to a file too
  OUTPUT TABULAR | JSON   how results are shown
  SERVER [URL]            which server this is, or another one
  HISTORY                 what was given before
  CLEAR                   clears the screen
  VERSION                 of the shell and the server
  EXIT                    ends the shell; so does Ctrl-D
Ctrl-C ends a running query, or drops what is being written. Tab completes.`;
