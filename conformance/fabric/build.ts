import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, missingJavaTool, reasonOf, run } from '../clients/install/cache.ts';

const sources = join(import.meta.dirname, 'spring');
/** Cold, everything from Maven's registry. */
const buildTimeoutMs = 900_000;
/** Where nobody waits for long. */
const shortBuildTimeoutMs = 300_000;
const zipkin = { version: '3.6.1', artifact: 'io.zipkin:zipkin-server' };

export type Application = 'echo' | 'front' | 'admin' | 'eureka' | 'config' | 'issuer' | 'gateway';

/** Small heaps, a quick start: these programs live for a minute or two. */
export const javaArgs = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xss512k', '-Xmx192m'];

/** How an application's jar is found once all are built; or why they cannot be. */
export async function buildApplications(isShort: boolean): Promise<((name: Application) => string) | string> {
  const missing = await missingJavaTool();
  if (missing !== null) return missing;
  const files = (await readdir(sources, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const hash = createHash('sha256');
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash.update(path.slice(sources.length)).update(await readFile(path));
  }
  const dir = join(cacheDir, 'fabric', hash.digest('hex').slice(0, 16));
  if (!existsSync(dir)) {
    console.log('building the Spring applications');
    try {
      await mkdir(join(cacheDir, 'fabric'), { recursive: true });
      // Builds of other versions of the sources: a few hundred megabytes each.
      for (const old of await readdir(join(cacheDir, 'fabric'))) {
        if (/^[0-9a-f]{16}/.test(old)) await rm(join(cacheDir, 'fabric', old), { recursive: true, force: true });
      }
      const args = ['-B', '-ntp', '-q', '-Dstyle.color=never', '-f', sources, `-Dfabric.build=${dir}.new`, 'package'];
      const timeout = isShort ? shortBuildTimeoutMs : buildTimeoutMs;
      await run('mvn', args, { timeout, maxBuffer: 1 << 26 });
      await rename(`${dir}.new`, dir);
    } catch (error) {
      return `the Spring applications cannot be built: ${mavenReason(error)}`;
    }
  }
  return (name) => join(dir, `fabric-${name}`, `fabric-${name}.jar`);
}

/** Zipkin's own server as one jar, or why it cannot be had. */
export async function zipkinJar(): Promise<{ jar: string } | string> {
  const dir = join(cacheDir, 'zipkin');
  const jar = join(dir, `zipkin-server-${zipkin.version}-exec.jar`);
  try {
    if (!existsSync(jar)) {
      const artifact = `-Dartifact=${zipkin.artifact}:${zipkin.version}:jar:exec`;
      const args = ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${dir}`, '-Dmdep.useBaseVersion=true'];
      await run('mvn', args, { timeout: buildTimeoutMs });
    }
    return { jar };
  } catch (error) {
    return `Zipkin cannot be had: ${mavenReason(error)}`;
  }
}

/** Maven's first error tells; its last lines are advice. */
function mavenReason(error: unknown): string {
  const output = String((error as { stdout?: string }).stdout ?? '');
  return output.split('\n').find((line) => line.startsWith('[ERROR]')) ?? reasonOf(error);
}
