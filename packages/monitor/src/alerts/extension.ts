import type { MonitorExtension, MonitorFrame } from '../extension.ts';
import type { AlertEvent } from './alert-schema.ts';
import type { Alerting } from './alerting.ts';
import type { ConfigSource } from './config/load-config.ts';

/** Alerts as a part of the monitor: routes, its stream, its metrics. Without an event store there are none. */
export const alertsExtension: MonitorExtension = {
  name: 'alerts',
  async add(frame) {
    const { bootstrap, dataDir, logger, registryUrl, server, urls } = frame;
    if (bootstrap === undefined) return;
    const [{ openAlerts }, { addAlertmanagerRoutes }, { addAlertsRoutes }, { mkdir }] = await Promise.all([
      import('./alerting.ts'),
      import('./http/alertmanager-routes.ts'),
      import('./http/alerts-routes.ts'),
      import('node:fs/promises'),
    ]);
    if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
    const alerting = await openAlerts({
      bootstrap,
      registryUrl,
      config: await configSource(frame),
      prometheusUrl: () => urls['prometheus'] ?? process.env['HEADWATER_PROMETHEUS_URL'],
      sqlUrl: () => urls['sql'] ?? process.env['HEADWATER_SQL_URL'],
      dataDir,
      externalUrl: () => urls['gateway'] ?? '',
      onEvent: (event) => frame.showAlert(shown(event)),
      isStarted: false,
      logger,
    });
    addAlertmanagerRoutes(server, alerting);
    addAlertsRoutes(server, alerting);
    frame.onMetrics(() => metricsOf(alerting));
    frame.onHealth('alerts', () => ({
      status: 'UP',
      isReady: alerting.isOpen,
      rules: alerting.rules.list().length,
      configError: alerting.configError?.message ?? null,
    }));
    frame.onClose(() => alerting.close());
    frame.onStarted(() => alerting.start());
  },
};

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
  const lines: string[] = [];
  const family = (name: string, type: string, help: string, samples: readonly (readonly [string, number])[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`);
  };
  const rules = alerting.rules.list();
  const states = ['pending', 'firing'].map(
    (state) =>
      [
        `{state="${state}"}`,
        rules.reduce((sum, { instances }) => sum + instances.filter((one) => one.state === state).length, 0),
      ] as const,
  );
  family('headwater_alerts', 'gauge', 'Alerts of rules by state.', states);
  family('headwater_alert_rules', 'gauge', 'Rules by health.', [
    ['{health="ok"}', rules.filter(({ health }) => health.health !== 'err').length],
    ['{health="err"}', rules.filter(({ health }) => health.health === 'err').length],
  ]);
  const lanes = alerting.outbox.lanes();
  const of = (key: 'waiting' | 'delivered' | 'failures' | 'dropped') =>
    lanes.map((lane) => [`{receiver=${JSON.stringify(lane.lane)}}`, lane[key]] as const);
  family('headwater_alert_messages_waiting', 'gauge', 'Messages that a receiver has not acknowledged.', of('waiting'));
  family('headwater_alert_messages_delivered_total', 'counter', 'Messages that were acknowledged.', of('delivered'));
  family('headwater_alert_delivery_failures_total', 'counter', 'Attempts that failed.', of('failures'));
  family('headwater_alert_messages_dropped_total', 'counter', 'Messages that were given up.', of('dropped'));
  const { count, sumMs } = alerting.causeToDelivery;
  family(
    'headwater_alert_delivery_seconds',
    'summary',
    'From the cause of an alert to its acknowledgement by a receiver.',
    [],
  );
  lines.push(
    `headwater_alert_delivery_seconds_sum ${sumMs / 1_000}`,
    `headwater_alert_delivery_seconds_count ${count}`,
  );
  return `${lines.join('\n')}\n`;
}
