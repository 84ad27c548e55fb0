import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtInFunctions, loadUserFunctions, type PipelineTest, readTestFolder, SqlError } from '@headwater/sql';
import { HeadwaterError } from '../headwater-error.ts';

export interface TestCommandContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** `headwater sql test DIR|FILE …`: 0 when all pass, 1 when one does not. Throws HW_CLI_USAGE, also when there is nothing to run. */
export async function testCommand(given: readonly string[], { cwd, env, say }: TestCommandContext): Promise<number> {
  const { args, functionsDir = env['HEADWATER_SQL_FUNCTIONS_DIR'] } = parseTestArgs(given);
  const functions = builtInFunctions();
  if (functionsDir !== undefined && functionsDir !== '') {
    try {
      await loadUserFunctions(resolve(cwd, functionsDir), functions);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw new HeadwaterError('HW_CLI_USAGE', error.message, error);
    }
  }
  const startedAtMs = performance.now();
  let passed = 0;
  let failed = 0;
  const tell = (name: string, failures: readonly string[]) => {
    if (failures.length === 0) passed++;
    else failed++;
    say(`${failures.length === 0 ? '✔' : '✖'} ${name}`);
    for (const failure of failures) say(`    ${failure.replaceAll('\n', '\n    ')}`);
  };
  for (const arg of args) {
    const path = resolve(cwd, arg);
    if (!existsSync(path)) throw new HeadwaterError('HW_CLI_USAGE', `there is no ${arg}`);
    for (const source of readTestFolder(path)) {
      let tests: readonly PipelineTest[] = [];
      try {
        tests = source.tests();
      } catch (error) {
        tell(relative(cwd, source.path) || source.path, [(error as Error).message]);
      }
      for (const test of tests) {
        const { failures, isMessageMet, message } = await test.run(functions);
        const isOtherRefusal = isMessageMet === false && failures.length === 0;
        const words = `refused with other words: ${message}\nexpected: ${test.expectedMessage}`;
        tell(test.name, isOtherRefusal ? [words] : failures);
      }
    }
  }
  if (passed + failed === 0) {
    throw new HeadwaterError(
      'HW_CLI_USAGE',
      `no tests in ${args.join(', ')}: a test is a folder with statements.sql, input.json and output.json, a JSON file with "tests", or a .sql file with --@test: lines`,
    );
  }
  say(`${passed} passed, ${failed} failed in ${Math.round(performance.now() - startedAtMs)} ms`);
  return failed === 0 ? 0 : 1;
}

function parseTestArgs(given: readonly string[]): { args: readonly string[]; functionsDir?: string } {
  const usage = 'sql test takes folders or files: headwater sql test [--functions DIR] pipelines/';
  let parsed: { values: { functions?: string }; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...given], options: { functions: { type: 'string' } }, allowPositionals: true });
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_USAGE', `${(cause as Error).message}\n${usage}`, cause);
  }
  const { positionals: args, values } = parsed;
  if (args.length === 0) throw new HeadwaterError('HW_CLI_USAGE', usage);
  return { args, ...(values.functions !== undefined && { functionsDir: values.functions }) };
}
