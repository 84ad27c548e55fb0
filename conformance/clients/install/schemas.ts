import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, canRun, type Launcher, missingJavaTool, node, reasonOf, run, scriptPath } from './cache.ts';

const installTimeoutMs = 600_000;
const script = 'schemas-client.ts';

/** The scenarios with a program that has foreign serializers: `SCHEMA_WORKER` is its command, before bootstrap and registry. */
function withWorker(command: readonly string[]): Launcher {
  return node(script, { SCHEMA_WORKER: JSON.stringify(command) });
}

/** Confluent's serializers for Python, with protoc: apart from the other Python clients, because they bring much along. */
export async function pythonSerializers(): Promise<Launcher | string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const requirements = scriptPath('requirements-schemas.txt');
  const dir = join(cacheDir, 'python-schemas');
  const interpreter = join(dir, 'bin/python');
  const failure = await onceFor(dir, await readFile(requirements, 'utf8'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', '-r', requirements], { timeout: installTimeoutMs });
  });
  return failure ?? withWorker([interpreter, scriptPath('confluent_kafka_schemas.py')]);
}

/** Apicurio's serializers in Confluent's wire format, and our program that uses them (../java-schemas). */
export async function javaSerializers(): Promise<Launcher | string> {
  const missing = await missingJavaTool();
  if (missing !== null) return missing;
  const sourceDir = join(import.meta.dirname, '../java-schemas');
  const names = (await readdir(sourceDir)).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(await readFile(join(sourceDir, name)));
  const pom = join(sourceDir, 'pom.xml');
  const jars = join(cacheDir, 'java-schemas');
  const noJars = await onceFor(jars, await readFile(pom, 'utf8'), async () => {
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await run('mvn', [...args, `-DoutputDirectory=${jars}`], { timeout: installTimeoutMs });
  });
  if (noJars !== null) return noJars;
  const classes = join(cacheDir, 'java-schemas-classes', hash.digest('hex').slice(0, 16));
  try {
    if (!existsSync(classes)) {
      await rm(`${classes}.new`, { recursive: true, force: true });
      const sources = names.filter((name) => name.endsWith('.java')).map((name) => join(sourceDir, name));
      await run('javac', ['-nowarn', '-cp', join(jars, '*'), '-d', `${classes}.new`, ...sources], { timeout: 120_000 });
      await rename(`${classes}.new`, classes);
    }
  } catch (error) {
    return `the Java programs cannot be compiled: ${reasonOf(error)}`;
  }
  const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return withWorker(['java', ...options, '-cp', `${classes}:${join(jars, '*')}`, 'headwater.Schemas']);
}

const nodePackages = ['@confluentinc/schemaregistry@1.10.1', '@kafkajs/confluent-schema-registry@3.9.0'];

/** Where the Node serializers of others are: not among our dependencies, for they bring the kits of several clouds along. */
export async function nodeSerializersDir(): Promise<{ dir: string } | string> {
  const dir = join(cacheDir, 'node-schemas');
  const failure = await onceFor(dir, nodePackages.join('\n'), async () => {
    await writeFile(join(dir, 'package.json'), '{"private":true}');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...nodePackages];
    await run('npm', args, { cwd: dir, timeout: installTimeoutMs });
  });
  return failure ?? { dir };
}

export async function nodeSerializers(): Promise<Launcher | string> {
  const found = await nodeSerializersDir();
  if (typeof found === 'string') return found;
  return withWorker([process.execPath, scriptPath('confluent-schemaregistry.ts'), found.dir]);
}

/** Installs once for what is wanted; null, or why it cannot be had. */
export async function onceFor(dir: string, wanted: string, install: () => Promise<void>): Promise<string | null> {
  const installed = join(dir, 'installed.txt');
  if (existsSync(installed) && (await readFile(installed, 'utf8')) === wanted) return null;
  try {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true });
    await install();
    await writeFile(installed, wanted);
    return null;
  } catch (error) {
    return `it cannot be installed: ${reasonOf(error)}`;
  }
}
