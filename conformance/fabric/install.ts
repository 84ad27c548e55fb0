import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheDir, canRun, findProgram, reasonOf, run } from '../clients/install/cache.ts';
import { onceFor } from '../clients/install/schemas.ts';

const installTimeoutMs = 600_000;
const compiler = resolve(import.meta.dirname, '../../node_modules/.bin/tsc');

const nestPackages = [
  '@nestjs/common@11.2.10',
  '@nestjs/core@11.2.10',
  '@nestjs/microservices@11.2.6',
  '@nestjs/passport@11.0.5',
  '@nestjs/platform-express@11.2.10',
  'cloud-config-client@1.6.2',
  'eureka-js-client@4.5.0',
  'jwks-rsa@3.2.2',
  'kafkajs@2.2.4',
  'passport@0.7.0',
  'passport-jwt@4.0.1',
  'reflect-metadata@0.2.2',
  'rxjs@7.8.2',
];

/** How a foreign program is started, or why it cannot be. */
export type Program = { command: string; args: string[] } | string;

/** The NestJS application, compiled as NestJS wants it: its decorators are not those that Node runs. */
export async function nestApplication(): Promise<Program> {
  const dir = join(cacheDir, 'fabric-nest');
  const failure = await onceFor(dir, nestPackages.join('\n'), async () => {
    await writeFile(join(dir, 'package.json'), '{"private":true}');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...nestPackages];
    await run('npm', args, { cwd: dir, timeout: installTimeoutMs });
  });
  if (failure !== null) return failure;
  const source = join(import.meta.dirname, 'nest/app.cts');
  const hash = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 16);
  const out = join(dir, `out-${hash}`);
  try {
    if (!existsSync(out)) {
      const copied = join(dir, 'app.cts');
      await copyFile(source, copied);
      const options = '--ignoreConfig --noCheck --experimentalDecorators --emitDecoratorMetadata --module commonjs';
      await run(compiler, [...options.split(' '), '--target', 'es2022', '--outDir', out, copied], { cwd: dir });
    }
  } catch (error) {
    await rm(out, { recursive: true, force: true });
    return `the NestJS application cannot be compiled: ${reasonOf(error)}`;
  }
  return { command: process.execPath, args: ['--disable-warning=TimeoutNegativeWarning', join(out, 'app.cjs')] };
}

const pythonPackages = [
  'PyJWT[crypto]==2.15.1',
  'Authlib==1.9.9',
  'requests==2.34.2',
  'config-client==1.5.0',
  'py-eureka-client==0.13.3',
];

/** The Python program with the interpreter that has its clients. */
export async function pythonProgram(): Promise<Program> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const dir = join(cacheDir, 'fabric-python');
  const command = join(dir, 'bin/python');
  const failure = await onceFor(dir, pythonPackages.join('\n'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(command, ['-m', 'pip', 'install', '--quiet', ...pythonPackages], { timeout: installTimeoutMs });
  });
  return failure ?? { command, args: [join(import.meta.dirname, 'python/client.py')] };
}

/** The Go program, compiled once for its sources. */
export async function goProgram(): Promise<Program> {
  const go = await findProgram(['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'], ['version']);
  if (go === null) return 'go is not installed';
  const sources = join(import.meta.dirname, 'go');
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(await readFile(join(sources, name)));
  const command = join(cacheDir, 'fabric-go', hash.digest('hex').slice(0, 16));
  try {
    if (!existsSync(command)) {
      await mkdir(join(cacheDir, 'fabric-go'), { recursive: true });
      await run(go, ['build', '-o', `${command}.new`, '.'], { cwd: sources, timeout: installTimeoutMs });
      await rename(`${command}.new`, command);
    }
  } catch (error) {
    return `the Go program cannot be built: ${reasonOf(error)}`;
  }
  return { command, args: [] };
}
