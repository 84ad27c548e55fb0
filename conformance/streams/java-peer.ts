import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { cacheDir, missingJavaTool, reasonOf, run } from '../clients/install/cache.ts';
import type { Job, Outcome } from './description.ts';

const sourceDir = join(import.meta.dirname, 'java');
const installTimeoutMs = 300_000;

/** The class path of our Java program with Kafka Streams' jars, fetched and compiled into the cache when they are not there; or why not. */
export async function javaClassPath(): Promise<{ classPath: string } | string> {
  const missing = await missingJavaTool();
  if (missing !== null) return missing;
  try {
    const pom = join(sourceDir, 'pom.xml');
    const jars = join(cacheDir, 'streams-peer', await hashOf([pom]));
    await made(jars, async (dir) => {
      const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
      await run('mvn', [...args, `-DoutputDirectory=${dir}`], { timeout: installTimeoutMs });
    });
    const sources = (await readdir(sourceDir))
      .filter((name) => name.endsWith('.java'))
      .sort()
      .map((name) => join(sourceDir, name));
    const classes = join(cacheDir, 'streams-peer-classes', await hashOf([pom, ...sources]));
    await made(classes, async (dir) => {
      await run('javac', ['-nowarn', '-cp', join(jars, '*'), '-d', dir, ...sources], { timeout: installTimeoutMs });
    });
    return { classPath: `${classes}${delimiter}${join(jars, '*')}` };
  } catch (error) {
    return `Kafka Streams cannot be had: ${reasonOf(error)}`;
  }
}

/** Kafka Streams' test driver in a process of its own: one job at a time. */
export class JavaPeer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor(classPath: string) {
    const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];
    this.#child = spawn('java', [...options, '-cp', classPath, 'headwater.StreamsPeer'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr!.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString()).slice(-8192);
    });
    // A write to a process that has ended is told by the answer that does not come.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async run(job: Job): Promise<Outcome> {
    this.#child.stdin!.write(`${JSON.stringify(job)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`Kafka Streams has ended: ${this.#stderr}`);
    return JSON.parse(value) as Outcome;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin!.end();
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

/** A directory that is there whole or not at all. */
async function made(dir: string, make: (dir: string) => Promise<void>): Promise<void> {
  if (existsSync(dir)) return;
  const temporary = `${dir}.${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await make(temporary);
  try {
    await rename(temporary, dir);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(dir)) throw error;
    await rm(temporary, { recursive: true, force: true });
  }
}
