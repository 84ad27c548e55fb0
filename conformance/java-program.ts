import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheDir, missingJavaTool, reasonOf, run } from './clients/install/cache.ts';

const installTimeoutMs = 300_000;

/**
 * The class path of a Java program of ours: the jars that `pom.xml` in `sourceDir` names and the compiled sources beside it, fetched
 * and compiled into the cache as `name` when they are not there. A text when it cannot be had: why.
 */
export async function javaProgram(sourceDir: string, name: string): Promise<{ classPath: string } | string> {
  const missing = await missingJavaTool();
  if (missing !== null) return missing;
  try {
    const pom = join(sourceDir, 'pom.xml');
    const jars = join(cacheDir, name, await hashOf([pom]));
    await made(jars, async (dir) => {
      const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
      await run('mvn', [...args, `-DoutputDirectory=${dir}`], { timeout: installTimeoutMs });
    });
    const sources = (await readdir(sourceDir))
      .filter((file) => file.endsWith('.java'))
      .sort()
      .map((file) => join(sourceDir, file));
    const classes = join(cacheDir, `${name}-classes`, await hashOf([pom, ...sources]));
    await made(classes, async (dir) => {
      await run('javac', ['-nowarn', '-cp', join(jars, '*'), '-d', dir, ...sources], { timeout: installTimeoutMs });
    });
    return { classPath: `${classes}${delimiter}${join(jars, '*')}` };
  } catch (error) {
    return `${name} cannot be had: ${reasonOf(error)}`;
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
