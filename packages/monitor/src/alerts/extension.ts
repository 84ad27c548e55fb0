import { type Handler, PrometheusText } from '@headwater/http';
import type { MonitorExtension, MonitorFrame } from '../extension.ts';
import type { AlertEvent } from './alert-schema.ts';
import type { Alerting } from './alerting.ts';
import type { ConfigSource } from './config/load-config.ts';
import type { RouteTable } from './http/route-table.ts';

const routes: readonly (readonly [string, string])[] = [
  ...['/-/healthy', '/-/ready', '/api/v2/status', '/api/v2/receivers', '/api/v2/alerts', '/api/v2/alerts/groups'].map(
    (path) => ['GET', path] as const,
  ),
  ...['/api/v2/silences', '/api/v2/silence/:id'].map((path) => ['GET', path] as const),
  ...['/alerts', '/alerts/status', '/alerts/rules', '/alerts/rules/:name', '/alerts/history'].map(
    (path) => ['GET', path] as const,
  ),
  ...['/api/v2/alerts', '/api/v2/silences', '/alerts/test', '/alerts/receivers/:name/test'].map(
    (path) => ['POST', path] as const,
  ),
  ['DELETE', '/api/v2/silence/:id'],
  ['PUT', '/alerts/rules/:name'],
  ['DELETE', '/alerts/rules/:name'],
];
const bodyMaxBytes = 8 * 1024 * 1024;
const loadDelayMs = 250;

/**
 * Alerts as a part of the monitor: routes, its stream, its metrics. They are loaded when the monitor answers, because nobody waits for them. Without an event
 * store there are none.
 */
export const alertsExtension: MonitorExtension = {
  name: 'alerts',
  add(frame) {
    if (frame.bootstrap === undefined) return;
    let alerting: Alerting | undefined;
    let isClosed = false;
    let loadTimer: NodeJS.Timeout | undefined;
    let loading: Promise<Map<string, Handler>> | undefined;
    const load = (): Promise<Map<string, Handler>> => {
      loading ??= (async () => {
        const [{ addAlertmanagerRoutes }, { addAlertsRoutes }] = await Promise.all([
          import('./http/alertmanager-routes.ts'),
          import('./http/alerts-routes.ts'),
        ]);
        alerting = await openOn(frame);
        if (isClosed) await alerting.close();
        const handlers = new Map<string, Handler>();
        const table: RouteTable = { route: (method, path, handler) => void handlers.set(`${method} ${path}`, handler) };
        addAlertmanagerRoutes(table, alerting);
        addAlertsRoutes(table, alerting);
        return handlers;
      })();
      return loading;
    };
    for (const [method, path] of routes)
      frame.server.route(
        method,
        path,
        async (ctx) => {
          const handler = (await load()).get(`${method} ${path}`);
          if (handler === undefined) throw new TypeError(`${method} ${path} is not served`);
          await handler(ctx);
        },
        { maxBodyBytes: bodyMaxBytes },
      );
    frame.onMetrics(() => (alerting === undefined ? '' : metricsOf(alerting)));
    frame.onHealth('alerts', () => ({
      status: 'UP',
      isReady: alerting?.isOpen ?? false,
      rules: alerting?.rules.list().length ?? 0,
      configError: alerting?.configError?.message ?? null,
    }));
    frame.onClose(async () => {
      isClosed = true;
      clearTimeout(loadTimer);
      await loading?.catch(() => {});
      await alerting?.close();
    });
    frame.onStarted(() => {
      // Loading takes the processor for a moment: whoever starts has it first.
      loadTimer = setTimeout(() => {
        load().catch((error: unknown) =>
          frame.logger.error({ reason: (error as Error).message }, 'alerts could not be started'),
        );
      }, loadDelayMs);
    });
  },
};

async function openOn(frame: MonitorFrame): Promise<Alerting> {
  const { bootstrap, dataDir, logger, registryUrl, urls } = frame;
  const [{ startAlerting }, { mkdir }] = await Promise.all([import('./alerting.ts'), import('node:fs/promises')]);
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  return await startAlerting({
    bootstrap: bootstrap!,
    registryUrl,
    config: await configSource(frame),
    isLenient: true,
    prometheusUrl: () => urls['prometheus'] ?? process.env['HEADWATER_PROMETHEUS_URL'],
    sqlUrl: () => urls['sql'] ?? process.env['HEADWATER_SQL_URL'],
    dataDir,
    externalUrl: () => urls['gateway'] ?? '',
    onEvent: (event) => frame.showAlert(shown(event)),
    logger,
  });
}

function shown(event: AlertEvent) {
  return { ...event, service: event.labels['service'] ?? null, id: event.fingerprint };
}

/** `monitor.alerting.file`, or the configuration itself under `monitor.alerting`, or HEADWATER_ALERTS_FILE; else what is shipped. */
async function configSource({ settings }: MonitorFrame): Promise<ConfigSource> {
  const { alerting } = settings;
  if (typeof alerting === 'object' && alerting !== null) {
    const { file } = alerting as { file?: unknown };
    if (typeof file === 'string') return { file };
    const { stringify } = await import('yaml');
    return { text: stringify(alerting) };
  }
  const file = process.env['HEADWATER_ALERTS_FILE'];
  return file === undefined || file === '' ? {} : { file };
}

function metricsOf(alerting: Alerting): string {
  const text = new PrometheusText();
  const rules = alerting.rules.list();
  text.metric('headwater_alerts', 'gauge', 'Alerts of rules by state.');
  for (const state of ['pending', 'firing']) {
    const count = rules.reduce((sum, { instances }) => sum + instances.filter((one) => one.state === state).length, 0);
    text.sample('headwater_alerts', { state }, count);
  }
  const failing = rules.filter(({ health }) => health.health === 'err').length;
  text.metric('headwater_alert_rules', 'gauge', 'Rules by health.');
  text.sample('headwater_alert_rules', { health: 'ok' }, rules.length - failing);
  text.sample('headwater_alert_rules', { health: 'err' }, failing);
  for (const [name, kind, help, key] of [
    ['messages_waiting', 'gauge', 'Messages that a receiver has not acknowledged.', 'waiting'],
    ['messages_delivered_total', 'counter', 'Messages that were acknowledged.', 'delivered'],
    ['delivery_failures_total', 'counter', 'Attempts that failed.', 'failures'],
    ['messages_dropped_total', 'counter', 'Messages that were given up.', 'dropped'],
  ] as const) {
    text.metric(`headwater_alert_${name}`, kind, help);
    for (const lane of alerting.outbox.lanes())
      text.sample(`headwater_alert_${name}`, { receiver: lane.lane }, lane[key]);
  }
  const { count, sumMs } = alerting.causeToDelivery;
  const delivery = 'headwater_alert_delivery_seconds';
  text.metric(delivery, 'summary', 'From the cause of an alert to its acknowledgement by a receiver.');
  text.sample(`${delivery}_sum`, {}, sumMs / 1_000).sample(`${delivery}_count`, {}, count);
  return text.toString();
}
