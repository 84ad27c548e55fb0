import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type JsonObject, jsonText, parseJson } from '@headwater/serdes';
import type { FunctionRegistry } from '../functions/function-registry.ts';
import { parseScript } from '../syntax/parse.ts';
import { type CaseResult, runCase } from './run-case.ts';
import { runScriptTest } from './run-script.ts';
import { readScriptFile } from './script-file.ts';
import { readTestFile } from './test-case.ts';

/** A test of a user's own pipelines. */
export interface PipelineTest {
  readonly name: string;
  /** Of a rejection: the words that it must have; null where none are, or none is expected. */
  readonly expectedMessage: string | null;
  run(functions: FunctionRegistry): Promise<CaseResult>;
}

/** A place that has tests. */
export interface TestSource {
  readonly path: string;
  /** @throws Error for files that cannot be read, SqlError for statements that are none */
  tests(): readonly PipelineTest[];
}

const inputNames = ['input.json', 'inputs.json'];
const outputNames = ['output.json', 'outputs.json', 'expected.json'];

/**
 * The tests below a folder, in the order of their names:
 * a folder with statements (`*.sql`) and the records that must come out (`output.json`), and those that go in (`input.json`) where there
 * are any, the files of ksqlDB's test runner · a JSON file with `tests`, each with `statements`, `inputs`, `outputs` or
 * `expectedException` · a `.sql` file with `--@test: name` lines and ASSERT statements. Or the one test or file that the path is.
 */
export function readTestFolder(path: string): TestSource[] {
  if (!statSync(path).isDirectory()) {
    if (!path.endsWith('.sql')) return [jsonTests(path)];
    return isScriptTest(path) ? [scriptTests(path)] : folderTest(dirname(path), [path]);
  }
  const entries = readdirSync(path, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1));
  const files = entries.filter((each) => each.isFile()).map(({ name }) => join(path, name));
  const scripts = files.filter((file) => file.endsWith('.sql'));
  const sources = folderTest(
    path,
    scripts.filter((script) => !isScriptTest(script)),
  );
  for (const script of scripts) if (isScriptTest(script)) sources.push(scriptTests(script));
  const taken = new Set([...inputNames, ...outputNames]);
  for (const file of files)
    if (file.endsWith('.json') && !taken.has(basename(file)) && hasTests(file)) sources.push(jsonTests(file));
  for (const entry of entries)
    if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      sources.push(...readTestFolder(join(path, entry.name)));
  return sources;
}

function folderTest(folder: string, scripts: readonly string[]): TestSource[] {
  const output = outputNames.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (output === undefined || scripts.length === 0) return [];
  const input = inputNames.map((name) => join(folder, name)).find((file) => existsSync(file));
  const tests = () => {
    const statements = scripts.flatMap((script) => parseScript(readFileSync(script, 'utf8')).map(({ text }) => text));
    const test: JsonObject = new Map();
    test.set('statements', statements);
    test.set('inputs', (input && readJsonFile(input).get('inputs')) || []);
    test.set('outputs', readJsonFile(output).get('outputs') ?? []);
    return casesOf(jsonText(new Map([['tests', [test]]])), '', () => basename(folder));
  };
  return [{ path: folder, tests }];
}

function jsonTests(path: string): TestSource {
  return { path, tests: () => casesOf(readFileSync(path, 'utf8'), basename(path, '.json'), (name) => name) };
}

function casesOf(text: string, file: string, nameOf: (name: string) => string): PipelineTest[] {
  return readTestFile(text, file).cases.map((each) => ({
    name: nameOf(each.name),
    expectedMessage: each.expectedError?.message ?? null,
    run: (functions) => runCase(each, { functions }),
  }));
}

function scriptTests(path: string): TestSource {
  const readScript = (name: string) => readFile(resolve(dirname(path), name), 'utf8');
  const tests = () =>
    readScriptFile(readFileSync(path, 'utf8'), basename(path, '.sql')).map((test) => ({
      name: test.name,
      expectedMessage: test.expectedMessage,
      run: (functions: FunctionRegistry) => runScriptTest(test, { functions, readScript }),
    }));
  return { path, tests };
}

function isScriptTest(path: string): boolean {
  return /^--@test:/m.test(readFileSync(path, 'utf8'));
}

function hasTests(path: string): boolean {
  try {
    return readJsonFile(path).has('tests');
  } catch {
    return false;
  }
}

function readJsonFile(path: string): JsonObject {
  let json: unknown;
  try {
    json = parseJson(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
  if (json instanceof Map) return json as JsonObject;
  throw new Error(`${path}: an object is expected`);
}
