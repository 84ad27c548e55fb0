/**
 * `HW_MONITOR_VIEWS_FILE` the file of views cannot be read · `HW_MONITOR_VIEWS_SQL_AWAY` the SQL server does not answer, or not yet.
 */
export type MonitorViewsErrorCode = 'HW_MONITOR_VIEWS_FILE' | 'HW_MONITOR_VIEWS_SQL_AWAY';

export class MonitorViewsError extends Error {
  readonly code: MonitorViewsErrorCode;

  constructor(code: MonitorViewsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MonitorViewsError';
    this.code = code;
  }
}
