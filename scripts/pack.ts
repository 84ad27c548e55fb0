/**
 * Makes what is published of a package: Node strips types of its own files, but not below node_modules, so a package holds JavaScript,
 * as ES modules and as CommonJS (Jest loads that without flags), with types for both. `npm run pack -- broker` leaves the tarballs of
 * it and of the packages that it needs in dist/npm.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const scope = '@headwater/';
/** What a reader of the package may want, where there is such a file. */
const texts = ['README.md', 'COMPATIBILITY.md', 'CHANGELOG.md', 'NOTICE', 'docs'];

interface Manifest {
  name: string;
  /** Paths below the package, and their sources. */
  exports: Record<string, string>;
  dependencies?: Record<string, string>;
  [field: string]: unknown;
}

/** Builds packages and all of this repository that they need. Returns the paths of the tarballs, what is needed first. */
export async function packPackages(names: readonly string[], outDir: string): Promise<string[]> {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const all = inOrder(names);
  for (const name of all) await build(name, join(outDir, name), outDir);
  const stages = all.map((name) => `./${name}`);
  const { stdout } = await run('npm', ['pack', ...stages, '--json', '--ignore-scripts'], { cwd: outDir });
  return (JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => join(outDir, filename));
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest;
}

function inOrder(names: readonly string[], done: string[] = []): string[] {
  for (const name of names) {
    if (done.includes(name)) continue;
    const needed = Object.keys(manifestOf(name).dependencies ?? {}).filter((each) => each.startsWith(scope));
    inOrder(
      needed.map((each) => each.slice(scope.length)),
      done,
    );
    done.push(name);
  }
  return done;
}

async function build(name: string, stage: string, outDir: string): Promise<void> {
  const source = join(root, 'packages', name);
  mkdirSync(stage, { recursive: true });
  const shared = {
    noEmit: false,
    noCheck: true,
    rootDir: source,
    rewriteRelativeImportExtensions: true,
    typeRoots: [join(root, 'node_modules/@types')],
    // Types of what was built before, or their sources would be built along.
    paths: { [`${scope}*`]: [join(outDir, '*/dist/index.d.ts')] },
  };
  const esm = { ...shared, outDir: join(stage, 'dist'), declaration: true };
  const cjs = {
    ...shared,
    outDir: join(stage, 'dist/cjs'),
    module: 'commonjs',
    moduleResolution: 'bundler',
    esModuleInterop: true,
    verbatimModuleSyntax: false,
  };
  for (const compilerOptions of [esm, cjs]) {
    const config = join(stage, 'tsconfig.json');
    const extended = join(root, 'tsconfig.json');
    const files = Object.values(manifestOf(name).exports).map((file) => join(source, file));
    writeFileSync(config, JSON.stringify({ extends: extended, compilerOptions, files, include: [], exclude: [] }));
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], { cwd: root });
    rmSync(config);
  }
  finishTypes(join(stage, 'dist'));
  finishCommonJs(join(stage, 'dist/cjs'));
  for (const text of texts) {
    if (existsSync(join(source, text))) cpSync(join(source, text), join(stage, text), { recursive: true });
  }
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published(manifestOf(name)), null, 2)}\n`);
}

/** Declarations keep the names of sources in their imports; and CommonJS has declarations of its own, or they would count as ES modules. */
function finishTypes(dist: string): void {
  for (const file of globSync('**/*.d.ts', { cwd: dist })) {
    const path = join(dist, file);
    const text = readFileSync(path, 'utf8').replace(/(from |import\()(['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1$2.js$3');
    writeFileSync(path, text);
    const copy = join(dist, 'cjs', file);
    mkdirSync(resolve(copy, '..'), { recursive: true });
    writeFileSync(copy, text);
  }
}

function finishCommonJs(dist: string): void {
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  for (const file of globSync('**/*.js', { cwd: dist })) {
    const path = join(dist, file);
    const text = readFileSync(path, 'utf8');
    if (text.includes('import.meta.url')) writeFileSync(path, text.replaceAll('import.meta.url', '__filename'));
    if (text.includes('import.meta.dirname')) throw new Error(`${path}: import.meta.dirname has no CommonJS form here`);
  }
}

function published({
  devDependencies: _dev,
  scripts: _scripts,
  files: _files,
  exports: sources,
  ...manifest
}: Manifest) {
  const built = (source: string) => {
    const file = source.replace(/\.ts$/, '');
    const under = (dist: string) => ({ types: `${dist}/${file}.d.ts`, default: `${dist}/${file}.js` });
    return { import: under('./dist'), require: under('./dist/cjs') };
  };
  return {
    ...manifest,
    main: './dist/cjs/index.js',
    types: './dist/index.d.ts',
    exports: Object.fromEntries(
      Object.entries(sources).map(([path, source]) => [path, built(source.replace(/^\.\//, ''))]),
    ),
    files: ['dist', ...texts, 'LICENSE'],
  };
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  if (names.length === 0) {
    console.error('npm run pack -- NAME…: names of directories below packages/, such as broker');
    process.exit(1);
  }
  for (const tarball of await packPackages(names, join(root, 'dist/npm'))) console.log(tarball);
}
