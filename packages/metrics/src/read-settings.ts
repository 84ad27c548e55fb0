import { resolve } from 'node:path';
import { metricSamplesTopic } from '@headwater/events';
import { MetricsError } from './metrics-error.ts';
import { readDuration, readScrapeConfigs, type ScrapeJob } from './scrape/scrape-config.ts';

/** What stands under `prometheus:` in headwater.yaml. */
export interface PrometheusSettings {
  /** Default 15 s. */
  scrapeIntervalMs: number;
  /** Default 10 s, or the interval where that is shorter. */
  scrapeTimeoutMs: number;
  /** Default 15 s. */
  evaluationIntervalMs: number;
  retentionMs: number;
  retentionBytes: number;
  seriesMax: number;
  sampleLimit: number;
  jobs: readonly ScrapeJob[];
  /** Files of rules besides those that are shipped. */
  ruleFiles: readonly string[];
  /** Whether the shipped rules are evaluated. Default true. */
  isShippedRules: boolean;
  alertmanagers: readonly string[];
  externalLabels: Readonly<Record<string, string>>;
  topic: string;
}

const known = [
  'scrape_configs',
  'scrape_interval',
  'scrape_timeout',
  'evaluation_interval',
  'retention',
  'retention_bytes',
  'series_max',
  'sample_limit',
  'rules',
  'shipped_rules',
  'alertmanagers',
  'external_labels',
  'topic',
] as const;

/** Both spellings are taken: Prometheus' `scrape_interval`, and `scrapeInterval` as an environment variable gives it. @throws HW_METRICS_CONFIG */
export function readPrometheusSettings(given: Readonly<Record<string, unknown>>, baseDir: string): PrometheusSettings {
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (!(known as readonly string[]).includes(name))
      throw new MetricsError('HW_METRICS_CONFIG', `prometheus.${key} is not known: use one of ${known.join(', ')}`);
    settings[name] = value;
  }
  const scrapeIntervalMs = readDuration(settings['scrape_interval'], 15_000, 'prometheus.scrape_interval');
  const scrapeTimeoutMs = readDuration(
    settings['scrape_timeout'],
    Math.min(10_000, scrapeIntervalMs),
    'prometheus.scrape_timeout',
  );
  return {
    scrapeIntervalMs,
    scrapeTimeoutMs,
    evaluationIntervalMs: readDuration(settings['evaluation_interval'], 15_000, 'prometheus.evaluation_interval'),
    retentionMs: readDuration(settings['retention'], 7 * 86_400_000, 'prometheus.retention'),
    retentionBytes: count(settings['retention_bytes'], 512 * 1024 * 1024, 'retention_bytes'),
    seriesMax: count(settings['series_max'], 100_000, 'series_max'),
    sampleLimit: count(settings['sample_limit'], 20_000, 'sample_limit'),
    jobs: readScrapeConfigs(settings['scrape_configs'], { intervalMs: scrapeIntervalMs, timeoutMs: scrapeTimeoutMs }),
    ruleFiles: texts(settings['rules']).map((file) => resolve(baseDir, file)),
    isShippedRules: String(settings['shipped_rules'] ?? true) !== 'false',
    alertmanagers: texts(settings['alertmanagers']),
    externalLabels: Object.fromEntries(
      Object.entries((settings['external_labels'] ?? {}) as object).map(([name, value]) => [name, String(value)]),
    ),
    topic: String(settings['topic'] ?? metricSamplesTopic.name),
  };
}

function texts(value: unknown): string[] {
  return value === undefined || value === null ? [] : [value].flat().map(String);
}

function count(value: unknown, otherwise: number, name: string): number {
  const number = Number(value ?? otherwise);
  if (!Number.isSafeInteger(number) || number <= 0)
    throw new MetricsError('HW_METRICS_CONFIG', `prometheus.${name} must be a number above 0, not "${value}"`);
  return number;
}
