import { type HttpContext, HttpError } from '@headwater/http';
import { AlertError } from '../alert-error.ts';
import { type AlertEvent, alertsTopic } from '../alert-schema.ts';
import type { Alerting } from '../alerting.ts';
import { AlertingConfigError, parseRule } from '../config/alerting-config.ts';
import { isResolved } from '../model/alert.ts';
import { testOnPast } from '../rules/test-on-past.ts';
import { readLog } from '../state/read-log.ts';
import { isObject } from './is-object.ts';
import type { RouteTable } from './route-table.ts';

const bodyMaxBytes = 256 * 1024;
const dayMs = 86_400_000;
const historyMax = 10_000;
const testTimeoutMs = 30_000;

/** Headwater's own routes: alerts with those that are pending, rules, history, tries. */
export function addAlertsRoutes(server: RouteTable, alerting: Alerting): void {
  const route = (method: string, path: string, handler: (ctx: HttpContext) => void | Promise<void>): void =>
    server.route(
      method,
      `/alerts${path}`,
      async (ctx) => {
        try {
          await handler(ctx);
        } catch (error) {
          if (!(error instanceof AlertError)) throw error;
          const problems = error instanceof AlertingConfigError ? { problems: error.problems } : {};
          throw new HttpError(400, error.code, error.message, problems, error);
        }
      },
      { maxBodyBytes: bodyMaxBytes },
    );

  route('GET', '', (ctx) =>
    ctx.sendJson(200, { timestampMs: alerting.clock.nowMs(), isReady: alerting.isOpen, alerts: alertsNow(alerting) }),
  );
  route('GET', '/status', (ctx) => {
    const { count, lastMs, maxMs, sumMs } = alerting.causeToDelivery;
    ctx.sendJson(200, {
      isReady: alerting.isOpen,
      configError: alerting.configError?.message ?? null,
      config: alerting.config.shown,
      deliveries: alerting.outbox.lanes(),
      causeToDeliveryMs: { count, mean: count === 0 ? null : sumMs / count, last: lastMs, max: maxMs },
    });
  });
  route('GET', '/rules', (ctx) =>
    ctx.sendJson(200, { rules: alerting.rules.list().map((found) => ruleJson(alerting, found)) }),
  );
  route('GET', '/rules/:name', (ctx) => {
    const found = alerting.rules.list().find(({ rule }) => rule.name === nameOf(ctx));
    if (found === undefined) throw unknownRule(nameOf(ctx));
    ctx.sendJson(200, ruleJson(alerting, found));
  });
  route('PUT', '/rules/:name', async (ctx) => {
    const rule = parseRule(await namedRule(ctx, nameOf(ctx)));
    const isKept = await alerting.putRule(rule);
    const running = alerting.rules.list().find((found) => found.rule.name === rule.name);
    const state = running === undefined ? { name: rule.name } : ruleJson(alerting, running);
    ctx.sendJson(200, { ...state, ...(!isKept && { isKept }) });
  });
  route('DELETE', '/rules/:name', async (ctx) => {
    const name = nameOf(ctx);
    if (await alerting.deleteRule(name)) return ctx.send(204);
    if (alerting.rules.get(name) === undefined) throw unknownRule(name);
    throw new HttpError(409, 'HW_ALERTS_RULE', `the rule "${name}" is in the configuration: take it away there`);
  });
  route('POST', '/test', async (ctx) => {
    const body = await ctx.json();
    if (!isObject(body))
      throw new HttpError(
        400,
        'HW_ALERTS_RULE',
        'a rule is needed: {"rule": {…} or its name, or "yaml": "…", "fromMs": …, "toMs": …}',
      );
    const { fromMs, rule, toMs, yaml } = body;
    const known =
      typeof yaml === 'string'
        ? parseRule(withName(yaml, 'test'))
        : typeof rule === 'string'
          ? alerting.rules.get(rule)
          : parseRule(JSON.stringify({ name: 'test', ...(isObject(rule) ? rule : {}) }));
    if (known === undefined) throw unknownRule(String(rule));
    const untilMs = typeof toMs === 'number' ? toMs : alerting.clock.nowMs();
    const range = { fromMs: typeof fromMs === 'number' ? fromMs : untilMs - dayMs, toMs: untilMs };
    if (!(range.fromMs < range.toMs)) throw new HttpError(400, 'HW_ALERTS_RULE', 'fromMs is to be before toMs');
    const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(testTimeoutMs)]);
    ctx.sendJson(200, await testOnPast(known, alerting.client, range, signal));
  });
  route('GET', '/history', async (ctx) => {
    const limit = Math.min(historyMax, Math.max(1, Number(ctx.query.get('limit') ?? 100) || 100));
    const sinceMs = Number(ctx.query.get('sinceMs') ?? alerting.clock.nowMs() - dayMs) || 0;
    const wanted = {
      rule: ctx.query.get('rule'),
      fingerprint: ctx.query.get('fingerprint'),
      state: ctx.query.get('state'),
      service: ctx.query.get('service'),
    };
    const events: AlertEvent[] = [];
    await readLog({ client: alerting.client, topic: alertsTopic, from: sinceMs, signal: ctx.signal }, ({ value }) => {
      if (value === null) return;
      const event = JSON.parse(value.toString('utf8')) as AlertEvent;
      if (wanted.rule !== null && event.rule !== wanted.rule) return;
      if (wanted.fingerprint !== null && event.fingerprint !== wanted.fingerprint) return;
      if (wanted.state !== null && event.state !== wanted.state) return;
      if (wanted.service !== null && event.labels['service'] !== wanted.service) return;
      events.push(event);
      if (events.length > limit * 2) events.splice(0, events.length - limit);
    });
    ctx.sendJson(200, { alerts: events.slice(-limit).reverse() });
  });
  route('POST', '/receivers/:name/test', async (ctx) => {
    const receiver = alerting.config.receivers.find(({ name }) => name === nameOf(ctx));
    if (receiver === undefined)
      throw new HttpError(404, 'HW_ALERTS_DELIVERY', `there is no receiver "${nameOf(ctx).slice(0, 100)}"`);
    const results = await alerting.testReceiver(
      receiver,
      AbortSignal.any([ctx.signal, AbortSignal.timeout(testTimeoutMs)]),
    );
    ctx.sendJson(results.some(({ error }) => error !== null) ? 502 : 200, {
      receiver: receiver.name,
      integrations: results,
    });
  });
}

function alertsNow(alerting: Alerting) {
  const nowMs = alerting.clock.nowMs();
  const pending = alerting.rules.list().flatMap(({ instances }) =>
    instances
      .filter(({ state }) => state === 'pending')
      .map(({ activeMs, annotations, causeMs, fingerprint, labels, rule, severity, value }) => ({
        fingerprint,
        rule,
        state: 'pending',
        severity,
        labels,
        annotations,
        value,
        startsMs: activeMs,
        endsMs: null as number | null,
        causeMs,
        origin: 'rule',
        receivers: [] as string[],
        silencedBy: [] as string[],
        inhibitedBy: [] as string[],
      })),
  );
  const alerts = [...alerting.dispatcher.alerts.values()].map((alert) => ({
    fingerprint: alert.fingerprint,
    rule: alert.labels['alertname'] ?? '',
    state: isResolved(alert, nowMs) ? 'resolved' : 'firing',
    severity: alert.labels['severity'] ?? '',
    labels: alert.labels,
    annotations: alert.annotations,
    value: alert.value,
    startsMs: alert.startsMs,
    endsMs: isResolved(alert, nowMs) ? alert.endsMs : null,
    causeMs: alert.causeMs,
    origin: alert.origin,
    receivers: alerting.dispatcher.receiversOf(alert.labels),
    ...alerting.dispatcher.mutedBy(alert),
  }));
  return [...pending, ...alerts].sort((a, b) => b.startsMs - a.startsMs);
}

function ruleJson(
  alerting: Alerting,
  { health, instances, missingTopics, overflowed, rule }: ReturnType<Alerting['rules']['list']>[number],
) {
  const count = (state: string): number => instances.filter((instance) => instance.state === state).length;
  return {
    name: rule.name,
    kind: rule.kind,
    severity: rule.severity,
    state: count('firing') > 0 ? 'firing' : count('pending') > 0 ? 'pending' : 'inactive',
    firing: count('firing'),
    pending: count('pending'),
    overflowed,
    ...health,
    missingTopics,
    isFromConfig: !alerting.isRuntimeRule(rule.name),
    rule: rule.source,
  };
}

/** JSON or YAML; the name is that of the path. */
async function namedRule(ctx: HttpContext, name: string): Promise<string> {
  const text = (await ctx.body()).toString('utf8');
  if (!text.trimStart().startsWith('{')) return withName(text, name);
  try {
    const rule: unknown = JSON.parse(text);
    return JSON.stringify({ ...(isObject(rule) ? rule : {}), name });
  } catch {
    // Its reader says where the mistake is.
    return text;
  }
}

/** A rule in YAML with this name. What is no map stays as it is: its reader says so. */
function withName(yaml: string, name: string): string {
  const line = `name: ${JSON.stringify(name)}`;
  if (/^name\s*:/m.test(yaml)) return yaml.replace(/^name\s*:.*$/m, () => line);
  return /^[\w"']+\s*:/m.test(yaml) ? `${yaml.trimEnd()}\n${line}\n` : yaml;
}

function nameOf(ctx: HttpContext): string {
  return decodeURIComponent(ctx.params['name']!);
}

function unknownRule(name: string): HttpError {
  return new HttpError(404, 'HW_ALERTS_RULE', `there is no rule "${name.slice(0, 100)}": GET /alerts/rules lists them`);
}
