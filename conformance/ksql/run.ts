/**
 * ksqlDB's own cases, which are no part of this project: `npm run conformance -- ksql [DIR] [--case TEXT] [--lenient]`. DIR, or a file, is one of its
 * test format, or has its scripts; default: query-validation and sql-tests of the shared half. `schema-inference` and `rest` name those suites.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';
import {
  builtInFunctions,
  type CaseResult,
  type FunctionRegistry,
  readScriptFile,
  readTestFile,
  runCase,
  runRestCase,
  runScriptTest,
  type TestCase,
} from '@headwater/sql';
import { againstRatchet } from './ratchet.ts';
import { inferenceCases } from './schema-inference.ts';
import { testFunctions } from './test-functions.ts';

/** What ksqlDB refuses is to be refused. */
const plainDialect = [['headwater.dialect', 'ksqldb']] as const;

interface Score {
  cases: number;
  passed: number;
  messages: number;
  messagesMet: number;
}

const sharedFolder = resolve(
  process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../shared'),
  'conformance/ksql',
);

export async function runKsqlSuite(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      case: { type: 'string' },
      lenient: { type: 'boolean', default: false },
      messages: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
    },
  });
  const places =
    positionals.length > 0
      ? positionals.map(placeOf)
      : ['query-validation', 'sql-tests'].map((each) => join(sharedFolder, each));
  const missing = places.find((each) => !existsSync(each));
  const isOfShared = positionals.every((each) => each === 'rest' || each === 'schema-inference');
  if (missing !== undefined && isOfShared) {
    console.log(`skipped: there is no ${missing}\n0 passed, 0 failed`);
    return 0;
  }
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const scores = new Map<string, Score>();
  let failed = 0;
  for (const file of (await Promise.all(places.map(filesBelow))).flat()) {
    const { cases, feature, isWaiting } = await casesOf(file, seed);
    const score = scores.get(feature) ?? { cases: 0, passed: 0, messages: 0, messagesMet: 0 };
    scores.set(feature, score);
    const wanted = cases.filter(({ name }) => values.case === undefined || name.includes(values.case));
    const results = resultsOf(wanted, values.lenient, isWaiting ? waitingAtOnce : 1);
    for await (const { expectedMessage, name, result } of results) {
      score.cases++;
      if (result.isMessageMet !== null) score.messages++;
      if (result.isMessageMet === true) score.messagesMet++;
      if (values.messages && result.isMessageMet === false && result.failures.length === 0) {
        console.log(`words ${name}\n      | ${expectedMessage}\n      > ${result.message}`);
      }
      if (result.failures.length === 0) {
        score.passed++;
        continue;
      }
      failed++;
      if (!values.quiet) console.log(`FAIL ${name}: ${result.failures.slice(0, 3).join('\n     | ')}`);
    }
  }
  printTable(scores);
  if (scores.has('schema-inference')) console.log(`records of schema inference: SEED=${seed}`);
  const passed = [...scores.values()].reduce((sum, score) => sum + score.passed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  if (positionals.join() === 'rest' && values.case === undefined) {
    return againstRatchet(passed, passed + failed, values.update, 'ksql-rest');
  }
  if (positionals.length > 0 || values.case !== undefined) return Number(failed > 0);
  return againstRatchet(passed, passed + failed, values.update);
}

/** Of cases that mostly wait: for groups to settle, for commits. */
const waitingAtOnce = 4;

interface Finished {
  readonly name: string;
  readonly expectedMessage: string | null;
  readonly result: CaseResult;
}

/** Runs cases, so many at once; their results come in the order of the cases. */
async function* resultsOf(cases: readonly Runnable[], isLenient: boolean, atOnce: number): AsyncGenerator<Finished> {
  const running: Promise<Finished>[] = [];
  const begin = async ({ expectedMessage, name, run }: Runnable): Promise<Finished> => {
    try {
      return { name, expectedMessage, result: await run(isLenient) };
    } catch (error) {
      const failures = [String(error instanceof Error ? error.stack : error)];
      return { name, expectedMessage, result: { failures, isMessageMet: null } };
    }
  };
  let next = 0;
  while (next < cases.length || running.length > 0) {
    while (next < cases.length && running.length < atOnce) running.push(begin(cases[next++]!));
    yield await running.shift()!;
  }
}

interface Runnable {
  readonly name: string;
  readonly expectedMessage: string | null;
  run(isLenient: boolean): Promise<CaseResult>;
}

interface FileCases {
  readonly feature: string;
  readonly cases: readonly Runnable[];
  /** Whether several of them are run at once. */
  readonly isWaiting: boolean;
}

/** The cases of a file: JSON with records, or a script with ASSERT statements. */
async function casesOf(file: string, seed: number): Promise<FileCases> {
  const text = await readFile(file, 'utf8');
  if (file.endsWith('.sql')) {
    const readScript = (path: string) => readFile(join(sharedFolder, basename(path)), 'utf8');
    const cases = readScriptFile(text, basename(file, '.sql')).map((test): Runnable => {
      const { expectedMessage, name } = test;
      return {
        name,
        expectedMessage,
        run: () => runScriptTest(test, { functions: functionsOfCase(), settings: plainDialect, readScript }),
      };
    });
    return { feature: 'sql-tests', cases, isWaiting: false };
  }
  const { cases, feature } = readTestFile(inferenceCases(text, seed) ?? text, basename(file, '.json'));
  const isRest = basename(dirname(file)) === 'rest-query-validation' || cases.some(isRestCase);
  return {
    feature: feature ?? 'other',
    isWaiting: isRest,
    cases: cases.map((test) => ({
      name: test.name,
      expectedMessage: test.expectedError?.message ?? null,
      run: async (isLenient) =>
        isRest
          ? onBroker(test)
          : runCase(test, {
              functions: functionsOfCase(),
              settings: plainDialect,
              ...(isLenient && { numbers: 'lenient' }),
            }),
    })),
  };
}

/** What only cases of the REST API have. */
function isRestCase({ json }: TestCase): boolean {
  return ['responses', 'expectedError', 'inputConditions', 'outputConditions'].some((name) => json.has(name));
}

/** On a broker and a registry of its own, in this process: nothing of one case is left for the next. */
async function onBroker(test: TestCase): Promise<CaseResult> {
  const broker = await startBroker();
  try {
    const { bootstrap } = broker;
    const registry = await startRegistry({ kafkaUrl: bootstrap, port: 0 });
    try {
      return await runRestCase(test, { functions: functionsOfCase(), bootstrap, registryUrl: registry.url });
    } finally {
      await registry.close();
    }
  } finally {
    await broker.close();
  }
}

function functionsOfCase(): FunctionRegistry {
  const functions = builtInFunctions();
  for (const each of testFunctions()) functions.add(each);
  return functions;
}

/** A path, or a file or folder of the shared half by its name. */
function placeOf(given: string): string {
  const inside = [
    given,
    `schema-inference/${given}`,
    given === 'rest' ? 'rest-query-validation' : given,
    `rest-query-validation/${given}`,
    `query-validation/${given}`,
    `query-validation/${given}.json`,
  ].map((each) => join(sharedFolder, each));
  return [resolve(given), ...inside].find((each) => existsSync(each)) ?? resolve(given);
}

async function filesBelow(place: string): Promise<string[]> {
  if ((await stat(place)).isFile()) return [place];
  const names = await readdir(place, { recursive: true });
  return names
    .filter((name) => /\.(json|sql)$/.test(name) && basename(name) !== 'index.json')
    .sort()
    .map((name) => join(place, name));
}

function printTable(scores: ReadonlyMap<string, Score>): void {
  console.log('\n| feature | passed | cases | rejections in the same words |\n|---|---|---|---|');
  for (const [feature, { cases, messages, messagesMet, passed }] of [...scores].sort()) {
    if (cases > 0)
      console.log(`| ${feature} | ${passed} | ${cases} | ${messages === 0 ? '' : `${messagesMet} of ${messages}`} |`);
  }
  console.log('');
}
