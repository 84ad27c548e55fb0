import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, findProgram, type Launcher, node, reasonOf, run } from './cache.ts';

const franzGo = 'github.com/twmb/franz-go';
const franzGoVersion = 'v1.22.2';
/** Cold, with everything to compile, on two busy cores. */
const compileTimeoutMs = 600_000;

function findGo(): Promise<string | null> {
  return findProgram(['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'], ['version']);
}

/** franz-go's own tests, from its module and compiled once, or why they cannot be had. */
export async function franzGoTests(): Promise<Launcher | string> {
  const go = await findGo();
  if (go === null) return 'go is not installed';
  try {
    const { stdout } = await run(go, ['mod', 'download', '-json', `${franzGo}@${franzGoVersion}`], {
      cwd: await goDir(),
      timeout: 120_000,
    });
    const { Dir: moduleDir } = JSON.parse(stdout) as { Dir: string };
    const binary = join(await goDir(), `kgo-${franzGoVersion}.test`);
    if (!existsSync(binary)) {
      // Not left half-written under its name when the compiler is stopped.
      await run(go, ['test', '-c', '-o', `${binary}.new`, './pkg/kgo'], { cwd: moduleDir, timeout: compileTimeoutMs });
      await rename(`${binary}.new`, binary);
    }
    return node('franz-go.ts', { KGO_TEST_BINARY: binary, KGO_TEST_DIR: join(moduleDir, 'pkg/kgo') });
  } catch (error) {
    return `franz-go's tests cannot be had: ${reasonOf(error)}`;
  }
}

async function goDir(): Promise<string> {
  const dir = join(cacheDir, 'go');
  await mkdir(dir, { recursive: true });
  return dir;
}
