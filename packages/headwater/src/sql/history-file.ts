import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const linesMax = 1_000;
/** Statements with secrets are not kept on disk. */
const secret = /password|secret|sasl\.jaas|api[._-]?key|credential/i;

export function historyPath(env: NodeJS.ProcessEnv): string {
  const given = env['HEADWATER_SQL_HISTORY'];
  if (given !== undefined && given !== '') return given;
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'headwater', 'sql-history');
}

/** Oldest first; none where there is no file. */
export function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).slice(-linesMax);
  } catch {
    return [];
  }
}

/** Readable by its owner only. A file that cannot be written is no reason to end a session badly: false. */
export function writeHistory(path: string, lines: readonly string[]): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const kept = lines.filter((line) => !secret.test(line)).slice(-linesMax);
    writeFileSync(path, kept.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}
