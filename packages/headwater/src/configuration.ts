import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isLoopback } from '@headwater/http';
import { LineCounter, parseDocument } from 'yaml';
import type { UpFlags } from './flags.ts';
import { HeadwaterError } from './headwater-error.ts';
import { builtPartKeys, isPartKey, type PartKey, partKeys, partTable } from './part-table.ts';

/** The configuration of one part. */
export interface PartConfiguration {
  /** The real system's address: the part is then not started. */
  url?: string;
  host: string;
  /** The port to listen on; 0 lets the system choose. */
  port: number;
  /** True when the port was chosen by the user, not the default. */
  isPortGiven: boolean;
  /** Everything else under the part's key, as given (`kafka.config`, `gateway.routes` …). */
  settings: Readonly<Record<string, unknown>>;
}

export interface Configuration {
  dataDir: string;
  /** headwater.yaml, or where it would be. */
  file: string;
  /** Where headwater.yaml is, or would be: paths in it count from here. */
  baseDir: string;
  /** Reads it all again; throws HW_CONFIG_… as the first time. */
  reload(): Configuration;
  example: string;
  isStrictPorts: boolean;
  isPortsAuto: boolean;
  isIsolated: boolean;
  /** The user takes listeners that others can reach, without login and TLS. */
  isInsecureAllowed: boolean;
  /** TLS, login and a password for each part and service. */
  isSecure: boolean;
  readyFile?: string;
  /** The parts to start. */
  start: ReadonlySet<PartKey>;
  parts: Readonly<Record<PartKey, PartConfiguration>>;
  redisUrl?: string;
  /** Settings of the examples, by example name: `tweets: { rate: 20 }`. */
  examples: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const topLevelKeys = [
  'data',
  'example',
  'strictPorts',
  'ports',
  'isolate',
  'readyFile',
  'only',
  'insecure',
  'secure',
  'redis',
  'clickstream',
  'serviceMonitor',
  'tweets',
];

type Tree = Record<string, unknown>;

/**
 * Reads the configuration: flags win over the environment, that over the file, that over the defaults.
 * Throws HW_CONFIG_… with the file, line and key of the mistake.
 */
export function loadConfiguration(flags: UpFlags, env: NodeJS.ProcessEnv, cwd: string): Configuration {
  const tree = readFile(flags.config ?? env['HEADWATER_CONFIG_FILE'], cwd);
  overlayEnvironment(tree, env);
  const isPortsAuto = flags.isPortsAuto ?? tree['ports'] === 'auto';
  const only = flags.only ?? onlyOf(tree['only']);
  const parts = {} as Record<PartKey, PartConfiguration>;
  for (const key of partKeys) parts[key] = partConfiguration(key, asTree(tree[key], key), isPortsAuto);
  const isInsecureAllowed = isTrue(tree['insecure']);
  const isSecure = flags.isSecure ?? isTrue(tree['secure']);
  if (!isSecure) refuseOpenListeners(parts, isInsecureAllowed);
  const start = new Set<PartKey>(
    (only ?? builtPartKeys).filter((key) => partTable[key].isBuilt && parts[key].url === undefined),
  );
  // The console's pages are served by the gateway: one listener, two keys.
  if (start.has('console')) start.add('gateway');
  const redis = asTree(tree['redis'], 'redis');
  const readyFile = flags.readyFile ?? optionalText(tree['readyFile'], 'readyFile');
  const file = resolve(cwd, flags.config ?? env['HEADWATER_CONFIG_FILE'] ?? 'headwater.yaml');
  return {
    file,
    baseDir: dirname(file),
    reload: () => loadConfiguration(flags, env, cwd),
    dataDir: resolve(cwd, flags.data ?? optionalText(tree['data'], 'data') ?? 'headwater-data'),
    example: flags.example ?? optionalText(tree['example'], 'example') ?? 'none',
    isStrictPorts: flags.isStrictPorts ?? isTrue(tree['strictPorts']),
    isPortsAuto,
    isIsolated: flags.isIsolated ?? isTrue(tree['isolate']),
    isInsecureAllowed,
    isSecure,
    ...(readyFile === undefined ? {} : { readyFile: resolve(cwd, readyFile) }),
    start,
    parts,
    ...(redis['url'] === undefined ? {} : { redisUrl: String(redis['url']) }),
    examples: {
      clickstream: asTree(tree['clickstream'], 'clickstream'),
      serviceMonitor: asTree(tree['serviceMonitor'], 'serviceMonitor'),
      tweets: asTree(tree['tweets'], 'tweets'),
    },
  };
}

function readFile(file: string | undefined, cwd: string): Tree {
  const path = resolve(cwd, file ?? 'headwater.yaml');
  if (!existsSync(path)) {
    if (file === undefined) return {};
    throw new HeadwaterError('HW_CONFIG_FILE', `the configuration file ${path} does not exist`);
  }
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines });
  const error = document.errors[0];
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    const what = error.message.split('\n')[0]!.replace(/ at line .*$/, '');
    throw new HeadwaterError('HW_CONFIG_YAML', `${path}, line ${line}, column ${col}: ${what}`);
  }
  const tree = document.toJS() as unknown;
  if (tree === null || tree === undefined) return {};
  if (typeof tree !== 'object' || Array.isArray(tree)) {
    throw new HeadwaterError('HW_CONFIG_YAML', `${path} must hold keys and values, such as "kafka: { port: 9092 }"`);
  }
  for (const key of Object.keys(tree)) {
    if (topLevelKeys.includes(key) || isPartKey(key)) continue;
    const known = [...topLevelKeys, ...partKeys];
    throw new HeadwaterError('HW_CONFIG_KEY', `${path}: the key "${key}" is not known: use one of ${known.join(', ')}`);
  }
  return tree as Tree;
}

/** `HEADWATER_KAFKA_URL` → `kafka.url`, `HEADWATER_TWEETS_MIN_WORDS` → `tweets.minWords`, `HEADWATER_DATA` → `data`. */
function overlayEnvironment(tree: Tree, env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('HEADWATER_') || value === undefined || value === '') continue;
    const [first, ...rest] = name.slice('HEADWATER_'.length).toLowerCase().split('_') as [string, ...string[]];
    if (isPartKey(first) || first === 'redis' || first === 'tweets' || first === 'clickstream') {
      if (rest.length === 0 || (first === 'config' && rest[0] === 'file')) continue;
      const section = { ...asTree(tree[first], first), [camelCase(rest)]: value };
      tree[first] = section;
    } else {
      const key = camelCase([first, ...rest]);
      if (topLevelKeys.includes(key)) tree[key] = value;
    }
  }
}

function camelCase(words: readonly string[]): string {
  return words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

function partConfiguration(key: PartKey, section: Tree, isPortsAuto: boolean): PartConfiguration {
  const { url, host, port, ...settings } = section;
  const given = port === undefined ? undefined : Number(port);
  if (given !== undefined && !(Number.isInteger(given) && given >= 0 && given <= 65_535)) {
    throw new HeadwaterError('HW_CONFIG_PORT', `${key}.port must be a number from 0 to 65535, not "${String(port)}"`);
  }
  return {
    ...(url === undefined ? {} : { url: String(url) }),
    host: host === undefined ? '127.0.0.1' : String(host),
    port: given ?? (isPortsAuto ? 0 : partTable[key].port),
    isPortGiven: given !== undefined,
    settings,
  };
}

function refuseOpenListeners(parts: Record<PartKey, PartConfiguration>, isInsecureAllowed: boolean): void {
  for (const key of builtPartKeys) {
    const { host, url } = parts[key];
    if (url !== undefined || isInsecureAllowed || isLoopback(host)) continue;
    throw new HeadwaterError(
      'HW_CONFIG_OPEN_LISTENER',
      `${key}.host is ${host}, which others can reach: run with --secure (TLS and login), keep it on 127.0.0.1, or say "insecure: true" if the network is trusted`,
    );
  }
}

function onlyOf(value: unknown): PartKey[] | undefined {
  if (value === undefined) return undefined;
  const keys = Array.isArray(value) ? value.map(String) : String(value).split(',');
  return keys.map((key) => {
    const name = key.trim();
    if (!isPartKey(name)) throw new HeadwaterError('HW_CONFIG_KEY', `only: there is no part "${name}"`);
    return name;
  });
}

function asTree(value: unknown, key: string): Tree {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new HeadwaterError('HW_CONFIG_KEY', `"${key}" must hold keys and values, not ${JSON.stringify(value)}`);
  }
  return value as Tree;
}

function optionalText(value: unknown, key: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') throw new HeadwaterError('HW_CONFIG_KEY', `"${key}" must be a text`);
  return String(value);
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1';
}
