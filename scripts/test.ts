/**
 * Runs the tests: `npm test` (fast ones), `npm run test:int` (those that start processes, browsers or foreign clients) and
 * `npm run soak`. Further arguments are parts of paths: only files whose path holds one of them run.
 */
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';

const [first, ...rest] = process.argv.slice(2);
const kind = first === 'int' || first === 'soak' ? first : 'unit';
const filters = kind === 'unit' ? process.argv.slice(2) : rest;
const root = resolve(import.meta.dirname, '..');

// Suites that use reference facts, foreign suites or real systems find them here, and skip themselves where it is absent.
const shared = process.env['HEADWATER_SHARED'] ?? resolve(root, '../shared');
if (existsSync(shared)) process.env['HEADWATER_SHARED'] = shared;

// Each test file is a process of its own: kept compiled code saves most of its start.
process.env['NODE_COMPILE_CACHE'] ??= resolve(root, 'node_modules/.cache/headwater-compile');

const files = globSync(
  [
    'packages/*/{src,test,bin,scripts}/**/*.test.ts',
    'examples/**/*.test.ts',
    'conformance/**/*.test.ts',
    'bench/**/*.test.ts',
    'docs/**/*.test.ts',
    'scripts/**/*.test.ts',
  ],
  { cwd: root },
)
  .filter((file) => !file.includes('node_modules') && kindOf(file) === kind)
  .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
  .sort()
  .map((file) => resolve(root, file));

if (files.length === 0) {
  console.error(`no ${kind} test matches ${filters.join(' ')}`);
  process.exit(1);
}

/** Rooms of many small tests that share nothing but code: one process for each room, as a process of its own costs more than most of these files. */
const sharing = kind === 'unit' ? ['packages/sql/', 'packages/serdes/'] : [];
const together = sharing.flatMap((room) => {
  const ofRoom = files.filter((file) => file.startsWith(resolve(root, room)));
  if (ofRoom.length < 2) return [];
  const directory = resolve(root, 'node_modules/.cache/tests');
  mkdirSync(directory, { recursive: true });
  const path = resolve(directory, `${room.replaceAll('/', '-')}${process.pid}.mjs`);
  writeFileSync(path, ofRoom.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`).join(''));
  process.once('exit', () => rmSync(path, { force: true }));
  return [{ path, ofRoom }];
});
const alone = files.filter((file) => !together.some(({ ofRoom }) => ofRoom.includes(file)));

const counts = { passed: 0, failed: 0, skipped: 0 };
const started = performance.now();
const stream = run({
  files: [...together.map(({ path }) => path), ...alone],
  // `true` would leave a core idle, which is one of two on a small machine.
  concurrency: kind === 'unit' ? availableParallelism() : 1,
  timeout: kind === 'soak' ? 3_600_000 : kind === 'int' ? 300_000 : 180_000,
});
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite' || isFile(event)) return;
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped += 1;
  else counts.passed += 1;
});
stream.on('test:fail', (event) => {
  if (event.details.type === 'suite' && isOnlyItsSubtests(event.details.error)) return;
  counts.failed += 1;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  process.exitCode = counts.failed > 0 ? 1 : 0;
  process.once('beforeExit', () => {
    console.log(`${((performance.now() - started) / 1000).toFixed(1)} s, ${files.length} files`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  });
});

function kindOf(file: string): string {
  return /\.(int|soak)\.test\.ts$/.exec(file)?.[1] ?? 'unit';
}

/** A test that failed because tests inside it did: those are counted already. */
function isOnlyItsSubtests(error: Error): boolean {
  return (error as Error & { failureType?: string }).failureType === 'subtestsFailed';
}

/** The runner also reports each file as a test of its own, named by its path. */
function isFile(event: { name: string; nesting: number }): boolean {
  return event.nesting === 0 && files.includes(event.name);
}
