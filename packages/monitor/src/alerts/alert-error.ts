export type AlertErrorCode =
  | 'HW_ALERTS_CONFIG'
  | 'HW_ALERTS_MATCHER'
  | 'HW_ALERTS_DURATION'
  | 'HW_ALERTS_TEMPLATE'
  | 'HW_ALERTS_ALERT'
  | 'HW_ALERTS_SILENCE'
  | 'HW_ALERTS_RULE'
  | 'HW_ALERTS_SOURCE'
  | 'HW_ALERTS_DELIVERY'
  | 'HW_ALERTS_FULL';

/** What is wrong with alerting: a stable code, and a message that says what to do next. */
export class AlertError extends Error {
  readonly code: AlertErrorCode;

  constructor(code: AlertErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AlertError';
    this.code = code;
  }
}
