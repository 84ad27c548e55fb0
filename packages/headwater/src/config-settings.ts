import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigServerOptions } from '@headwater/config';
import type { Configuration } from './configuration.ts';
import type { Example } from './example.ts';

const welcome = `# What all services are configured with, live: a saved change reaches them within a second.
# orders.yml is for the service "orders", orders-dev.yml for its profile "dev", application-dev.yml for everybody's.
# Try:  curl http://127.0.0.1:8888/orders/dev
#
# greeting: hello
`;

/**
 * The settings of the configuration part from headwater.yaml: `config: { repo, label, searchPaths, prefix, encryptKey, overrides … }`.
 *
 * The repository is `config.repo` (a path counts from headwater.yaml), else the folder `config-repo` beside headwater.yaml, else
 * `DATA/config`, which is made with what the example brings.
 */
export function configSettings(
  { baseDir, dataDir, parts }: Configuration,
  example: Example | undefined,
): Omit<ConfigServerOptions, 'host' | 'port' | 'security' | 'logger'> {
  const { settings } = parts.config;
  const text = (key: string) => (settings[key] === undefined ? undefined : String(settings[key]));
  const label = text('defaultLabel') ?? text('label');
  const prefix = text('prefix');
  const { searchPaths, overrides } = settings;
  return {
    repo: repoOf(text('repo'), baseDir, join(dataDir, 'config'), example),
    cacheDir: join(dataDir, 'config-git'),
    ...(text('username') === undefined ? {} : { username: text('username')! }),
    ...(text('password') === undefined ? {} : { password: text('password')! }),
    ...(text('refreshEveryMs') === undefined ? {} : { refreshEveryMs: Number(text('refreshEveryMs')) }),
    ...(label === undefined ? {} : { defaultLabel: label }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(searchPaths === undefined
      ? {}
      : { searchPaths: Array.isArray(searchPaths) ? searchPaths.map(String) : String(searchPaths).split(',') }),
    ...(overrides === undefined ? {} : { overrides: overrides as Record<string, string> }),
    ...(text('encryptKey') === undefined ? {} : { encryptKey: text('encryptKey')! }),
    ...(settings['encryptKeys'] === undefined
      ? {}
      : { encryptKeys: settings['encryptKeys'] as Record<string, string> }),
    ...(text('encryptSalt') === undefined ? {} : { encryptSalt: text('encryptSalt')! }),
    ...(text('decrypt') === undefined ? {} : { isDecryptEnabled: text('decrypt') !== 'false' }),
    ...(settings['committedOnly'] === undefined ? {} : { isCommittedOnly: text('committedOnly') === 'true' }),
  };
}

function repoOf(given: string | undefined, baseDir: string, ownDir: string, example: Example | undefined): string {
  if (given !== undefined) return /^[a-z][a-z0-9+.-]*:/i.test(given) ? given : resolve(baseDir, given);
  const beside = join(baseDir, 'config-repo');
  if (existsSync(beside)) return beside;
  mkdirSync(ownDir, { recursive: true });
  if (readdirSync(ownDir).length === 0) {
    if (example?.configDir !== undefined) cpSync(fileURLToPath(example.configDir), ownDir, { recursive: true });
    else writeFileSync(join(ownDir, 'application.yml'), welcome);
  }
  return ownDir;
}
