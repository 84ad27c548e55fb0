import { MetricsError } from '../metrics-error.ts';
import { durationMs } from '../promql/duration.ts';
import { type Relabel, readRelabels } from './relabel.ts';

/** Targets that somebody names: addresses with labels that are given to each. */
export interface TargetGroup {
  targets: readonly string[];
  labels: Readonly<Record<string, string>>;
}

/** Where the targets of a job come from. */
export type TargetSource =
  | { kind: 'static'; groups: readonly TargetGroup[] }
  | { kind: 'http'; url: string; refreshMs: number }
  | { kind: 'eureka'; url: string; refreshMs: number }
  | { kind: 'own'; groups: () => readonly TargetGroup[]; refreshMs: number };

/** How targets are scraped, in Prometheus' terms. */
export interface ScrapeJob {
  name: string;
  intervalMs: number;
  timeoutMs: number;
  metricsPath: string;
  /** Tried where the first one is not found. */
  otherPath?: string;
  scheme: 'http' | 'https';
  params: Readonly<Record<string, readonly string[]>>;
  headers: Readonly<Record<string, string>>;
  /** `Authorization` to ask an address with, asked for at each scrape: it may be a token that ends. */
  authorizationFor?: (url: string) => string | undefined | Promise<string | undefined>;
  honorLabels: boolean;
  honorTimestamps: boolean;
  relabels: readonly Relabel[];
  metricRelabels: readonly Relabel[];
  /** Most samples of a scrape; more, and none of it is kept. */
  sampleLimit: number;
  bodyBytesMax: number;
  /** Most targets; more are left out. */
  targetLimit: number;
  sources: readonly TargetSource[];
}

export const jobDefaults = {
  metricsPath: '/metrics',
  scheme: 'http',
  params: {},
  headers: {},
  honorLabels: false,
  honorTimestamps: true,
  relabels: [],
  metricRelabels: [],
  sampleLimit: 20_000,
  bodyBytesMax: 16 * 1024 * 1024,
  targetLimit: 2_000,
} as const;

const known = new Set([
  'job_name',
  'scrape_interval',
  'scrape_timeout',
  'metrics_path',
  'scheme',
  'params',
  'honor_labels',
  'honor_timestamps',
  'basic_auth',
  'authorization',
  'bearer_token',
  'relabel_configs',
  'metric_relabel_configs',
  'sample_limit',
  'body_size_limit',
  'target_limit',
  'static_configs',
  'http_sd_configs',
  'eureka_sd_configs',
  'http_headers',
]);

type Tree = Record<string, unknown>;

/** The list under `prometheus.scrape_configs`. @throws HW_METRICS_CONFIG with the place of the mistake */
export function readScrapeConfigs(value: unknown, global: { intervalMs: number; timeoutMs: number }): ScrapeJob[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MetricsError('HW_METRICS_CONFIG', 'prometheus.scrape_configs must be a list');
  const jobs = value.map((entry: unknown, i) => readJob(entry as Tree, `prometheus.scrape_configs[${i}]`, global));
  const names = new Set<string>();
  for (const { name } of jobs) {
    if (names.has(name))
      throw new MetricsError('HW_METRICS_CONFIG', `prometheus.scrape_configs: the job "${name}" is there twice`);
    names.add(name);
  }
  return jobs;
}

function readJob(entry: Tree | null, where: string, global: { intervalMs: number; timeoutMs: number }): ScrapeJob {
  const fail = (message: string): never => {
    throw new MetricsError('HW_METRICS_CONFIG', `${where}: ${message}`);
  };
  if (entry === null || typeof entry !== 'object') return fail('a job has keys and values, such as job_name');
  for (const key of Object.keys(entry))
    if (!known.has(key)) fail(`${key} is not served: known are ${[...known].join(', ')}`);
  const name = entry['job_name'];
  if (typeof name !== 'string' || name === '') return fail('job_name is missing');
  const intervalMs = readDuration(entry['scrape_interval'], global.intervalMs, `${where}.scrape_interval`);
  const timeoutMs = readDuration(
    entry['scrape_timeout'],
    Math.min(global.timeoutMs, intervalMs),
    `${where}.scrape_timeout`,
  );
  if (timeoutMs > intervalMs) fail('scrape_timeout is longer than scrape_interval');
  const scheme = String(entry['scheme'] ?? 'http').toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return fail(`scheme "${scheme}" is neither http nor https`);
  return {
    ...jobDefaults,
    name,
    intervalMs,
    timeoutMs,
    scheme,
    metricsPath: String(entry['metrics_path'] ?? '/metrics'),
    params: Object.fromEntries(
      Object.entries((entry['params'] ?? {}) as Tree).map(([key, values]) => [key, [values].flat().map(String)]),
    ),
    headers: headersOf(entry, fail),
    honorLabels: entry['honor_labels'] === true,
    honorTimestamps: entry['honor_timestamps'] !== false,
    relabels: readRelabels(entry['relabel_configs'], `${where}.relabel_configs`),
    metricRelabels: readRelabels(entry['metric_relabel_configs'], `${where}.metric_relabel_configs`),
    sampleLimit: Number(entry['sample_limit'] ?? 0) || jobDefaults.sampleLimit,
    bodyBytesMax: readBytes(entry['body_size_limit'], `${where}.body_size_limit`) || jobDefaults.bodyBytesMax,
    targetLimit: Number(entry['target_limit'] ?? 0) || jobDefaults.targetLimit,
    sources: [
      ...list(entry['static_configs']).map(
        (config): TargetSource => ({ kind: 'static', groups: [groupOf(config, `${where}.static_configs`)] }),
      ),
      ...list(entry['http_sd_configs']).map((config): TargetSource => source('http', config, where)),
      ...list(entry['eureka_sd_configs']).map(
        (config): TargetSource => source('eureka', { ...config, url: config['url'] ?? config['server'] }, where),
      ),
    ],
  };
}

function list(value: unknown): Tree[] {
  return Array.isArray(value) ? (value as Tree[]) : [];
}

function source(kind: 'http' | 'eureka', config: Tree, where: string): TargetSource {
  const url = String(config['url'] ?? '');
  if (!URL.canParse(url))
    throw new MetricsError('HW_METRICS_CONFIG', `${where}.${kind}_sd_configs: "${url}" is no address`);
  const refreshMs = readDuration(
    config['refresh_interval'],
    kind === 'http' ? 60_000 : 30_000,
    `${where}.${kind}_sd_configs.refresh_interval`,
  );
  return { kind, url, refreshMs };
}

/** One entry of static_configs, or of what http_sd answers. @throws HW_METRICS_CONFIG */
export function groupOf(config: Tree, where: string): TargetGroup {
  const targets = config['targets'];
  if (!Array.isArray(targets) || targets.some((target) => typeof target !== 'string'))
    throw new MetricsError('HW_METRICS_CONFIG', `${where}: targets must be a list of host:port`);
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries((config['labels'] ?? {}) as Tree)) labels[name] = String(value);
  return { targets: targets as string[], labels };
}

function headersOf(entry: Tree, fail: (message: string) => never): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries((entry['http_headers'] ?? {}) as Record<string, Tree>))
    headers[name] = list(value['values']).map(String).join(', ');
  const basic = entry['basic_auth'] as Tree | undefined;
  const authorization = entry['authorization'] as Tree | undefined;
  if (basic !== undefined) {
    if (basic['password_file'] !== undefined)
      fail('basic_auth.password_file is not served: give password, or an address with user:password@');
    headers['authorization'] =
      `Basic ${Buffer.from(`${basic['username'] ?? ''}:${basic['password'] ?? ''}`).toString('base64')}`;
  } else if (authorization !== undefined) {
    if (authorization['credentials'] === undefined) fail('authorization.credentials is missing');
    headers['authorization'] = `${authorization['type'] ?? 'Bearer'} ${authorization['credentials']}`;
  } else if (entry['bearer_token'] !== undefined) headers['authorization'] = `Bearer ${entry['bearer_token']}`;
  return headers;
}

/** `15s`. @returns milliseconds @throws HW_METRICS_CONFIG */
export function readDuration(value: unknown, otherwise: number, where: string): number {
  if (value === undefined || value === null) return otherwise;
  const ms = durationMs(String(value));
  if (ms === undefined || ms === 0)
    throw new MetricsError('HW_METRICS_CONFIG', `${where}: "${value}" is no duration such as 15s`);
  return ms;
}

function readBytes(value: unknown, where: string): number {
  if (value === undefined || value === null) return 0;
  const match = /^(\d+)(?:(K|M|G)i?B|B)?$/i.exec(String(value));
  if (match === null) throw new MetricsError('HW_METRICS_CONFIG', `${where}: "${value}" is no size such as 10MB`);
  const power = ['', 'K', 'M', 'G'].indexOf((match[2] ?? '').toUpperCase());
  return Number(match[1]) * 1024 ** power;
}
