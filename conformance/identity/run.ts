import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startIdentity } from '@headwater/identity';
import { cacheDir, canRun, type Launcher, reasonOf } from '../clients/install/cache.ts';

const run = promisify(execFile);
const deviceClient = 'television';
const timeoutMs = 180_000;

const clients: Record<string, () => Promise<Launcher | string>> = { authlib: python, 'go-oidc': go };

/**
 * Foreign OpenID clients through every flow: `npm run conformance -- identity [CLIENT …] [--issuer URL]`.
 *
 * With `--issuer` (and HEADWATER_ADMIN_TOKEN where its administration asks for one) they run against that, a real Keycloak with the realm of
 * a first start here.
 */
export async function runIdentitySuite(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--issuer');
  const given = at === -1 ? undefined : args[at + 1];
  const wanted = args.filter((arg, index) => !arg.startsWith('--') && (at === -1 || index !== at + 1));
  const identity = given === undefined ? await startIdentity({ port: 0 }) : undefined;
  const issuer = given ?? identity!.issuer;
  let failed = 0;
  try {
    await createDeviceClient(issuer);
    for (const [name, prepare] of Object.entries(clients)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const launcher = await prepare();
      if (typeof launcher === 'string') {
        console.log(`${name}: skipped, ${launcher}`);
        continue;
      }
      const code = await start(launcher, issuer);
      console.log(code === 0 ? `${name}: passed` : `${name}: FAILED`);
      if (code !== 0) failed++;
    }
  } finally {
    await identity?.close();
  }
  return failed === 0 ? 0 : 1;
}

async function createDeviceClient(issuer: string): Promise<void> {
  const token = process.env['HEADWATER_ADMIN_TOKEN'];
  const response = await fetch(`${issuer.replace('/realms/', '/admin/realms/')}/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({
      clientId: deviceClient,
      publicClient: true,
      standardFlowEnabled: false,
      attributes: { 'oauth2.device.authorization.grant.enabled': 'true' },
    }),
  });
  if (!response.ok && response.status !== 409) {
    throw new Error(`the client of the device flow cannot be made: ${response.status} ${await response.text()}`);
  }
}

function start({ command, args, env }: Launcher, issuer: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, issuer, deviceClient], {
      stdio: 'inherit',
      timeout: timeoutMs,
      env: { ...process.env, ...env },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function python(): Promise<Launcher | string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const source = join(import.meta.dirname, 'python');
  const wanted = await readFile(join(source, 'requirements.txt'), 'utf8');
  const dir = join(cacheDir, 'identity-python');
  const interpreter = join(dir, 'bin/python');
  const installed = join(dir, 'installed.txt');
  try {
    if (!existsSync(installed) || (await readFile(installed, 'utf8')) !== wanted) {
      await mkdir(cacheDir, { recursive: true });
      await run('python3', ['-m', 'venv', dir]);
      const install = ['-m', 'pip', 'install', '--quiet', '-r', join(source, 'requirements.txt')];
      await run(interpreter, install, { timeout: 600_000 });
      await writeFile(installed, wanted);
    }
    return { command: interpreter, args: [join(source, 'authlib_client.py')] };
  } catch (error) {
    return `Authlib cannot be installed: ${reasonOf(error)}`;
  }
}

async function go(): Promise<Launcher | string> {
  if (!(await canRun('go', ['version']))) return 'go is not installed';
  const dir = join(cacheDir, 'identity-go');
  const binary = join(dir, 'identity-client');
  try {
    await cp(join(import.meta.dirname, 'go'), dir, { recursive: true });
    await run('go', ['build', '-o', binary, '.'], { cwd: dir, timeout: 600_000 });
    return { command: binary, args: [] };
  } catch (error) {
    return `the Go client cannot be built: ${reasonOf(error)}`;
  }
}
