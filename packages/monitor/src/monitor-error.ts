export type MonitorErrorCode =
  | 'HW_MONITOR_BODY'
  | 'HW_MONITOR_CLOSED'
  | 'HW_MONITOR_OPTION'
  | 'HW_MONITOR_PARAMETER'
  | 'HW_MONITOR_TOO_MANY_READERS'
  | 'HW_MONITOR_UNKNOWN_SERVICE';

/** What goes wrong here; `code` stays the same, the message says what to do next. */
export class MonitorError extends Error {
  readonly code: MonitorErrorCode;

  constructor(code: MonitorErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MonitorError';
    this.code = code;
  }
}
