export { AlertError, type AlertErrorCode } from './src/alerts/alert-error.ts';
export type { Alerting, AlertingOptions } from './src/alerts/alerting.ts';
export { openAlerts } from './src/alerts/open-alerts.ts';
export type {
  CrashRecord,
  LifecycleRecord,
  NotificationRecord,
  ProcessStateRecord,
  ServiceStatus,
  StatusRecord,
  TriggerRecord,
} from './src/events/records.ts';
export { monitorTopics } from './src/events/records.ts';
export type { MonitorExtension, MonitorFrame } from './src/extension.ts';
export { type Monitor, type MonitorOptions, startMonitor } from './src/monitor.ts';
export { MonitorError, type MonitorErrorCode } from './src/monitor-error.ts';
export {
  type AppliedViews,
  type ApplyViewsOptions,
  applyViews,
  shippedViews,
  type ViewFailure,
} from './src/views/apply-views.ts';
export { MonitorViewsError, type MonitorViewsErrorCode } from './src/views/views-error.ts';
