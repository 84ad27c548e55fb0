import type { HttpServer } from '@headwater/http';
import type { LabelSet } from '../labels/label-set.ts';
import { nameOf, type RuleEngine } from '../rules/rule-engine.ts';
import type { Target } from '../scrape/target.ts';
import { ApiError, sendData } from './answers.ts';

/** Adds rules and alerts. */
export function addRuleRoutes(server: HttpServer, engine: RuleEngine, alertmanagers: () => readonly string[]): void {
  server.route('GET', '/api/v1/rules', (ctx) => {
    const type = ctx.query.get('type') ?? '';
    if (type !== '' && type !== 'alert' && type !== 'record')
      throw new ApiError('bad_data', `not supported value "${type}"`);
    const isAsked = (name: string, value: string): boolean => {
      const wanted = ctx.query.getAll(name);
      return wanted.length === 0 || wanted.includes(value);
    };
    const groups = engine
      .groups()
      .filter(({ group }) => isAsked('rule_group[]', group.name) && isAsked('file[]', group.file))
      .map(({ group, lastMs, rules, seconds }) => ({
        name: group.name,
        file: group.file,
        rules: rules
          .filter(
            ({ rule }) =>
              (type === '' || (type === 'alert') === (rule.kind === 'alerting')) &&
              isAsked('rule_name[]', nameOf(rule)),
          )
          .map(({ alerts, health, lastError, lastMs: at, rule, seconds: took }) => ({
            ...(rule.kind === 'alerting' && { state: alerts!.state() }),
            name: nameOf(rule),
            query: rule.query,
            ...(rule.kind === 'alerting' && {
              duration: rule.forMs / 1_000,
              keepFiringFor: rule.keepFiringForMs / 1_000,
              annotations: rule.annotations,
              alerts: alerts!.shown(),
            }),
            labels: rule.labels,
            health,
            ...(lastError !== '' && { lastError }),
            evaluationTime: took,
            lastEvaluation: new Date(at).toISOString(),
            type: rule.kind,
          })),
        interval: group.intervalMs / 1_000,
        limit: group.limit,
        evaluationTime: seconds,
        lastEvaluation: new Date(lastMs).toISOString(),
      }));
    sendData(ctx, { groups: type === '' ? groups : groups.filter(({ rules }) => rules.length > 0) });
  });
  server.route('GET', '/api/v1/alerts', (ctx) =>
    sendData(ctx, {
      alerts: engine.groups().flatMap(({ rules }) => rules.flatMap(({ alerts }) => alerts?.shown() ?? [])),
    }),
  );
  server.route('GET', '/api/v1/alertmanagers', (ctx) =>
    sendData(ctx, {
      activeAlertmanagers: alertmanagers().map((url) => ({
        url: `${url.replace(/\/\/[^@/]*@/, '//').replace(/\/+$/, '')}/api/v2/alerts`,
      })),
      droppedAlertmanagers: [],
    }),
  );
}

/** Adds what is scraped. */
export function addTargetRoutes(
  server: HttpServer,
  targets: () => readonly Target[],
  dropped: () => readonly LabelSet[],
): void {
  server.route('GET', '/api/v1/targets', (ctx) => {
    const state = ctx.query.get('state') ?? 'any';
    const activeTargets = targets().map((target) => ({
      discoveredLabels: target.discovered.toObject(),
      labels: target.labels.toObject(),
      scrapePool: target.job.name,
      scrapeUrl: target.url,
      globalUrl: target.url,
      lastError: target.lastError,
      lastScrape: new Date(target.lastScrapeMs ?? 0).toISOString(),
      lastScrapeDuration: target.lastSeconds,
      health: target.health,
      scrapeInterval: `${target.job.intervalMs / 1_000}s`,
      scrapeTimeout: `${target.job.timeoutMs / 1_000}s`,
      // Not Prometheus': how much the target told, and how much it may.
      lastSamples: target.lastSamples,
      sampleLimit: target.job.sampleLimit,
    }));
    sendData(ctx, {
      activeTargets: state === 'dropped' ? [] : activeTargets,
      droppedTargets:
        state === 'active' ? [] : dropped().map((labels: LabelSet) => ({ discoveredLabels: labels.toObject() })),
    });
  });
  server.route('GET', '/api/v1/scrape_pools', (ctx) =>
    sendData(ctx, { scrapePools: [...new Set(targets().map(({ job }) => job.name))].sort() }),
  );
}
