import type { Alerting, AlertingOptions } from './alerting.ts';

/**
 * Alerts on a Kafka, without a monitor: loaded when it is called. Rejects when the configuration has a mistake; Kafka may come later.
 *
 * @example
 * const alerting = await openAlerts({ bootstrap: '127.0.0.1:9092', config: { file: 'alerts.yaml' } });
 * await alerting.close();
 */
export async function openAlerts(options: AlertingOptions): Promise<Alerting> {
  const { startAlerting } = await import('./alerting.ts');
  return await startAlerting(options);
}
