/**
 * The search store against a foreign suite: cases that say which REST calls to make and what must come back.
 *
 *   npm run conformance -- search [--url URL] [--only PART] [--verbose] [--update]
 *
 * Without --url the store of this repository is started. The suite lies under $HEADWATER_SHARED/conformance/search.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startSearch } from '@headwater/search';
import { ApiSpecs } from './api.ts';
import { CaseRunner } from './runner.ts';
import { loadCases } from './yaml-cases.ts';

const ratchetFile = resolve(import.meta.dirname, '../ratchets.json');

interface Options {
  url: string | null;
  only: string | null;
  isVerbose: boolean;
  isUpdate: boolean;
}

/** Runs the suite; the exit code is 0 when nothing that passed before fails now. */
export async function runSearchSuite(args: readonly string[]): Promise<number> {
  const options = parseArgs(args);
  const root = resolve(
    process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../shared'),
    'conformance/search',
  );
  if (!existsSync(root)) {
    console.log(`skipped: the suite is not at ${root} (set HEADWATER_SHARED)`);
    return 0;
  }
  const own = options.url === null ? await startSearch() : null;
  try {
    return await runAll(root, options, options.url ?? own!.url);
  } finally {
    await own?.close();
  }
}

async function runAll(root: string, options: Options, url: string): Promise<number> {
  const runner = new CaseRunner(url, new ApiSpecs(resolve(root, 'api')));
  const cases = loadCases(resolve(root, 'test')).filter(
    (one) => options.only === null || `${one.file}/${one.name}`.includes(options.only),
  );
  const counts = new Map<string, { passed: number; failed: number }>();
  const started = performance.now();
  for (const one of cases) {
    const count = counts.get(one.directory) ?? { passed: 0, failed: 0 };
    counts.set(one.directory, count);
    const failure = await runner.run(one);
    if (failure === null) count.passed++;
    else {
      count.failed++;
      if (options.isVerbose) console.log(`✖ ${one.file} · ${one.name}\n    ${failure.step}\n    ${failure.reason}`);
    }
  }
  for (const [directory, { passed, failed }] of [...counts].sort()) {
    console.log(`${directory.padEnd(32)} ${String(passed).padStart(4)} of ${passed + failed}`);
  }
  const passed = [...counts.values()].reduce((sum, one) => sum + one.passed, 0);
  const failed = cases.length - passed;
  console.log(
    `${((performance.now() - started) / 1000).toFixed(1)} s against ${options.url ?? 'the store of this repository'}`,
  );
  console.log(`${passed} passed, ${failed} failed`);
  if (options.only !== null || options.url !== null) return 0;
  return checkRatchet(passed, cases.length, options.isUpdate);
}

/** What passed once has to pass for ever. */
function checkRatchet(passed: number, total: number, isUpdate: boolean): number {
  const ratchets = existsSync(ratchetFile)
    ? (JSON.parse(readFileSync(ratchetFile, 'utf8')) as Record<string, { passed: number; total: number }>)
    : {};
  const before = ratchets['search']?.passed ?? 0;
  if (passed < before) {
    console.log(`search: ${before} cases passed before, ${passed} do now`);
    return 1;
  }
  if (isUpdate && passed > before) {
    ratchets['search'] = { passed, total };
    writeFileSync(ratchetFile, `${JSON.stringify(ratchets, null, 2)}\n`);
    console.log(`search: ${ratchetFile} now says ${passed}`);
  } else if (passed > before) console.log(`search: ${passed} pass, the ratchet says ${before}: --update raises it`);
  return 0;
}

function parseArgs(args: readonly string[]): Options {
  const options: Options = { url: null, only: null, isVerbose: false, isUpdate: false };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--url') options.url = args[++i] ?? null;
    else if (arg === '--only') options.only = args[++i] ?? null;
    else if (arg === '--verbose') options.isVerbose = true;
    else if (arg === '--update') options.isUpdate = true;
    else throw new Error(`unknown argument ${arg}: use --url URL, --only PART, --verbose, --update`);
  }
  return options;
}
