import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '../configuration.ts';
import { HeadwaterError } from '../headwater-error.ts';
import { lineDifference } from './line-difference.ts';
import { type Subject, SubjectReader } from './subject-reader.ts';
import { parseTypesFlags, type TypesFlags } from './types-flags.ts';
import { firstLine, typesText } from './types-text.ts';

export interface TypesContext {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** A line for the user. */
  say: (line: string) => void;
  /** Ends a watch. */
  signal: AbortSignal;
  /** How often a watch looks, in ms. Default 2,000. */
  everyMs?: number;
}

const backOffMaxMs = 10_000;
const namedMax = 5;

/** Runs `headwater types`. Resolves with the exit code; a watch when the signal is aborted. */
export async function typesCommand(args: readonly string[], context: TypesContext): Promise<number> {
  const flags = parseTypesFlags(args);
  const reader = new SubjectReader(registryUrl(flags, context), flags.subjects);
  const file = new TypesFile(resolve(context.cwd, flags.out), flags.out);
  if (flags.isWatching) return await watch(reader, file, context);
  const subjects = await reader.read(context.signal);
  if (subjects.length === 0 && flags.subjects.length > 0) {
    throw new HeadwaterError(
      'HW_TYPES_SUBJECTS',
      `no subject of ${reader.url} fits ${flags.subjects.join(', ')}: curl ${reader.url}/subjects lists them`,
    );
  }
  const { text, problems } = typesText(subjects);
  for (const problem of problems) context.say(`no types for ${problem}`);
  if (flags.isCheck) {
    const old = file.read() ?? '';
    if (old === text) {
      context.say(`${flags.out} is up to date (${count(subjects)})`);
      return 0;
    }
    context.say(`${flags.out} is old: run headwater types\n${lineDifference(old, text)}`);
    return 1;
  }
  context.say(`${flags.out} ${file.write(text) ? 'written' : 'is up to date'} (${count(subjects)})`);
  return 0;
}

function registryUrl(flags: TypesFlags, { env, cwd }: TypesContext): string {
  if (flags.registry !== undefined) return flags.registry;
  const { registry } = loadConfiguration(flags.config === undefined ? {} : { config: flags.config }, env, cwd).parts;
  return (
    registry.url ?? `http://${registry.host.includes(':') ? `[${registry.host}]` : registry.host}:${registry.port}`
  );
}

/** Looks again and again, writes when something changed, and waits for a registry that is away. */
async function watch(reader: SubjectReader, file: TypesFile, context: TypesContext): Promise<number> {
  const { say, signal, everyMs = 2_000 } = context;
  let before: readonly Subject[] | undefined;
  let told = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      const subjects = await reader.read(signal);
      if (failures > 0) say(`${reader.url} answers again`);
      failures = 0;
      const { text, problems } = typesText(subjects);
      const isWritten = file.write(text);
      if (before === undefined) {
        say(`${file.name} ${isWritten ? 'written' : 'is up to date'} (${count(subjects)}), watching ${reader.url}`);
      } else if (isWritten) say(`${file.name} written: ${changesBetween(before, subjects)}`);
      const complaints = problems.map((problem) => `no types for ${problem}`).join('\n');
      if (complaints !== told && complaints !== '') say(complaints);
      told = complaints;
      before = subjects;
    } catch (error) {
      if (signal.aborted) break;
      if ((error as { code?: unknown }).code !== 'HW_TYPES_REGISTRY') throw error;
      if (failures === 0) say(`${(error as Error).message}; tries again`);
      failures += 1;
    }
    const waitMs = failures === 0 ? everyMs : Math.min(backOffMaxMs, everyMs * 2 ** Math.min(failures - 1, 5));
    await sleep(waitMs, undefined, { signal }).catch(() => {});
  }
  return 0;
}

function count(subjects: readonly Subject[]): string {
  return `${subjects.length} subject${subjects.length === 1 ? '' : 's'}`;
}

/** `orders-value v3 (was v2), payments-value new, old-value gone`. */
function changesBetween(before: readonly Subject[], now: readonly Subject[]): string {
  const newest = ({ versions }: Subject): number => versions.at(-1)!.version;
  const was = new Map(before.map((subject) => [subject.name, subject]));
  const changes: string[] = [];
  for (const subject of now) {
    const old = was.get(subject.name);
    was.delete(subject.name);
    if (old === undefined) changes.push(`${subject.name} new`);
    else if (newest(old) !== newest(subject)) changes.push(`${subject.name} v${newest(subject)} (was v${newest(old)})`);
    else if (JSON.stringify(old) !== JSON.stringify(subject)) changes.push(`${subject.name} changed`);
  }
  for (const name of was.keys()) changes.push(`${name} gone`);
  if (changes.length === 0) return 'it was changed by another hand';
  const more = changes.length > namedMax ? `, and ${changes.length - namedMax} more` : '';
  return changes.slice(0, namedMax).join(', ') + more;
}

/** The file that is written: only over one of ours, whole or not at all, and only when it changes. */
class TypesFile {
  readonly name: string;
  readonly #path: string;

  constructor(path: string, name: string) {
    this.#path = path;
    this.name = name;
  }

  read(): string | undefined {
    return existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : undefined;
  }

  /** Whether there was something to write. Throws HW_TYPES_FILE. */
  write(text: string): boolean {
    try {
      const old = this.read();
      if (old === text) return false;
      if (old !== undefined && old.trim() !== '' && !old.startsWith(firstLine)) {
        throw new Error('it was not written by headwater types, and is not written over');
      }
      const temporary = `${this.#path}.${process.pid}.tmp`;
      writeFileSync(temporary, text);
      renameSync(temporary, this.#path);
      return true;
    } catch (cause) {
      throw new HeadwaterError(
        'HW_TYPES_FILE',
        `${this.name}: ${(cause as Error).message}; --out names another`,
        cause,
      );
    }
  }
}
