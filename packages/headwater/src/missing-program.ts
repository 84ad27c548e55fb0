import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ExampleService } from './example.ts';

/** The program that a service needs and that PATH does not have; undefined: it can be run. */
export function missingProgram(
  { command }: Pick<ExampleService, 'command'>,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const program = command?.[0];
  if (program === undefined || program === 'node') return undefined;
  if (program.includes('/')) return isProgram(program) ? undefined : program;
  const folders = (env['PATH'] ?? process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => folder !== '' && isProgram(join(folder, program))) ? undefined : program;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
